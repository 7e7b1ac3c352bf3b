"""Every page as the app ships it: for those who do not see, or do not point, or hold a telephone; light and dark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, expect
from tests.browser import looking
from tests.browser.kit import PAGES, Server, Tab, tab

from stillroom_app import shell


@dataclass
class Seen:
    """What was found on a page, in sentences by what was looked for."""

    found: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="package", params=PAGES)
def seen(request: pytest.FixtureRequest, chromium: Browser, shipped: Server) -> Seen:
    """A page, looked at once for all of these tests."""
    with tab(chromium, shipped, reduced_motion="reduce") as one:
        page = one.open(request.param)
        stops, missed = looking.by_keyboard(page)
        found = {"stops": stops, "keyboard": missed, "axe light": looking.axe(page)}
        found["charts"] = looking.charts_without_words(page)
        page.emulate_media(color_scheme="dark")
        page.reload()
        one.settle()
        found["axe dark"] = looking.axe(page)
        page.set_viewport_size({"width": 360, "height": 740})
        one.settle()
        found |= {"sideways": looking.sideways(page), "axe narrow": looking.axe(page)}
        found |= {"alerts": page.get_by_role("alert").all_inner_texts(), "outside": one.outside, "console": one.said}
    return Seen(found)


@pytest.mark.parametrize("where", ["axe light", "axe dark", "axe narrow"])
def test_axe_finds_nothing_serious(seen: Seen, where: str) -> None:
    assert seen.found[where] == []


def test_the_first_stop_of_the_keyboard_is_a_way_past_the_navigation(seen: Seen) -> None:
    assert "skip" in seen.found["stops"][0].lower()


def test_the_keyboard_reaches_every_control_with_a_focus_that_is_seen(seen: Seen) -> None:
    assert seen.found["keyboard"] == []


def test_every_chart_and_table_has_words_for_who_cannot_see_it(seen: Seen) -> None:
    assert seen.found["charts"] == []


def test_nothing_scrolls_sideways_on_a_telephone(seen: Seen) -> None:
    assert seen.found["sideways"] == []


def test_no_request_leaves_the_machine_and_the_console_stays_clean(seen: Seen) -> None:
    assert seen.found["outside"] == [] and seen.found["console"] == []


def test_the_page_opens_without_an_error(seen: Seen) -> None:
    assert [said for said in seen.found["alerts"] if "failed" in said] == []


def test_the_tests_know_every_page() -> None:
    assert [name for section in shell.PAGES.values() for name in section] == list(PAGES)


def test_a_page_that_does_not_exist_leads_home(shipped: Server, look_at: Callable[..., Tab]) -> None:
    page = look_at(shipped).open("nowhere")
    expect(page.get_by_role("dialog")).to_contain_text("not found")
    page.get_by_role("dialog").get_by_role("button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
