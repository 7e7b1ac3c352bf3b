"""What stands beside an estimate: only truth that was tested alike, with its source; what is damaged is named."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.app.sensors_kit import NAMES, PEOPLE, SENSORS, make_run, make_study, mine, sets_part

from stillroom.base.paths import write_json
from stillroom_app.services import estimates, measured, sensor_studies, workspace
from stillroom_app.services.estimates import Estimates


@pytest.fixture
def asked(workspace: Path) -> Estimates:
    make_run(workspace / "mine", part=sets_part())
    return mine()


def workspace_service() -> Any:
    return workspace


def _of_left(like: Estimates | None) -> list[measured.Measured]:
    """What was measured for the left wrist's accelerometer, beside some estimates."""
    return measured.of_set(frozenset(NAMES[2:]), SENSORS, [], measured.trained("factory", []), like)


def test_nothing_of_the_demos_stands_beside_estimates_of_ones_own(
    asked: Estimates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = make_run(tmp_path / "demo/shown", part=sets_part(), student_view="left_wrist.acc.*").parent
    monkeypatch.setattr(workspace_service(), "DEMO", demo)
    assert _of_left(asked) == []
    shown = next(one for one in estimates.for_data("factory", []).estimates if one.whose == "demo")
    assert [one.source for one in _of_left(shown)] == ["demo fast run shown"] * 2


@pytest.mark.parametrize(
    "other",
    [{"data_key": "d2"}, {"index_key": "w2"}, {"protocol": "random:5"}, {"people": PEOPLE[1:]}, {"data_key": None}],
)
def test_only_what_was_tested_alike_stands_beside_an_estimate(
    workspace: Path, asked: Estimates, other: dict[str, Any]
) -> None:
    make_run(workspace / "left", student_view="left_wrist.acc.*")
    make_run(workspace / "apart", student_view="left_wrist.acc.*", **other)
    assert {one.where for one in _of_left(asked)} == {"left"}
    kept, runs = frozenset(NAMES[2:]), measured.trained("factory", [])
    assert measured.set_aside(kept, SENSORS, [], runs, asked) == ["fast run apart"]
    assert len({one.where for one in _of_left(None)}) == 1  # without an estimate the rows must still agree


@pytest.mark.parametrize("other", [{"index_key": "w2"}, {"data_key": None}])
def test_a_study_stands_beside_an_estimate_where_it_was_tested_alike(
    workspace: Path, asked: Estimates, other: dict[str, Any]
) -> None:
    make_study(workspace / "same")
    make_study(workspace / "apart", **other)
    studies = [one for one in sensor_studies.studies() if one.whose == "yours"]
    found = measured.of_set(frozenset(NAMES[:2]), SENSORS, studies, [], asked)
    assert [one.source for one in found] == ["study same"]
    alone = estimates.of_study(next(one for one in studies if one.name == "apart"))
    own = measured.of_set(frozenset(NAMES[:2]), SENSORS, studies, [], alone)
    assert [one.source for one in own] == ["study apart"]  # what it measured itself is its truth


def test_the_fast_setting_is_said_of_what_was_measured(workspace: Path, asked: Estimates) -> None:
    make_run(workspace / "left", student_view="left_wrist.acc.*")
    report = json.loads((workspace / "left/report.json").read_text())
    assert {one.source for one in _of_left(asked)} == {"fast run left"}
    (workspace / "left/report.json").write_text(json.dumps({**report, "fast": False}))
    assert {one.source for one in _of_left(asked)} == {"run left"}


def test_a_set_is_measured_on_the_windows_and_classes_that_its_estimate_is_of(workspace: Path) -> None:
    windows = {"window_s": 9.0, "stride_s": 1.5, "purity": 0.7, "min_windows": 3}
    other: dict[str, Any] = {
        "drop_class": ["idle", "wave"],
        "folds": 2,
        "track": "hand",
        "leaks_known": True,
        "seed": 4,
    }
    make_run(workspace / "mine", part=sets_part(), windows=windows, **other)
    words = " ".join(measured.distil_words(frozenset(NAMES[:1]), SENSORS, "factory", mine(), fast=True))
    same = "--window-s 9.0 --stride-s 1.5 --purity 0.7 --min-windows 3 --drop-class idle --drop-class wave --track hand"
    for part in (same, "--folds 2", "--i-know-it-leaks", "--seed 4", "--teacher "):
        assert part in words
    many = " ".join(measured.study_words("d", "factory", SENSORS, "sensor", mine(), fast=True))
    assert same in many
    assert "--i-know-it-leaks" in many


def test_a_teacher_is_not_reused_where_it_is_not_known_what_it_learned_from(asked: Estimates) -> None:
    unknown = replace(asked, asked={name: value for name, value in asked.asked.items() if name != "windows"})
    assert "--teacher" not in measured.distil_words(frozenset(NAMES[:1]), SENSORS, "factory", unknown, fast=True)


def test_a_study_asked_for_otherwise_gets_a_folder_of_its_own(workspace: Path, asked: Estimates) -> None:
    def folder(fast: bool = True) -> str:
        return Path(measured.study_words("d", "factory", SENSORS, "sensor", asked, fast=fast)[-1]).name

    plan: dict[str, Any] = {
        "data": "factory", "protocol": "persons:4", "window_s": 4.0, "stride_s": 2.0, "fast": True, "by": "sensor",
        "seeds": 1, "at_most": 31,
    }  # fmt: skip
    write_json(workspace / folder() / "plan.json", {"kind": "sensors", "asked": plan})
    assert folder() == "sensors-d-by-sensor-fast"  # the same command goes on with it
    write_json(workspace / folder() / "plan.json", {"kind": "sensors", "asked": {**plan, "window_s": 9.0}})
    assert folder() == "sensors-d-by-sensor-fast-2"


@pytest.mark.parametrize(
    ("file", "text"),
    [("report.json", "{ no"), ("report.json", "{}"), ("run.json", ""), ("explain/sets.json", "{"),
     ("explain/sets.json", None)],
)  # fmt: skip
def test_one_damaged_run_is_left_out_and_named(workspace: Path, asked: Estimates, file: str, text: str | None) -> None:
    make_run(workspace / "hurt", part=sets_part())
    if text is None:
        part = sets_part()
        del part["subsets"][0]["mean"]
        text = json.dumps({"told": part})
    (workspace / "hurt" / file).write_text(text)
    found, left = estimates.for_data("factory", [])
    assert [one.name for one in found if one.whose == "yours"] == [asked.name]
    assert list(left) == ["hurt"]
    assert left["hurt"]


@pytest.mark.parametrize("damage", ["share", "dropped", "price", "people"])
def test_what_a_page_would_stumble_over_shows_when_it_is_read(workspace: Path, damage: str) -> None:
    make_run(workspace / "hurt", part=sets_part())
    part = deepcopy(sets_part())
    if damage == "share":
        del part["shapley"]["shares"][0]["group"]
    if damage == "dropped":
        part["dropped"][1]["low"] = "none"
    if damage == "price":
        del part["suggested"]["price"]["of"][NAMES[0]]
    if damage == "people":
        (workspace / "hurt/report.json").write_text(json.dumps({"models": ["alone"], "alone": {"per_person": 3}}))
    write_json(workspace / "hurt/explain/sets.json", {"told": part})
    assert list(estimates.for_data("factory", []).left) == ["hurt"]


@pytest.mark.parametrize("file", ["table.json", "calibration.json"])
@pytest.mark.parametrize("text", ["{ cut", '{"table": [{"sensors": []}], "calibration": {"estimate": {}}}'])
def test_one_damaged_study_is_left_out_and_named(workspace: Path, file: str, text: str) -> None:
    make_study(workspace / "hurt")
    (workspace / "hurt" / file).write_text(text)
    found, left = estimates.for_data("factory", sensor_studies.studies())
    assert "hurt" not in [one.name for one in found]
    assert list(left) == ["hurt"]


def test_estimates_are_not_said_to_be_measured(workspace: Path, asked: Estimates) -> None:
    assert asked.origin.startswith("Estimated here: ")
    assert asked.beside.startswith("Measured here: ")
    make_study(workspace / "many")
    study = next(one for one in sensor_studies.studies() if one.whose == "yours")
    of_study = estimates.of_study(study)
    assert of_study is not None
    assert of_study.origin.startswith("Estimated here: ")
    assert study.origin() == "Measured here: factory, persons:4, 4 people tested, study many"
    shown = replace(study, name="demo:many")
    assert shown.origin() == "Measured for the demo: factory, persons:4, 4 people tested, study many"


def test_stretches_of_a_recording_are_not_called_people(workspace: Path) -> None:
    folder = make_study(workspace / "many")
    plan = json.loads((folder / "plan.json").read_text())
    plan["asked"]["protocol"] = "blocks:4"
    write_json(folder / "plan.json", plan)
    study = next(one for one in sensor_studies.studies() if one.whose == "yours")
    of_study = estimates.of_study(study)
    assert of_study is not None
    assert of_study.units == "stretches"
    assert "4 stretches tested" in of_study.origin
    assert measured.of_set(frozenset(NAMES[:2]), SENSORS, [study], [])[0].units == "stretches"


def test_what_did_not_keep_on_what_it_was_tested_stands_beside_its_own_alone(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part(), data_key=None, student_view="left_wrist.acc.*")
    make_run(workspace / "other", data_key=None, student_view="left_wrist.acc.*")
    assert {one.where for one in _of_left(mine())} == {"mine"}


def test_a_student_of_one_axis_is_not_the_truth_of_its_sensor(workspace: Path, asked: Estimates) -> None:
    make_run(workspace / "axis", student_view="left_wrist.acc.*")
    report = json.loads((workspace / "axis/report.json").read_text())
    (workspace / "axis/report.json").write_text(json.dumps({**report, "student_view": ["left_wrist.acc.x"]}))
    assert _of_left(asked) == []
