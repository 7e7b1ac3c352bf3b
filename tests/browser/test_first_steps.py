"""A newcomer in the player: steps that tick themselves off, keys that work on arrival, and why where it can be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser import looking
from tests.browser.kit import Server, Tab
from tests.browser.playing import FIND

RUN = "demo:tsak"
RUNNING = "window.player.clock.running"
IN_PLAYER = "document.activeElement === window.player.root.getRootNode().host"


def opened(tab: Tab, **query: str) -> Page:
    page = tab.open("playback", run=RUN, **query)
    page.wait_for_function(FIND)
    return page


def steps(page: Page) -> Locator:
    return page.get_by_role("navigation", name="First steps")


def test_each_step_is_ticked_off_once_it_was_done_and_the_last_leads_to_ones_own_data(
    shipped: Server, look_at: Callable[..., Tab]
) -> None:
    tab = look_at(shipped)
    page = opened(tab)
    done = steps(page).locator("li.done")
    expect(done).to_have_text(["✓Play"])
    steps(page).get_by_role("button", name="Take a sensor away").click()
    expect(page.locator(".player .sensors input:checked")).to_have_count(5)
    page.keyboard.press("w")  # not by the step itself
    expect(done).to_have_text(["✓Play", "✓Take a sensor away", "✓Ask why"])
    expect(steps(page).locator("[aria-current=step]")).to_have_text("4Try my data")
    steps(page).get_by_role("link", name="Try my data").click()
    expect(tab.key("import_files")).to_be_visible()
    page = opened(tab)
    expect(steps(page)).to_be_hidden()  # everything was done: nothing is left to say


def test_the_steps_are_remembered_and_can_be_put_away(shipped: Server, look_at: Callable[..., Tab]) -> None:
    tab = look_at(shipped)
    page = opened(tab, keep="right_wrist")
    expect(steps(page).locator("li.done")).to_have_text(["✓Play", "✓Take a sensor away"])
    page = opened(tab, at="3")  # a later visit, that waits
    expect(steps(page).locator("li.done")).to_have_count(2)
    steps(page).get_by_role("button", name="Put these steps away").click()
    expect(steps(page)).to_be_hidden()
    page = opened(tab)
    expect(steps(page)).to_be_hidden()


def test_a_run_that_cannot_answer_with_fewer_sensors_has_no_such_step(
    shipped: Server, look_at: Callable[..., Tab]
) -> None:
    page = look_at(shipped).open("playback", run="demo:smldist")
    page.wait_for_function(FIND)
    expect(steps(page).get_by_role("link", name="Try my data")).to_be_visible()
    expect(steps(page).get_by_role("button", name="Take a sensor away")).to_have_count(0)


@pytest.mark.parametrize("size", [(1366, 768), (360, 780)], ids=["wide", "narrow"])
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_why_comes_into_sight_however_it_is_asked(
    size: tuple[int, int], motion: str, shipped: Server, look_at: Callable[..., Tab]
) -> None:
    tab = look_at(shipped, width=size[0], height=size[1], reduced_motion=motion)
    page = opened(tab)
    why = page.locator(".player .why")
    page.locator(".player .ask").click()
    expect(why).to_be_in_viewport(ratio=0.99)
    tab.open()
    page.get_by_role("link", name="Ask why").click()
    page.wait_for_function(FIND)
    expect(why).to_be_in_viewport(ratio=0.99)
    assert looking.sideways(page) == []


def test_keys_work_on_arrival_from_home_and_no_other_arrival_takes_the_focus(
    shipped: Server, look_at: Callable[..., Tab]
) -> None:
    tab = look_at(shipped)
    page = tab.open()
    tab.key("home_play").get_by_role("button").click()
    page.wait_for_function(FIND)
    page.wait_for_function(f"() => {IN_PLAYER}")
    assert page.evaluate(RUNNING)
    page.keyboard.press(" ")
    assert not page.evaluate(RUNNING)
    page = opened(tab)  # by its address
    page.wait_for_timeout(2300)
    assert not page.evaluate(IN_PLAYER)
    tab.open()
    page.get_by_role("link", name="Playback", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_function(FIND)
    page.wait_for_timeout(2300)
    assert page.evaluate("document.activeElement.textContent").strip().endswith("Playback")


def test_on_a_small_screen_the_lanes_are_in_sight_on_arrival_from_home(
    shipped: Server, look_at: Callable[..., Tab]
) -> None:
    tab = look_at(shipped, width=360, height=780)
    page = tab.open()
    tab.key("home_play").get_by_role("button").click()
    page.wait_for_function(FIND)
    expect(page.locator(".player .answers")).to_be_in_viewport(ratio=1)
