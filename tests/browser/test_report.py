"""The Report page in a browser: the file in sight, assumptions written over by keyboard, and the file to take along."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect
from tests.browser import looking
from tests.browser.kit import Server, Tab

from stillroom_app.services import workspace

FIELD = '[data-field="{} {}"]'


def sheet(page: Page) -> FrameLocator:
    """The report within the page, once it was made."""
    frame = page.frame_locator(".sheet iframe")
    expect(frame.locator("h1").first).to_be_visible(timeout=90_000)
    return frame


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """What the command line makes of the demo's first run."""

    def make(*options: str) -> bytes:
        to = tmp_path_factory.mktemp("made") / "own.html"
        words = ("report", str(workspace.DEMO / "tsak"), "--to", str(to), *options)
        subprocess.run((sys.executable, "-m", "stillroom", *words), check=True, capture_output=True, timeout=120)
        return to.read_bytes()

    return make


def test_the_file_is_in_sight_and_is_what_one_downloads(
    shipped: Server, look_at: Callable[..., Tab], made: Callable[..., bytes], tmp_path: Path
) -> None:
    one = look_at(shipped, accept_downloads=True)
    page = one.open("report", assume="units=200")
    sheet(page)
    with page.expect_download(timeout=90_000) as coming:
        one.key("report_download").get_by_role("button").click()
    coming.value.save_as(tmp_path / "taken.html")
    assert coming.value.suggested_filename == "stillroom-demo-tsak.html"
    assert (tmp_path / "taken.html").read_bytes() == made("--assume", "units=200")
    assert one.outside == [] and one.said == []


def test_the_file_opens_in_a_tab_of_its_own_and_loads_nothing(shipped: Server, look_at: Callable[..., Tab]) -> None:
    one = look_at(shipped)
    page = one.open("report")
    sheet(page)
    with page.context.expect_page() as opening:
        one.key("report_open").get_by_role("link").click()
    opened = opening.value
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.reload()
    expect(opened.locator("h1").first).to_be_visible(timeout=90_000)
    assert [url for url in asked if not url.startswith((f"{shipped.url}/api/report/", "data:"))] == [] and said == []
    assert opened.evaluate("window.opener") is None


def test_an_assumption_is_written_over_by_keyboard_and_everything_follows(
    shipped: Server, look_at: Callable[..., Tab]
) -> None:
    one = look_at(shipped)
    page = one.open("report")
    box = page.locator(FIELD.format("units", "value"))
    expect(box).to_have_value("100")
    before = page.get_by_text("Under these assumptions").first.inner_text()
    box.fill("250")
    box.press("Enter")
    expect(page.get_by_text("with 250 workers").first).to_be_visible()
    page.wait_for_url("**assume=units*250*")
    expect(page.locator(FIELD.format("units", "high"))).to_have_value("250")
    assert page.get_by_text("Under these assumptions").first.inner_text() != before
    expect(sheet(page).get_by_text("with 250 workers").first).to_be_attached(timeout=90_000)
    page.reload()
    one.settle()
    expect(box).to_have_value("250")
    page.get_by_role("button", name="Workers equipped: back to our assumption").press("Enter")
    expect(box).to_have_value("100")
    expect(page.get_by_text("with 100 workers").first).to_be_visible()
    assert "assume" not in page.url


def test_ends_that_do_not_rise_are_refused_and_what_held_holds(shipped: Server, look_at: Callable[..., Tab]) -> None:
    one = look_at(shipped)
    page = one.open("report")
    low = page.locator(FIELD.format("years", "low"))
    low.fill("4")
    low.press("Tab")
    expect(page.get_by_role("alert").filter(has_text="must rise")).to_be_visible()
    expect(low).to_have_value("2")
    value = page.locator(FIELD.format("years", "value"))
    value.fill("")
    value.press("Tab")
    expect(value).to_have_value("3")
    value.fill("4")
    value.press("Tab")
    expect(page.get_by_text("over 4 years").first).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="must rise")).to_have_count(0)


def test_what_is_typed_next_is_not_taken_away_by_an_answer(shipped: Server, look_at: Callable[..., Tab]) -> None:
    one = look_at(shipped)
    page = one.open("report")
    first, second = (page.locator(FIELD.format(key, "value")) for key in ("units", "years"))
    first.fill("250")
    first.press("Tab")
    second.fill("4")
    expect(page.get_by_text("with 250 workers").first).to_be_visible()
    expect(second).to_have_value("4")
    second.press("Enter")
    expect(page.get_by_text("over 4 years with 250 workers").first).to_be_visible()


@pytest.mark.parametrize("more", [{"dark": False}, {"dark": True, "width": 360, "height": 740}])
def test_with_assumptions_of_one_s_own_it_suits_everybody(
    shipped: Server, look_at: Callable[..., Tab], more: dict[str, Any]
) -> None:
    one = look_at(shipped, **more)
    page = one.open("report", assume="units=200,hourly=55:40:70", teach="true")
    sheet(page)
    assert looking.axe(page) == [] and looking.sideways(page) == [] and looking.charts_without_words(page) == []
    small = page.evaluate(
        "() => { const found = []; const deep = (root) => { for (const one of root.querySelectorAll('*')) {"
        " if (one.shadowRoot) deep(one.shadowRoot); if (one.matches('.assumed input, .assumed button:not([hidden])')) {"
        " const box = one.getBoundingClientRect(); if (box.height < 24 || box.width < 24) found.push(one.outerHTML); }"
        " } }; deep(document); return found; }"
    )
    assert small == []


def test_a_pdf_is_made_by_a_job_and_taken(
    serve: Callable[..., Server], look_at: Callable[..., Tab], tmp_path: Path
) -> None:
    one = look_at(serve(), accept_downloads=True)
    page = one.open("report")
    one.key("report_pdf_open").get_by_role("button").first.click()
    page.get_by_role("button", name="Make the PDF").click()
    taken = one.key("report_pdf").get_by_role("button")
    expect(taken).to_be_visible(timeout=120_000)
    with page.expect_download() as coming:
        taken.click()
    coming.value.save_as(tmp_path / "taken.pdf")
    assert (tmp_path / "taken.pdf").read_bytes().startswith(b"%PDF-")
