"""What a lesson's picture says, read off the page: tiles, formulas, numbers at bars, arrows and curves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page
from tests.browser.kit import Tab
from tests.browser.lesson_page import at, numbers_in


def shown(one: Tab, slug: str, step: int, **knobs: Any) -> Page:
    """A lesson's step with its guess made and its knobs turned, drawn."""
    return at(one, slug, step=step, guess=1, **knobs)


def tile(page: Page, label: str) -> str:
    """What a tile says, its value and what stands below it."""
    found = page.locator(".lesson dl > div").filter(has=page.get_by_text(label, exact=True))
    return " | ".join(found.locator("dd").all_text_contents())


def value(page: Page, label: str) -> float:
    """The number that a tile shows, large."""
    return numbers_in(tile(page, label))[0]


def formula(page: Page) -> list[float]:
    """The numbers of the formula below a picture."""
    return numbers_in(page.locator(".lesson p.formula").inner_text())


def at_bars(page: Page) -> list[float]:
    """The numbers at the ends of bars, row by row."""
    return [numbers_in(one)[0] for one in page.locator(".lesson svg text.number").all_text_contents()]


def arrows(page: Page) -> list[float]:
    """How far each arrow of a picture goes, in pixels: to the right is above 0; 0 is a dot."""
    found: list[float] = page.locator(".lesson svg").first.evaluate(
        """(svg) => { const zero = Number(svg.querySelector('line.rule').getAttribute('x1'));
        return [...svg.querySelectorAll('polygon, circle')].map((one) => one.tagName === 'circle' ? 0
          : Number(one.getAttribute('points').split(' ')[0].split(',')[0]) - zero); }"""
    )
    return found


def curves(page: Page, picture: int = 0) -> list[NDArray[np.float64]]:
    """The heights of a picture's lines in pixels, upwards, one array each."""
    drawn: Sequence[str] = (
        page.locator(".lesson svg")
        .nth(picture)
        .locator("path")
        .evaluate_all("(all) => all.map((one) => one.getAttribute('d'))")
    )
    return [-np.array([float(pair.split()[1]) for pair in re.split("[ML]", one)[1:]]) for one in drawn]
