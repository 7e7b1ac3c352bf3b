"""Which students may stand together, which is picked, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.app.made import marked, run_like

from stillroom.data.splits import LEAK_WARNING
from stillroom.evaluation.gain import paired_gain
from stillroom.runs.query import differences
from stillroom_app.services import comparing, listing, pairing
from stillroom_app.services.workspace import DEMO


def field_of(folder: Path, *chosen: str) -> comparing.Field:
    listed = listing.runs(folder)
    anchor = comparing.anchor_of(listed, chosen)
    assert anchor is not None
    return comparing.field_of(anchor, listed, listing.studies(folder))


def test_without_a_run_of_one_s_own_the_demo_is_what_others_are_held_against(workspace: Path) -> None:
    found = field_of(workspace)
    assert found.anchor.name == "demo:tsak" and not found.left_out
    titles = [point.title for point in found.points]
    assert "demo:tsak" in titles and "demo:tsak, 43 % of it" in titles and "right wrist gyro" in titles
    assert {point.role for point in found.points} == {"student", "alone"}


def test_one_s_own_latest_takes_its_place_and_a_named_run_before_it(workspace: Path) -> None:
    run_like("tsak", workspace / "mine")
    assert field_of(workspace).anchor.name == "mine"
    assert field_of(workspace, "demo:smldist").anchor.name == "demo:smldist"
    assert field_of(workspace, "no such run").anchor.name == "mine"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"data_key": "x"}, "other recordings"),
        ({"index_key": "x"}, "cut or labelled"),
        ({"protocol": "person"}, "protocol"),
    ],
)
def test_a_run_on_something_else_is_left_out_with_the_reason(workspace: Path, asked: dict[str, str], why: str) -> None:
    run_like("tsak", workspace / "other", **asked)
    found = field_of(workspace, "demo:tsak")
    assert why in found.left_out["other"] and "other" not in [point.run for point in found.points]
    one, other = (next(x for x in listing.runs(workspace) if x.name == name) for name in ("demo:tsak", "other"))
    assert differences(one.run, other.run)  # the command line refuses it as well


def test_other_tested_people_are_refused(workspace: Path) -> None:
    folder = run_like("tsak", workspace / "fewer")
    report = json.loads((folder / "report.json").read_text())
    del report["student"]["per_person"]["p01"]
    (folder / "report.json").write_text(json.dumps(report))
    assert field_of(workspace, "demo:tsak").left_out == {"fewer": "only one of them tested p01"}


def test_a_run_that_is_not_done_is_no_point(workspace: Path) -> None:
    marked(run_like("tsak", workspace / "half"), "stopped")
    assert "half" not in [point.run for point in field_of(workspace).points]


def test_a_study_of_sensors_stands_with_what_it_was_measured_on_alone(workspace: Path) -> None:
    (study,) = listing.studies(workspace)
    listed = listing.runs(workspace)
    anchor = next(one for one in listed if one.name == "demo:tsak")
    points = comparing.field_of(anchor, listed, [study]).points
    assert sum(point.role == "alone" for point in points) == len(study.table) == 24
    for changed, why in (({}, "before it kept"), ({**study.on, "data_key": "x"}, "other windows or people")):
        found = comparing.field_of(anchor, listed, [replace(study, on=changed)])
        assert why in found.left_out["demo:sensors"]


def point(name: str, score: float, **costs: float) -> comparing.Point:
    people = {"a": score - 0.1, "b": score + 0.1}
    return comparing.Point(name, name, "student", "yours", score, None, None, people, costs, fast=True)


def test_the_cheapest_within_so_many_points_is_picked_and_held_against_the_best() -> None:
    points = [point("best", 0.80, channels=9), point("near", 0.795, channels=3), point("far", 0.70, channels=1)]
    pick = comparing.picked(points, "channels", 1.0)
    assert pick is not None and (points[pick.place].name, points[pick.best].name, pick.rivals) == ("near", "best", 2)
    assert pick.apart == paired_gain(points[0].per_person, points[1].per_person).sentence("taking it")
    assert comparing.picked(points, "channels", 0.0) == comparing.Pick(0, 0, 1, "")
    assert comparing.picked(points, "channels", 10.0).place == 2
    assert comparing.picked([], "channels", 1.0) is None


def test_a_budget_keeps_what_is_known_to_cost_no_more() -> None:
    points = [
        point("a", 0.8, channels=9, size_kb=80),
        point("b", 0.7, channels=3, size_kb=90),
        point("c", 0.6, channels=3),
    ]
    assert comparing.within(points, {"channels": 3}) == [False, True, True]
    assert comparing.within(points, {"channels": 9, "size_kb": 85}) == [True, False, False]
    assert comparing.known_costs(points) == ["channels", "size_kb"]


def test_latency_is_a_cost_with_the_computer_s_name(workspace: Path) -> None:
    found = field_of(workspace)
    (tsak,) = (point for point in found.points if point.run == "demo:tsak")
    told = json.loads((DEMO / "tsak" / "cost.json").read_text())
    measured = [
        row["value"] for row in told["figures"]
        if (row["model"], row["quantity"], row["runtime"], row.get("threads"), row.get("batch"))
        == ("student", "latency", "onnxruntime", 1, 1)
    ]  # fmt: skip
    assert tsak.costs["latency_ms"] == measured[0]
    assert (
        found.axis("latency_ms") == "ms for a window, on the demo's computer" and found.axis("channels") == "channels"
    )


def test_latencies_of_two_computers_never_stand_in_one_picture(workspace: Path) -> None:
    for name, cpu in (("one", "A"), ("same", "A"), ("other", "B")):
        folder = run_like("tsak", workspace / name)
        told = json.loads((folder / "cost.json").read_text())
        told["host"]["cpu"] = cpu
        (folder / "cost.json").write_text(json.dumps(told))
    found = field_of(workspace, "one")
    timed = {point.run for point in found.points if "latency_ms" in point.costs}
    assert timed == {"one", "same"} and found.axis("latency_ms").endswith("on another computer")
    (workspace / "one" / "cost.json").unlink()
    assert "latency_ms" not in comparing.known_costs(field_of(workspace, "one").points)


@pytest.mark.parametrize(
    ("fast", "said"), [([False], ""), ([True, True], ", fast setting"), ([True, False], ", some by the fast setting")]
)
def test_an_origin_tells_who_was_tested_and_what_stands_against_it(fast: list[bool], said: str) -> None:
    facts = {"data_title": "Line", "protocol": "random:5", "n": 10, "units": "people", "warning": "", "pilot": False}
    assert comparing.origin(facts, fast) == f"Measured: Line, random:5, 10 people tested{said}"
    leaks = comparing.origin({**facts, "n": 1, "units": "stretches", "warning": LEAK_WARNING, "pilot": True}, fast)
    assert leaks == f"Measured: Line, random:5, 1 stretch tested{said}, split at random, a pilot, not a proof"


def test_the_windows_behind_a_cell_are_those_that_one_alone_called_so(workspace: Path) -> None:
    listed = {one.name: one for one in listing.runs(workspace)}
    pair = pairing.pair_of(listed["demo:tsak"], listed["demo:tsak-wrist-acc-gyro"])
    done, said = "pick items", "insert items"
    rows, count = pair.examples(done, said, ("one", "two"))
    assert count == len(rows) > 0
    assert ((rows["one"] == said) != (rows["two"] == said)).all()
    change = pair.confusion()[pair.classes.index(done), pair.classes.index(said)]
    of = (pair.one.truth == pair.classes.index(done)).sum()
    assert change * of == pytest.approx((rows["two"] == said).sum() - (rows["one"] == said).sum())
    few, all_ = pair.examples(done, said, ("one", "two"), most=3)
    assert (len(few), all_) == (3, count)


def test_settings_that_differ_are_told_run_by_run(workspace: Path) -> None:
    listed = {one.name: one for one in listing.runs(workspace)}
    rows = comparing.differing_settings([listed["demo:tsak"], listed["demo:tsak-left-acc"]])
    assert rows == [
        {"setting": "student_view", "demo:tsak": "right_wrist.acc.*", "demo:tsak-left-acc": "left_wrist.acc.*"}
    ]
