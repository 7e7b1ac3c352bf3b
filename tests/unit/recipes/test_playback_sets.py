"""Answers with sensors gone: of students by their own nets, else of one network with the rest at its mean."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import silent
from stillroom.explain.subsets import worth
from stillroom.models.bundle import load_model
from stillroom.recipes.estimating import estimates
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explain_sensors import has_estimator
from stillroom.recipes.playback_run import Played, build_playback
from stillroom.recipes.playback_sets import fitting, wanted_sets
from stillroom.runs.playback import Playback
from stillroom.runs.store import Run

from .explain_kit import Make, explainable
from .kit import never

SENSORS = ("right_wrist.acc", "right_wrist.gyro", "left_wrist.acc", "left_wrist.gyro")
ROLES = ("teacher", "alone")
Made = tuple[Experiment, Run, Run, Run]


@pytest.fixture(scope="module")
def made(experiment: Make, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run with a network for any of its sensors, and two more whose students have another sensor, and the same."""
    folder = tmp_path_factory.mktemp("sets")
    whole, run = explainable(experiment, folder / "run", *ROLES, fast=True)
    _, other = explainable(experiment, folder / "other", "alone", fast=True, student_view="left_wrist.*")
    _, same = explainable(experiment, folder / "same", "alone", fast=True, seed=1)
    build_playback(whole, run, Played(why=False, sets=True), emit=silent, stop=never)
    return whole, run, other, same


def played(made: Made, *others: Run, **asked: Any) -> tuple[Playback, list[str]]:
    return build_playback(made[0], made[1], Played(why=False, **asked), others, emit=silent, stop=never)


def row_of(shown: Playback, *sensors: str) -> int:
    (row,) = [row for row, one in enumerate(shown.sets) if set(one.sensors) == set(sensors)]
    return row


def windows_of(made: Made, shown: Playback, layout: Any) -> torch.Tensor:
    one = next(one for one in made[0].dataset.recordings if one.name == shown.recording)
    rows = [one.layout.names.index(name) for name in layout.names]
    begins = np.round((shown.start_s + shown.windows_s) * one.rate_hz).astype(int)
    return torch.from_numpy(np.stack([one.signal[rows, at : at + made[0].index.width] for at in begins]))


def asked(model: Any, x: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return torch.softmax(model(x).logits, dim=1).numpy()


def test_every_set_of_the_teacher_s_sensors_is_there_once_by_size(made: Made) -> None:
    shown, notes = played(made)
    assert [set(one.sensors) for one in shown.sets] == [set(one) for one in wanted_sets(SENSORS, ())] and not notes
    assert len(shown.sets) == 2 ** len(SENSORS) - 1 and shown.said.shape == (len(shown.sets), len(shown.windows_s))
    assert [one.of for one in shown.sets].count("student") == 1


def test_the_set_of_the_run_s_student_says_what_the_student_s_lane_says_with_its_measured_score(made: Made) -> None:
    shown, _ = played(made)
    row, scored = row_of(shown, *shown.own), made[1].report["alone"]
    one = shown.sets[row]
    assert (one.of, one.run, one.sensors) == ("student", "run", ("right_wrist.acc",))
    assert (one.macro_f1, one.low, one.high) == (scored["macro_f1"], scored["low"], scored["high"])
    assert shown.said[row].tolist() == shown.answers["alone"].argmax(axis=1).tolist()
    assert shown.share[row] == pytest.approx(shown.answers["alone"].max(axis=1), abs=1e-3)


@pytest.mark.parametrize("sensors", [SENSORS[1:2], SENSORS[1:3], SENSORS])
def test_an_estimate_is_the_network_of_the_person_s_fold_with_all_other_channels_at_its_mean(
    made: Made, sensors: tuple[str, ...]
) -> None:
    shown, _ = played(made)
    (fold,) = [fold for fold in made[0].folds if shown.unit in fold.units]
    network = Run(made[1].folder / "explain/estimator")
    model, provenance = load_model(network.part(fold.name, "teacher"))
    assert shown.unit not in {*provenance["train_people"], *provenance["validation_people"]}
    layout = model.interface.layout
    x = windows_of(made, shown, layout)
    gone = [place for place, channel in enumerate(layout) if channel.sensor not in sensors]
    x[:, gone] = model.members[0].mean[gone]
    direct, row = asked(model, x), row_of(shown, *sensors)
    assert shown.said[row].tolist() == direct.argmax(axis=1).tolist()
    assert shown.share[row] == pytest.approx(direct.max(axis=1), abs=1e-3)
    found = worth(estimates(made[0], network, "sensor"), frozenset(sensors), possible=(0.0, 1.0))
    one = shown.sets[row]
    assert (one.of, one.macro_f1, one.low, one.high) == ("estimate", found.mean, found.low, found.high)


def test_another_run_s_student_takes_the_place_of_the_estimate_and_answers_by_its_own_net(made: Made) -> None:
    shown, notes = played(made, made[2])
    row, other = row_of(shown, "left_wrist.acc", "left_wrist.gyro"), made[2]
    one, scored = shown.sets[row], other.report["alone"]
    assert (one.of, one.run, one.macro_f1, one.low) == ("student", "other", scored["macro_f1"], scored["low"])
    (fold,) = [fold for fold in made[0].folds if shown.unit in fold.units]
    model, provenance = load_model(other.part(fold.name, "alone"))
    assert shown.unit not in {*provenance["train_people"], *provenance["validation_people"]}
    direct = asked(model, windows_of(made, shown, model.interface.layout))
    assert shown.said[row].tolist() == direct.argmax(axis=1).tolist()
    assert shown.share[row] == pytest.approx(direct.max(axis=1), abs=1e-3)
    assert len(shown.sets) == 2 ** len(SENSORS) - 1 and not notes


def test_what_the_estimate_would_have_scored_stands_beside_a_student_s_score_and_nowhere_else(made: Made) -> None:
    shown, _ = played(made, made[2])
    known = estimates(made[0], Run(made[1].folder / "explain/estimator"), "sensor")
    for one in shown.sets:
        wanted = worth(known, frozenset(one.sensors), possible=(0.0, 1.0)).mean if one.of == "student" else None
        assert one.estimated == wanted
    assert [one.of for one in shown.sets].count("student") == 2


def test_of_two_students_with_the_same_sensors_the_first_stays_and_it_is_said(made: Made) -> None:
    shown, (note,) = played(made, made[3])
    assert [one.run for one in shown.sets if one.of == "student"] == ["run"]
    assert "same is left out: the student of run has the same sensors" in note


def test_without_the_network_only_students_are_there_and_it_is_said_and_nothing_is_trained(
    made: Made, tmp_path: Path
) -> None:
    bare = Run(Path(shutil.copytree(made[1].folder, tmp_path / "run", ignore=shutil.ignore_patterns("explain"))))
    shown, (note,) = build_playback(made[0], bare, Played(why=False), made[2:3], emit=silent, stop=never)
    assert [one.of for one in shown.sets] == ["student", "student"] and "--sets" in note
    assert not (bare.folder / "explain").exists()


def test_a_network_that_is_half_made_or_made_otherwise_is_none(made: Made, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made[1].folder / "explain/estimator", tmp_path / "estimator"))
    assert has_estimator(made[0], folder) and not has_estimator(made[0], tmp_path / "nothing")
    facts = json.loads((folder / "run.json").read_text())
    for change in ({"state": "stopped"}, {"key": "another"}):
        (folder / "run.json").write_text(json.dumps(facts | change))
        assert not has_estimator(made[0], folder)


def test_a_set_that_nobody_asked_about_has_no_score_unless_asked_for(made: Made, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(made[1].folder, tmp_path / "run")))
    (run.folder / "explain/estimator/estimates-sensor.json").unlink()
    again = (made[0], run, made[2], made[3])
    assert {one.macro_f1 for one in played(again)[0].sets if one.of == "estimate"} == {None}
    assert None not in {one.macro_f1 for one in played(again, sets=True)[0].sets}
    assert None not in {one.macro_f1 for one in played(again)[0].sets}, "what was asked was not kept"


def test_a_run_that_does_not_fit_is_refused_with_what_is_apart(made: Made, experiment: Make, tmp_path: Path) -> None:
    whole, run, other, _ = made
    for change, said in (
        ({"data_key": "x"}, "another data than run"),
        ({"index_key": "x"}, "another windows than run"),
        ({"protocol": "session"}, "another protocol than run"),
        ({"folds": 1}, "another number of folds than run"),
    ):
        folder = Path(shutil.copytree(other.folder, tmp_path / next(iter(change))))
        facts = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps({**facts, "asked": facts["asked"] | change}))
        with pytest.raises(InputError, match=said) as refused:
            fitting(whole, run, folder)
        assert str(folder) in refused.value.where
    _, teacher = explainable(experiment, tmp_path / "teacher", "teacher")
    with pytest.raises(InputError, match="no student"):
        fitting(whole, run, teacher.folder)
    narrow = experiment('only=["alone"]', teacher_view="right_wrist.acc.*", folds=2)
    with pytest.raises(InputError, match=r"its student needs left_wrist.acc.x, which no model of run has"):
        fitting(narrow, run, other.folder)
    assert fitting(whole, run, other.folder).folder == other.folder


def test_of_many_sensors_each_alone_each_left_out_all_and_the_students_are_taken() -> None:
    names = [f"site{number}.acc" for number in range(9)]
    found = wanted_sets(names, [frozenset(names[:3]), frozenset({"elsewhere.acc"})])
    assert [len(one) for one in found] == [1] * 9 + [8] * 9 + [9, 3] and len(set(found)) == len(found)
    assert len(wanted_sets(names[:8], ())) == 255


def test_a_stop_is_heard_between_sets_and_what_was_asked_is_kept(made: Made, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(made[1].folder, tmp_path / "run")))
    kept = run.folder / "explain/estimator/estimates-sensor.json"
    kept.unlink()
    counted = iter(range(10**6))
    with pytest.raises(StoppedError, match="stopped on request"):
        build_playback(
            made[0], run, Played(why=False, sets=True), emit=silent, stop=lambda: next(counted) > 8
        )  # fmt: skip
    assert 0 < len(json.loads(kept.read_text())) < 2 ** len(SENSORS) - 1
