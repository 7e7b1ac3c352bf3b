"""Home: never empty, one's own run before the demo, and every number the report's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.app import playable
from tests.app.kit import opened, words
from tests.app.made import changed, marked, run_like

from stillroom.data.splits import BLOCKS_WARNING, LEAK_WARNING
from stillroom.evaluation.gain import paired_gain
from stillroom.figures.theme import LIGHT
from stillroom.runs.playback import PLAYBACK, keep_playback, playback_of
from stillroom.runs.store import Run
from stillroom_app.components.glimpse import spec_of
from stillroom_app.services import home, listing, workspace
from stillroom_app.services.listing import Listed


@pytest.fixture
def report() -> dict[str, Any]:
    return dict(Run(workspace.DEMO / "tsak").report)


def test_an_empty_workspace_shows_the_demo_s_result_with_its_badge() -> None:
    at = opened("home")
    report = Run(workspace.DEMO / "tsak").report
    share = round(100 * report["student"]["macro_f1"] / report["teacher"]["macro_f1"])
    assert at.title[0].value == f"From 18 channels to 3, keeping {share} % of the teacher’s score"
    assert "demo: simulated line" in words(at)
    (chart,) = at.get("echarts_chart")
    assert "p05" in chart.proto.alt and "Teacher right in" in chart.proto.alt
    assert not at.get("plotly_chart")
    assert {link.proto.label for link in at.get("page_link")} >= {
        "Explore sensors",
        "Learn distillation",
        "Try my data",
    }


def test_one_s_own_run_takes_the_demo_s_place_once_it_is_done(workspace: Path) -> None:
    mine = run_like("tsak-right-wrist", workspace / "mine")
    marked(mine, "unfinished")
    at = opened("home")
    assert "to 3, keeping" in at.title[0].value
    assert "mine: unfinished" in [link.proto.label.replace("\\", "") for link in at.get("page_link")]
    marked(mine, "done")
    at = opened("home")
    assert at.title[0].value.startswith("From 18 channels to 9") and "yours, mine" in words(at).replace("\\", "")


def test_room_is_kept_for_the_tiles_so_that_nothing_below_moves() -> None:
    at = opened("home")
    heights = [one.row_height for one in at.main.children.values() if one.type == "grid_container"]
    assert heights.count(123) == 1


def test_tiles_tell_teacher_and_student_with_the_interval(report: dict[str, Any]) -> None:
    tiles = {tile.label: tile for tile in home.tiles(report, None)}
    teacher, student = report["teacher"], report["student"]
    assert tiles["Channels"].value == "18 → 3" and tiles["Channels"].change == "6 times fewer"
    assert tiles["Macro-F1"].value == f"{teacher['macro_f1']:.2f} → {student['macro_f1']:.2f}"
    lost = paired_gain(student["per_person"], teacher["per_person"])  # each person by both, not two intervals
    between = f"({100 * lost.low:.1f} to {100 * lost.high:.0f})".replace("-", "−")
    assert tiles["Macro-F1"].change == f"{100 * lost.mean:.1f} points lost {between}"
    assert f"student {student['low']:.2f} to {student['high']:.2f}" in tiles["Macro-F1"].note
    assert lost.low < 0 < lost.high and tiles["Macro-F1"].better is None and "Latency" not in tiles


@pytest.mark.parametrize(
    ("each", "said", "better"),
    [
        ([0.2, 0.22, 0.18, 0.2], "20.0 points lost (17 to 23)", False),
        ([-0.2, -0.22, -0.18, -0.2], "20.0 points more (17 to 23)", True),
        ([0.2], "20.0 points lost", None),
    ],
)
def test_points_lost_are_claimed_only_where_their_paired_interval_shows_them(
    report: dict[str, Any], each: list[float], said: str, better: bool | None
) -> None:
    report["student"]["per_person"] = {f"p{place}": 0.5 for place in range(len(each))}
    report["teacher"]["per_person"] = {f"p{place}": 0.5 + more for place, more in enumerate(each)}
    tile = {tile.label: tile for tile in home.tiles(report, None)}["Macro-F1"]
    assert (tile.change, tile.better) == (said, better)


def test_a_run_that_leaks_says_so_and_does_not_speak_of_strangers(workspace: Path) -> None:
    mine = run_like("tsak", workspace / "mine", protocol="random:5")
    assert "never saw them" in words(opened("home"))
    changed(mine, warning=LEAK_WARNING)
    at = opened("home")
    assert at.warning[0].value.replace("\\", "") == LEAK_WARNING and "never saw them" not in words(at)


def test_a_run_over_stretches_speaks_of_no_person(workspace: Path) -> None:
    changed(run_like("tsak", workspace / "mine", protocol="blocks"), units="stretches", warning=BLOCKS_WARNING)
    at = opened("home")
    said = words(at).replace("\\", "")
    assert "The stretch whose score is the median" in said and "10 stretches tested" in said
    assert BLOCKS_WARNING in said and "people" not in "".join(metric.help for metric in at.metric)


def test_a_study_s_cell_is_no_headline_and_the_last_to_be_picked(workspace: Path) -> None:
    run_like("tsak-right-wrist", workspace / "study" / "runs" / "01-s0")
    at = opened("home")
    assert at.title[0].value.startswith("From 18 channels to 3,") and "Continue where you were" not in words(at)
    picked = opened("device").selectbox(key="run")
    assert picked.options[-1] == "study/runs/01-s0" and picked.value == "demo:tsak"


def test_latency_is_told_where_it_was_measured(report: dict[str, Any]) -> None:
    cost = json.loads((workspace.DEMO / "tsak" / "cost.json").read_text())
    tile = home.tiles(report, cost, "demo")[-1]
    assert tile.label == "Latency" and "µs" in tile.value and "times faster" in tile.change
    assert "on the demo's computer" in tile.note
    cost["host"]["cpu"] = "Another CPU"
    assert "on another computer" in home.tiles(report, cost)[-1].note


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        ({"mean": 0.02, "low": -0.03, "high": 0.06}, "could not be shown"),
        ({"mean": 0.05, "low": 0.01, "high": 0.09}, "distillation added 0.05"),
        ({"mean": -0.05, "low": -0.09, "high": -0.01}, "distillation cost 0.05"),
        ({"mean": 0.05, "low": 0.01, "high": 0.09, "pilot": True, "n": 3}, "too few people"),
        ({"mean": 0.05, "low": None, "high": None, "n": 1}, "too few people"),
    ],
)
def test_what_distillation_added_is_claimed_only_where_it_was_shown(
    report: dict[str, Any], gain: dict[str, Any], said: str
) -> None:
    report["gain"].update(gain)
    assert said in home.without_teacher(report)
    assert home.without_teacher({**report, "alone": None}) == ""


def test_a_wrong_answer_is_hatched_and_a_name_with_signs_is_escaped(report: dict[str, Any]) -> None:
    glimpse = json.loads((workspace.DEMO / "tsak" / "glimpse.json").read_text())
    evil = "<img src=x onerror=alert(1)>{b}"
    glimpse["truth"] = [evil if one == "press fit" else one for one in glimpse["truth"]]
    bars = [one for one in spec_of(glimpse, report["classes"], LIGHT)["series"] if one["type"] == "bar"]
    told = [part for bar in bars for part in bar["data"] if "tooltip" in part]
    wrong = [part for part in told if part["itemStyle"]["decal"] != {"symbol": "none"}]
    said, truth = glimpse["said"], glimpse["truth"]
    right = [one == true for role in ("teacher", "student") for one, true in zip(said[role], truth, strict=True)]
    assert wrong and not all(right) and all(part["tooltip"]["formatter"].endswith(", wrong") for part in wrong)
    assert not any("<img" in part["tooltip"]["formatter"] for part in told)
    assert not any("{" in part["label"]["formatter"] for part in told)


def test_a_damaged_half_minute_leaves_the_numbers(workspace: Path) -> None:
    mine = run_like("tsak", workspace / "mine")
    (mine / "glimpse.json").write_text('{"signal": [], "said": {}}')
    at = opened("home")
    assert "damaged" in words(at) and "→" in at.metric[0].value
    (mine / "glimpse.json").write_text("{")
    assert not opened("home").get("echarts_chart")


def test_how_long_ago_is_told_in_one_unit() -> None:
    assert [home.ago(s) for s in (5, 70, 7200, 86_400 * 3)] == ["just now", "1 minute ago", "2 hours ago", "3 days ago"]


def test_a_job_that_ended_is_told_with_its_reason(workspace: Path) -> None:
    from stillroom_app.services import jobs

    name = jobs.start(["distil", "tsak", "--data", "nowhere", "--student-view", "a"])
    for _ in range(200):
        if jobs.look(name)["state"] in ("failed", "done"):
            break
        __import__("time").sleep(0.1)
    (told,) = home.lately()
    assert told["job"] == name and told["state"] == "failed" and told["ago"] == "just now"
    assert "What has changed" in [one.value for one in opened("home").subheader]


def test_the_first_minute_leads_from_play_to_one_s_own_data_with_nothing_to_type() -> None:
    at = opened("home")
    assert at.button(key="home_play").label == "Play the demo"
    links = {link.proto.label: link.proto for link in at.get("page_link")}
    assert list(links)[:3] == ["Take a sensor away", "Ask why", "Try my data"]
    steps = home.way(shown_demo())
    assert [step.page for step in steps] == ["playback", "playback", "playback", "datasets"]
    assert all(step.query["run"] == "demo:tsak" for step in steps[:3]) and steps[2].query["why"] == "true"


def test_the_sensor_taken_away_is_the_one_that_is_missed_most() -> None:
    step = home.way(shown_demo())[1]
    played = playback_of(Run(workspace.DEMO / "tsak"))
    assert played is not None
    kept = set(step.query["keep"].split(","))
    worths = {one.sensors: one.macro_f1 for one in played.sets if len(one.sensors) == len(played.sensors) - 1}
    assert len(kept) == len(played.sensors) - 1
    assert min(worths, key=lambda one: worths[one] or 0.0) == tuple(name for name in played.sensors if name in kept)


def test_a_run_that_cannot_play_without_a_sensor_leaves_the_way_to_the_demo(workspace: Path) -> None:
    mine = run_like("tsak-right-wrist", workspace / "mine")
    (found,) = (one for one in listing.runs() if one.folder == mine)
    assert home.way(found)[0].query == {"run": "demo:tsak"}
    keep_playback(Run(mine), playable.playback(20.0))
    assert home.way(found)[0].query == {"run": "mine"} and home.way(found)[0].label == "Play my run"
    (mine / PLAYBACK).write_bytes(b"damaged")
    assert home.way(found)[0].query == {"run": "demo:tsak"}


def shown_demo() -> Listed:
    found = home.shown(listing.runs())
    assert found is not None
    return found
