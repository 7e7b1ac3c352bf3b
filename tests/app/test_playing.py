"""What the player is sent: arrays that come out as they went in, every set by its sensors, costs with their source."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.app import playable
from tests.app.made import run_like

from stillroom.base.errors import InputError
from stillroom.runs.playback import PLAYBACK, Playback, SensorSet
from stillroom_app.services import playing, playing_costs
from stillroom_app.services.playing_sets import error_of, with_all
from stillroom_app.services.workspace import DEMO, entry

REPORT = json.loads((DEMO / "tsak" / "report.json").read_text())


@pytest.fixture(scope="module")
def played() -> Playback:
    return playable.playback()


@pytest.fixture(scope="module")
def show(played: Playback) -> dict[str, Any]:
    return playing.packed(played, REPORT)


def numbers(text: str, kind: str) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), kind)


def test_the_signal_comes_out_as_it_went_in_to_a_thousandth_of_its_range(
    played: Playback, show: dict[str, Any]
) -> None:
    levels = numbers(show["signal"], "<u2").reshape(played.signal.shape)
    for row, channel in enumerate(show["channels"]):
        sensor = show["sensors"][channel["sensor"]]
        span = sensor["high"] - sensor["low"]
        back = sensor["low"] + levels[row] / playing.LEVELS * span
        assert np.abs(back - played.signal[row]).max() < span / 1000


def test_answers_of_models_and_of_sets_come_out_as_they_went_in(played: Playback, show: dict[str, Any]) -> None:
    for role, kept in played.answers.items():
        assert (numbers(show["answers"][role]["said"], "<i2") == kept.argmax(axis=1)).all()
        share = numbers(show["answers"][role]["share"], "u1") / playing.SHARES
        assert np.abs(share - kept.max(axis=1).astype(float)).max() <= 0.5 / playing.SHARES + 1e-9
    assert (numbers(show["said"], "<i2").reshape(played.said.shape) == played.said).all()
    assert (numbers(show["truth"], "<i2") == played.truth).all() and -1 in played.truth


def test_it_is_all_sent_in_half_a_megabyte(show: dict[str, Any]) -> None:
    assert len(json.dumps(show)) < 400_000


def test_every_set_is_found_by_its_sensors_and_says_whether_it_was_measured(
    played: Playback, show: dict[str, Any]
) -> None:
    keys = [tuple(one["sensors"]) for one in show["sets"]]
    assert len(set(keys)) == len(keys) == 2 ** len(played.sensors) - 1
    own = show["sets"][keys.index((0,))]
    assert own["measured"] and own["score"] == REPORT["student"]["macro_f1"] and "trained on just these" in own["told"]
    other = show["sets"][keys.index((0, 1))]
    assert not other["measured"] and "at rest" in other["told"]


def test_the_students_own_set_is_there_where_no_set_was_asked_for() -> None:
    plain = playable.plain()
    show = playing.packed(plain, REPORT)
    (own,) = show["sets"]
    assert own["sensors"] == [0] and own["measured"] and own["low"] == REPORT["student"]["low"]
    assert (numbers(show["said"], "<i2") == plain.answers["student"].argmax(axis=1)).all()
    assert show["why"] is None and "other sensors and why" in playing.lacks(show) and not show["switches"]


def test_a_set_that_holds_everything_lacks_nothing(show: dict[str, Any]) -> None:
    assert playing.lacks(show) == ""


def sensor_sums(played: Playback, role: str) -> NDArray[np.float64]:
    """`(window, sensor, block)`: the sums that shade the signals."""
    kept = played.why[role].astype(float)
    return kept.reshape(len(kept), len(played.sensors), -1, kept.shape[2]).sum(axis=2)


def test_bars_of_why_are_the_sums_that_shade_the_signals_apart_for_and_against(
    played: Playback, show: dict[str, Any]
) -> None:
    one, sums = show["why"]["of"]["teacher"], sensor_sums(played, "teacher")
    heat = numbers(one["heat"], "<i2").reshape(sums.shape) / 32_767 * np.abs(sums).max()
    assert np.abs(heat - sums).max() < 1e-4 and one["rows"][0] == "right wrist acc" and one["by"] == "sensor"
    whole = np.abs(heat).sum(axis=(1, 2))[:, None]
    for name, sign in (("good", 1), ("bad", -1)):
        share = numbers(one[name], "u1").reshape(sums.shape[:2]) / playing.SHARES
        assert np.abs(share - np.clip(sign * heat, 0, None).sum(axis=2) / whole).max() < 0.003
        assert share.max() > 0.05


def test_a_model_with_one_sensor_is_explained_by_its_axes_and_not_as_all_of_one(
    played: Playback, show: dict[str, Any]
) -> None:
    one, kept = show["why"]["of"]["student"], played.why["student"].astype(float)[:, :3]
    assert one["by"] == "axis" and one["rows"] == [f"right wrist acc {axis}" for axis in "xyz"]
    good = numbers(one["good"], "u1").reshape(-1, 3) / playing.SHARES
    bad = numbers(one["bad"], "u1").reshape(-1, 3) / playing.SHARES
    assert np.abs(good - np.clip(kept, 0, None).sum(axis=2) / np.abs(kept).sum(axis=(1, 2))[:, None]).max() < 0.003
    assert np.abs((good + bad).sum(axis=1) - 1).max() < 0.02 and good.max() < 0.99


SETS = (
    SensorSet(("a",), "student", "one", 0.78, estimated=0.5),
    SensorSet(("a", "b"), "student", "two", 0.74, estimated=0.71),
    SensorSet(("b",), "estimate", "", 0.9),
    SensorSet(("a", "b", "c"), "estimate", "", 0.72),
)


def test_how_far_estimates_were_off_is_said_of_the_sets_that_a_student_was_trained_for() -> None:
    assert error_of(SETS) == "Where a student was trained (2 sets), the estimate was 0.03 to 0.28 too low."
    assert error_of(SETS[2:]) == ""
    lucky = replace(SETS[1], estimated=0.8)
    assert "(1 set), the estimate was 0.06 too high" in error_of([lucky])
    assert "between 0.06 too high and 0.28 too low" in error_of([SETS[0], lucky])
    assert "right to a hundredth" in error_of([replace(SETS[0], estimated=0.78)])


def test_an_estimate_is_set_against_the_same_net_with_every_sensor() -> None:
    assert with_all(SETS, ("a", "b", "c")) == 0.72
    assert with_all([replace(SETS[3], of="student", macro_f1=0.84, estimated=0.7)], ("a", "b", "c")) == 0.7
    assert with_all(SETS[:3], ("a", "b", "c")) is None


def test_the_demos_estimates_are_told_with_their_error() -> None:
    show = playing.show_of(entry("demo:tsak"))
    assert show is not None and show["switches"] and "(5 sets), the estimate was 0.04 to 0.35 too low" in show["error"]
    assert show["withAll"] == pytest.approx(0.716, abs=0.001)


def test_a_value_that_is_missing_stays_at_the_one_before(played: Playback) -> None:
    signal = played.signal.copy()
    signal[0, 10:15] = np.nan
    levels = numbers(playing.packed(replace(played, signal=signal), REPORT)["signal"], "<u2").reshape(signal.shape)
    assert (levels[0, 10:15] == levels[0, 9]).all()


def test_a_run_with_a_teacher_alone_has_no_lane_that_follows_the_sensors() -> None:
    plain = playable.plain()
    show = playing.packed(replace(plain, answers={"teacher": plain.answers["teacher"]}, own=()), REPORT)
    assert show["switched"] == "" and show["sets"] == []


def test_the_table_says_window_by_window_what_was_done_and_said(played: Playback, show: dict[str, Any]) -> None:
    table = playing.table_of(show)
    assert set(map(len, table.values())) == {len(played.windows_s)}
    assert table["done"][0] == played.classes[played.truth[0]] and "" in table["done"]
    assert table["student"] == [played.classes[code] for code in played.answers["student"].argmax(axis=1)]


def test_costs_name_whose_computer_it_was_and_leave_out_what_nobody_measured(show: dict[str, Any]) -> None:
    costs = playing_costs.costs_of(entry("demo:tsak"), show["sets"])
    time, energy = costs["time"], costs["energy"]
    assert time["origin"] == "measured" and "the demo's computer" in time["told"] and "ONNX Runtime" in time["told"]
    own = next(place for place, one in enumerate(show["sets"]) if one["sensors"] == [0])
    assert time["teacher"][0] > time["students"][own][0] > 0
    assert all(one is None for place, one in enumerate(time["students"]) if place != own)
    low, high = energy["teacher"]
    assert energy["origin"] == "estimated" and "bracket" in energy["told"] and "Jetson" in energy["told"] and low < high


def test_where_nothing_was_measured_a_sentence_says_so(workspace: Path, show: dict[str, Any]) -> None:
    folder = run_like("tsak", workspace / "line")
    (folder / "cost.json").unlink()
    costs = playing_costs.costs_of(entry("line"), show["sets"])
    assert "not measured" in costs["time"]["why"] and costs["energy"] == {"why": ""}  # once, for both


def test_a_student_that_was_timed_on_another_computer_does_not_stand_beside_this_teacher(
    workspace: Path, show: dict[str, Any]
) -> None:
    run_like("tsak", workspace / "line")
    other = run_like("tsak", workspace / "other")
    cost = json.loads((other / "cost.json").read_text())
    sets = [{"sensors": [1], "measured": True, "run": "other"}]
    there = playing_costs.costs_of(entry("line"), sets)["time"]["students"]
    cost["host"]["cpu"] = "another one"
    (other / "cost.json").write_text(json.dumps(cost))
    assert there[0] and playing_costs.costs_of(entry("line"), sets)["time"]["students"] == [None]


@pytest.mark.usefixtures("workspace")
def test_a_run_without_a_playback_has_none_and_a_damaged_one_is_refused(workspace: Path) -> None:
    folder = run_like("tsak", workspace / "line")
    (folder / PLAYBACK).unlink(missing_ok=True)
    one = entry("line")
    assert playing.show_of(one) is None and playing.version(one) == 0
    (folder / PLAYBACK).write_bytes(b"no")
    with pytest.raises(InputError):
        playing.show_of(one)
    playable.kept_in(folder, playable.plain())
    assert playing.show_of(one) is not None and playing.version(one) > 0


def test_the_command_names_the_run_and_asks_for_every_set(workspace: Path) -> None:
    folder = run_like("tsak", workspace / "line")
    command = playing.words(entry("line"))
    assert command[:2] == ["runs", "playback"] and "--sets" in command and Path(command[2]).absolute() == folder
