"""What the player says of sets of sensors and of why: an estimate is no student, and bars add up to what is shaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.app import playable
from tests.app.made import run_like
from tests.browser.kit import Server, Tab, serving
from tests.browser.playing import FIND

from stillroom.runs.playback import Playback

SECONDS = 40.0
LESS_ONE = "right_wrist.gyro,right_wrist.capacitive,left_wrist"
PLAYER = ".st-key-player"


@pytest.fixture(scope="module")
def played(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a run with everything to play, one that was asked with two sets, and one with answers alone."""
    workspace = tmp_path_factory.mktemp("says") / "runs"
    playable.kept_in(run_like("tsak", workspace / "line"), playable.playback(SECONDS))
    playable.kept_in(run_like("tsak", workspace / "few"), _few())
    playable.kept_in(run_like("tsak", workspace / "plain"), playable.plain(SECONDS))
    with serving(workspace) as one:
        yield one


def _few() -> Playback:
    whole = playable.playback(SECONDS)
    return replace(whole, sets=whole.sets[:2], said=whole.said[:2], share=whole.share[:2])


def opened(tab: Tab, run: str = "line", **query: str) -> Page:
    page = tab.open("playback", run=run, at="17.5", **query)
    page.wait_for_function(FIND)
    return page


def test_an_estimate_is_named_one_and_compared_with_the_same_net_alone(
    played: Server, look_at: Callable[..., Tab]
) -> None:
    page = opened(look_at(played), keep=LESS_ONE)
    said, tile = page.locator(f"{PLAYER} .set .said"), page.locator(f"{PLAYER} .tile").first
    expect(said).to_have_text("Without right wrist acc (5 of 6 sensors): an estimate by one net for any set.")
    lane = page.locator(f"{PLAYER} .answer").last
    expect(lane).to_contain_text("Estimate")
    expect(lane).not_to_contain_text("Student")
    expect(page.locator(f"{PLAYER} .set .worth")).to_have_text("Macro-F1 0.72 → 0.63 −9 points estimated")
    assert tile.locator(".line .who").all_inner_texts() == ["Teacher", "Estimate"]
    assert [one.split()[0] for one in tile.locator(".source").all_inner_texts()] == ["measured", "estimated"]
    expect(tile).to_contain_text(
        "not over trainings. Where a student was trained (1 set), the estimate was 0.28 too low"
    )
    roles = page.evaluate("Object.values(window.player.look.roles).map((one) => one.colour)")
    assert page.evaluate("window.player.laneList.at(-1).colour") not in roles


def test_back_with_its_own_sensors_it_is_the_student_again_with_its_own_badge_and_interval(
    played: Server, look_at: Callable[..., Tab]
) -> None:
    page = opened(look_at(played), keep=LESS_ONE)
    page.get_by_role("button", name="The student’s own").click()
    tile = page.locator(f"{PLAYER} .tile").first
    assert tile.locator(".line .who").all_inner_texts() == ["Teacher", "Student"]
    unders = tile.locator(".source").all_inner_texts()
    assert [one.split()[0] for one in unders] == ["measured", "measured"] and all(" to " in one for one in unders)
    expect(page.locator(f"{PLAYER} .set .worth")).to_have_text("Macro-F1 0.78 measured")
    expect(page.locator(f"{PLAYER} .answer").last).to_contain_text("Student")


def test_the_bars_of_why_are_the_sums_of_what_is_shaded_and_one_sensor_is_divided_by_axis(
    played: Server, look_at: Callable[..., Tab]
) -> None:
    page = opened(look_at(played), why="true")
    sides = page.locator(f"{PLAYER} .why .side")
    assert sides.last.locator(".line .who").all_inner_texts() == [f"right wrist acc {axis}" for axis in "xyz"]
    number, good, bad = page.evaluate("""() => {
      const text = (name) => [...window.player.root.querySelectorAll(`.side:first-child .line b.${name}`)];
      const shown = (name) => text(name).map((one) => parseInt(one.textContent || "0", 10));
      return [window.player.heat.number, shown("good"), shown("bad")];
    }""")
    values = playable.playback(SECONDS).why["teacher"][number].astype(float)
    heat = values.reshape(6, 3, -1).sum(axis=1)
    for shown, sign in ((good, 1), (bad, -1)):
        wanted = 100 * np.clip(sign * heat, 0, None).sum(axis=1) / np.abs(heat).sum()
        assert np.abs(np.array(shown) - wanted).max() <= 0.75


def test_no_heat_of_the_student_lies_on_the_signals_while_other_sensors_are_on(
    played: Server, look_at: Callable[..., Tab]
) -> None:
    page = opened(look_at(played), why="true")
    assert page.evaluate("window.player.heat.role") == "student"
    page.get_by_role("checkbox", name="left wrist gyro").check()
    assert page.evaluate("window.player.heat.role") == "teacher"
    side = page.locator(f"{PLAYER} .why .side").last
    expect(side).to_contain_text("asked why only as it was trained: with right wrist acc")
    expect(side.get_by_role("radio")).to_be_disabled()
    expect(side.locator(".track").first).to_be_hidden()
    page.get_by_role("checkbox", name="left wrist gyro").uncheck()
    assert page.evaluate("window.player.heat.role") == "student"


def test_a_set_that_nobody_asked_about_says_so_and_counts_nothing(played: Server, look_at: Callable[..., Tab]) -> None:
    page = opened(look_at(played), run="few")
    page.get_by_role("checkbox", name="left wrist gyro").check()
    expect(page.locator(f"{PLAYER} .set .said")).to_contain_text("nobody asked")
    expect(page.locator(f"{PLAYER} .answer").last).to_contain_text("not known")
    expect(page.locator(f"{PLAYER} .tile").first).to_contain_text("Nobody trained or estimated")


@pytest.mark.parametrize(("run", "where"), [("plain", "“Ask for more”, below"), ("demo:smldist", "the demo’s tsak")])
def test_where_one_set_was_asked_for_there_is_nothing_to_switch_and_it_says_where_there_is(
    run: str, where: str, played: Server, look_at: Callable[..., Tab]
) -> None:
    page = opened(look_at(played), run=run, why="true", keep="left_wrist")
    assert page.locator(f"{PLAYER} .sensors input").count() == 0
    expect(page.locator(f"{PLAYER} .presets")).to_contain_text(where)
    assert page.get_by_role("button", name="All sensors").count() == 0
    kept: Any = "[...window.player.kept]"
    before = page.evaluate(kept)
    page.evaluate("window.player.root.focus()")
    page.keyboard.press("2")
    assert page.evaluate(kept) == before == [0]
    expect(page.locator(f"{PLAYER} .why")).not_to_contain_text("`")


def test_windows_are_counted_up_to_here_and_not_called_seen(played: Server, look_at: Callable[..., Tab]) -> None:
    tile = opened(look_at(played)).locator(f"{PLAYER} .tile").nth(1)
    expect(tile).to_contain_text("windows up to here")
    expect(tile).not_to_contain_text("seen")
