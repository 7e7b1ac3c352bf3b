"""What is touched in lessons 5, 7 and 8: a bin is dragged, sensors are switched, and the address holds it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.kit import Server, Tab, tab


@pytest.fixture(scope="module")
def wide(chromium: Browser, shipped: Server) -> Iterator[Tab]:
    """A tab for all that look at lessons in a usual window."""
    with tab(chromium, shipped, reduced_motion="reduce") as one:
        yield one


def opened(one: Tab, lesson: str, **query: str) -> Page:
    page = one.open("lessons", lesson=lesson, **query)
    expect(page.locator(".lesson[data-drawn]")).to_be_visible()
    one.settle()
    return page


def number(page: Page, label: str) -> float:
    """What a tile of the picture says."""
    said = page.locator(".numbers > div").filter(has_text=label).locator("dd").first.inner_text()
    return float(re.sub(r"[^\d.\-]", "", said.replace("\N{MINUS SIGN}", "-")))


def test_a_bin_is_dragged_and_the_loss_and_the_address_follow(wide: Tab) -> None:
    page = opened(wide, "stages", step="3", edit="3", height="1", model="after")
    before = number(page, "In frequency")
    handle = page.locator(".pictures circle").nth(5)  # of the sixth bin
    box = handle.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 60, steps=6)
    dragged = number(page, "In frequency")
    assert dragged != before and "edit=6" not in page.url  # while it is held, nobody is asked
    page.mouse.up()
    expect(page).to_have_url(re.compile("edit=6"))
    height = float(re.search(r"height=([\d.]+)", page.url)[1])  # type: ignore[index]
    assert height > 1
    assert number(page, "In frequency") == dragged
    page.goto(page.url)
    wide.idle()
    expect(page.locator(".lesson[data-drawn]")).to_be_visible()
    assert number(page, "In frequency") == dragged


def test_time_and_bins_say_the_same_of_whole_waves(wide: Tab) -> None:
    page = opened(wide, "stages", step="3", edit="2", height="2.4", model="finished")
    cells = page.locator(".pictures tr.strong td").all_inner_texts()
    assert len(cells) == 2 and cells[0] == cells[1]


def test_sensors_are_switched_by_keyboard_to_the_nearest_set_that_was_trained(wide: Tab) -> None:
    page = opened(wide, "fewer", step="3", by="student", sample="0")
    left = page.get_by_role("checkbox", name="left wrist acc")
    left.focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("sample=2"))
    expect(page.locator(".numbers")).to_contain_text("2 of 6")
    assert left.is_checked()
    expect(page.locator(".pictures")).not_to_contain_text("nearest set")
    page.get_by_role("checkbox", name="right wrist capacitive").check()
    expect(page).to_have_url(re.compile("sample=4"))
    expect(page.locator(".numbers")).to_contain_text("3 of 6")  # with the rate of turn, and without the left hand
    expect(page.locator(".pictures")).to_contain_text("the nearest set is shown")
    assert page.get_by_role("checkbox", name="right wrist gyro").is_checked()


def test_a_sensor_that_nobody_went_without_or_with_says_so(wide: Tab) -> None:
    page = opened(wide, "fewer", step="3", by="student", sample="0")
    page.get_by_role("checkbox", name="left wrist gyro").click()
    wide.settle()
    expect(page.locator(".pictures")).to_contain_text("No student was trained")
    assert not page.get_by_role("checkbox", name="left wrist gyro").is_checked()


def test_the_guess_on_attribution_is_answered_by_the_picture(wide: Tab) -> None:
    page = opened(wide, "attribution", step="2")
    assert page.locator(".pictures rect").count() == 0  # names of inputs, no bars
    page.get_by_role("radio", name="The barometer").check(force=True)
    wide.settle()
    wide.key("lesson_show").get_by_role("button").click()
    wide.settle()
    expect(page.locator(".numbers")).to_contain_text("air pressure")
    assert abs(number(page, "Longest bar")) > 10
    page.get_by_role("radio", name="integrated gradients").check(force=True)
    expect(page).to_have_url(re.compile("method=integrated"))
    expect(page.locator(".numbers")).not_to_contain_text("air pressure")


def test_the_answer_stays_while_unit_and_twin_are_turned(wide: Tab) -> None:
    said = set()
    for unit, share in (("1", "0"), ("5", "0.5"), ("0.1", "1")):
        page = opened(wide, "attribution", step="4", method="gradient", unit=unit, share=share)
        said.add(page.locator(".numbers > div").first.inner_text())
    assert len(said) == 1
