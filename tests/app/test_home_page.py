"""Home: never empty, one's own run before the demo, and every number the report's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.app.kit import opened, words
from tests.app.made import marked, run_like

from stillroom.figures.theme import LIGHT
from stillroom.runs.store import Run
from stillroom_app.components.glimpse import spec_of
from stillroom_app.services import home, workspace


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


def test_tiles_tell_teacher_and_student_with_the_interval(report: dict[str, Any]) -> None:
    tiles = {tile.label: tile for tile in home.tiles(report, None)}
    teacher, student = report["teacher"], report["student"]
    assert tiles["Channels"].value == "18 → 3" and tiles["Channels"].change == "6 times fewer"
    assert tiles["Macro-F1"].value == f"{teacher['macro_f1']:.2f} → {student['macro_f1']:.2f}"
    assert f"({student['low']:.2f} to {student['high']:.2f})" in tiles["Macro-F1"].change
    assert tiles["Macro-F1"].better is False and "Latency" not in tiles
    report["student"]["low"] = report["student"]["high"] = None
    assert "(" not in {tile.label: tile for tile in home.tiles(report, None)}["Macro-F1"].change


def test_latency_is_told_where_it_was_measured(report: dict[str, Any]) -> None:
    cost = json.loads((workspace.DEMO / "tsak" / "cost.json").read_text())
    tile = home.tiles(report, cost)[-1]
    assert tile.label == "Latency" and "µs" in tile.value and "times faster" in tile.change


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
