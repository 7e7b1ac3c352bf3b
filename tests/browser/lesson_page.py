"""A lesson in a tab: opened at an address, and what its pictures, tiles and tables say, as numbers."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.browser.kit import Tab

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def at(one: Tab, lesson: str, **query: object) -> Page:
    """A lesson's step, drawn and at rest; `step`, `guess` and knobs as in the address."""
    page = one.open("lessons", lesson=lesson, **{name: str(value) for name, value in query.items()})
    expect(page.locator(".lesson[data-drawn]")).to_be_visible()
    one.settle()
    return page


def numbers_in(said: str) -> list[float]:
    """All numbers of a text, with true minus signs."""
    return [float(one) for one in _NUMBER.findall(said.replace("\N{MINUS SIGN}", "-"))]


def tile(page: Page, label: str) -> str:
    """What a tile of the picture says."""
    return page.locator(".numbers > div").filter(has_text=label).locator("dd").first.inner_text()


def number(page: Page, label: str) -> float:
    """The first number of a tile."""
    return numbers_in(tile(page, label))[0]


def formula(page: Page) -> str:
    """The line with the sample's own numbers."""
    return page.locator(".pictures p.formula").first.inner_text()


def texts(page: Page, picture: int = 0) -> list[str]:
    """All texts of a picture, in the order in which they are drawn."""
    return page.locator(".pictures svg").nth(picture).locator("text").all_text_contents()


def rows(page: Page) -> list[list[str]]:
    """The cells of the table below the pictures."""
    found = page.locator(".pictures tbody tr")
    return [found.nth(place).locator("th, td").all_inner_texts() for place in range(found.count())]
