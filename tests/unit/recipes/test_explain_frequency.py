"""Bands removed and a lower cut-off: as recorded is what the report says, and recordings are filtered one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from stillroom.base.errors import StoppedError
from stillroom.base.events import Event, silent
from stillroom.evaluation.people import per_person
from stillroom.models.bundle import load_model
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explain_frequency import cut_off, densities, explain_frequency, mean_coherence
from stillroom.runs.store import Run
from stillroom.signal.filters import low_pass

from .explain_kit import Make, explainable, poisoned
from .kit import never

ROLES = ("teacher", "student")
Found = tuple[Experiment, Run]


@pytest.fixture(scope="module")
def made(experiment: Make, tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("frequency") / "run"
    return explainable(experiment, folder, "teacher", "semantic", "student", "alone")


def asked(experiment: Experiment, run: Run, stop: Any = never) -> dict[str, Any]:
    return explain_frequency(experiment, run, windows=12, seed=0, emit=silent, stop=stop)


@pytest.fixture(scope="module")
def told(made: Found) -> dict[str, Any]:
    return asked(*made)


def by_hand(made: Found, cut_hz: float) -> dict[str, float]:
    """Each tested person's macro-F1 by their fold's teacher, on their recording filtered by itself."""
    experiment, run = made
    index, layout, scores = experiment.index, experiment.teacher.layout, {}
    for fold in experiment.folds:
        number = next(n for n, one in enumerate(experiment.dataset.recordings) if one.person == fold.name)
        recording = experiment.dataset.recordings[number]
        signal = recording.signal[recording.layout.indices_of(layout)]
        filtered = low_pass(signal, index.rate_hz, cut_hz, np.array([[0, signal.shape[1]]]))
        starts = index.start[fold.test] - index.offsets[number]
        x = torch.from_numpy(np.stack([filtered[:, at : at + index.width] for at in starts]))
        with torch.no_grad():
            said = load_model(run.part(fold.name, "teacher"))[0].eval()(x).logits.argmax(dim=1).numpy()
        (found,) = per_person(index.label[fold.test], said, fold.units, index.classes).values()
        scores[fold.name] = found.macro_f1
    return scores


def test_as_recorded_both_models_score_what_the_run_s_report_says(made: Found, told: dict[str, Any]) -> None:
    *cut, whole = told["cut_off"]
    assert whole["cut_hz"] is None and set(whole) == {"cut_hz", *ROLES}
    for role in ROLES:
        report = made[1].report[role]
        assert whole[role] == {name: report[name] for name in ("macro_f1", "low", "high", "per_person")}
    assert [point["cut_hz"] for point in cut] == [0.5, 1.0, 2.0, 3.0, 4.0, 6.0]  # of 10 Hz, .8 at most


def test_a_cut_is_scored_on_recordings_that_were_filtered_each_by_itself(made: Found) -> None:
    experiment, run = made
    told = cut_off(experiment, run, ROLES, emit=silent, stop=never, cuts_hz=[1.0])
    assert [point["cut_hz"] for point in told] == [1.0, None]
    others = poisoned(experiment, "p1", "p2")
    assert cut_off(others, run, ROLES, emit=silent, stop=never, cuts_hz=[1.0]) == told
    assert told[0]["teacher"]["per_person"] == pytest.approx(by_hand(made, 1.0))
    assert told[0]["teacher"] != told[1]["teacher"]


def test_bands_are_told_by_sensor_and_activity_for_teacher_and_student(made: Found, told: dict[str, Any]) -> None:
    experiment = made[0]
    for role, face in (("teacher", experiment.teacher), ("student", experiment.student)):
        found = told["bands"][role]
        shape = (len(face.layout.sensors), len(found["bands"]))
        assert found["sensors"] == list(face.layout.sensors) and np.shape(found["falls"]) == shape
        assert {name: np.shape(falls) for name, falls in found["classes"].items()} == dict.fromkeys(
            experiment.index.classes, shape
        )
        mean = np.mean(list(found["classes"].values()), axis=0)
        np.testing.assert_allclose(found["falls"], mean, atol=1e-6)  # as many windows of each activity were drawn
        for parts in found["amplitudes"].values():
            assert [part["name"] for part in parts] == found["bands"]
            assert sum(part["importance"] for part in parts) == pytest.approx(1)
    assert "alone" not in told["bands"]


def test_nobody_else_s_recording_changes_what_the_models_need(made: Found, told: dict[str, Any]) -> None:
    experiment, run = made
    assert asked(poisoned(experiment, "p1", "p2"), run) == told


def test_densities_and_coherence_are_of_the_teacher_s_channels(made: Found) -> None:
    experiment = made[0]
    hertz, found = densities(experiment)
    assert list(found) == list(experiment.index.classes) and hertz[-1] == 10.0
    brisk = found["brisk"].mean[experiment.teacher.layout.names.index("right_wrist.acc.x")]
    assert 2.9 < hertz[brisk.argmax()] < 3.8, "3 Hz, and 5 % more with each person's number"
    found = mean_coherence(experiment)
    assert found is not None
    coherent, chance = found
    channels = len(experiment.teacher.layout)
    assert coherent.shape == chance.shape == (channels, channels, len(hertz))
    assert min(coherent.min(), chance.min()) >= 0 and max(coherent.max(), chance.max()) <= 1 + 1e-9
    np.testing.assert_allclose(coherent, coherent.transpose(1, 0, 2), atol=1e-9)


def test_coherence_by_chance_is_told_beside_it_and_short_stretches_have_neither(made: Found, make_dataset: Any) -> None:
    experiment = made[0]
    names = experiment.teacher.layout.names
    coherent, chance = mean_coherence(replace(experiment, dataset=make_dataset(seconds=40.0))) or pytest.fail("none")
    brisk = 13  # 3.25 Hz, of four seconds each
    twins, strangers = (
        (names.index("right_wrist.acc.x"), names.index(other)) for other in ("right_wrist.acc.y", "left_wrist.gyro.z")
    )
    assert coherent[twins][brisk] > 0.9 and coherent[twins][brisk] > 3 * chance[twins][brisk]
    assert coherent[strangers].mean() == pytest.approx(chance[strangers].mean(), rel=0.3)
    np.testing.assert_allclose(coherent[range(len(names)), range(len(names))], 1)
    assert chance[range(len(names)), range(len(names))].max() < 0.9, "turned, a channel is no longer itself"
    assert mean_coherence(replace(experiment, dataset=make_dataset(seconds=9.9))) is None


def test_progress_is_told_and_a_stop_is_heard(made: Found) -> None:
    heard: list[Event] = []
    cut_off(*made, ["student"], emit=heard.append, stop=never, cuts_hz=[1.0])
    said = [(event.data["part"], event.data["done"]) for event in heard if event.kind == "explain.cut_off"]
    assert said == [("cut above 1 Hz", 0), ("as recorded", 1)]
    with pytest.raises(StoppedError, match="stopped on request"):
        cut_off(*made, ["student"], emit=silent, stop=lambda: True, cuts_hz=[1.0])
    with pytest.raises(StoppedError):
        asked(*made, stop=lambda: True)
