"""What a run keeps to be looked at without its recordings: where its windows lie, and half a minute of somebody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.base.events import silent
from stillroom.recipes.distil import distil
from stillroom.runs.predictions import GLIMPSE, WINDOWS, glimpse_of, places_of, predictions_in, predictions_of
from stillroom.runs.store import Run

from .kit import never


@pytest.fixture(scope="module")
def made(experiment, tmp_path_factory: pytest.TempPathFactory):
    whole = experiment()
    folder = tmp_path_factory.mktemp("glimpse") / "run"
    distil(whole, folder, resume=False, emit=silent, stop=never)
    return whole, Run(folder)


def test_every_window_s_place_is_that_of_the_index(made) -> None:
    whole, run = made
    index, places = whole.index, places_of(run)
    assert places is not None and places.window_s == index.width / index.rate_hz
    for number in range(len(index)):
        recording = whole.dataset.recordings[places.recording[number]]
        assert places.names[places.recording[number]] == recording.name
        first = round(places.start_s[number] * index.rate_hz)
        assert index.offsets[index.recording[number]] + first == index.start[number]


def test_predictions_are_of_all_folds_in_the_order_of_windows(made) -> None:
    whole, run = made
    found = predictions_of(run, "student")
    tested = np.sort(np.concatenate([fold.test for fold in whole.folds]))
    assert found.ids.tolist() == tested.tolist()
    assert found.truth.tolist() == whole.index.label[tested].tolist()
    assert set(found.unit) == set(run.report["student"]["per_person"])
    counts = np.asarray(run.report["student"]["confusion"])
    codes = found.truth * len(counts) + found.said
    assert np.bincount(codes, minlength=counts.size).reshape(counts.shape).tolist() == counts.tolist()


def test_the_half_minute_shows_the_recorded_signal_and_what_each_model_said(made) -> None:
    whole, run = made
    glimpse, places = glimpse_of(run), places_of(run)
    assert glimpse is not None and places is not None
    scores = run.report["student"]["per_person"]
    ordered = sorted(scores, key=lambda who: (scores[who], who))
    assert glimpse["unit"] == ordered[(len(ordered) - 1) // 2]
    recording = next(one for one in whole.dataset.recordings if one.name == glimpse["recording"])
    first = round(glimpse["start_s"] * whole.index.rate_hz)
    rows = recording.layout.indices_of(whole.student.layout)[: len(glimpse["signal"])]
    for row, shown in zip(rows, glimpse["signal"], strict=True):
        assert shown == pytest.approx(recording.signal[row, first : first + len(shown)], abs=1e-3)
    number = places.names.index(glimpse["recording"])
    for role, said in glimpse["said"].items():
        found = predictions_of(run, role)
        for at, label in zip(glimpse["windows_s"], said, strict=True):
            near = np.isclose(places.start_s[found.ids], glimpse["start_s"] + at)
            place = np.flatnonzero((places.recording[found.ids] == number) & near)
            assert [whole.index.classes[code] for code in found.said[place]] == [label], role


def test_a_run_of_an_earlier_version_has_neither_and_a_damaged_file_is_named(made, tmp_path: Path) -> None:
    bare = Run(tmp_path)
    assert places_of(bare) is None and glimpse_of(bare) is None
    (tmp_path / WINDOWS).write_bytes(b"PK no zip")
    with pytest.raises(InputError, match="damaged"):
        places_of(bare)
    (tmp_path / GLIMPSE).write_text("[]")
    assert glimpse_of(bare) is None


def test_folds_in_any_order_give_the_windows_in_theirs(tmp_path: Path) -> None:
    for fold, ids in (("b", [0, 3]), ("a", [1, 2])):
        folder = Run(tmp_path).part(fold, "student")
        folder.mkdir(parents=True)
        shares = np.eye(4, dtype=np.float16)[ids]
        np.savez(folder / "predictions.npz", ids=ids, truth=[0, 0], unit=[fold, fold], probabilities=shares)
    for order in (["a", "b"], ["b", "a"]):
        found = predictions_in(Run(tmp_path), "student", order)
        assert found.said.tolist() == found.ids.tolist() == [0, 1, 2, 3] and "".join(found.unit) == "baab"
