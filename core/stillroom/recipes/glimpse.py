"""What a page shows of a run without opening its recordings: where its windows lie, and half a minute of somebody.

The half minute is chosen by a rule and not by its beauty: of the person (or stretch) whose score by the first model is
the median, the stretch of 30 s with the most different activities, the first of equals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stillroom.base.paths import whole_file, write_json
from stillroom.data.splits import Fold
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.roles import ALONE, FOREST, STUDENT, TEACHER, compared
from stillroom.runs.predictions import GLIMPSE, WINDOWS, Predictions, predictions_in
from stillroom.runs.store import Run
from stillroom.training.views import Ids

LENGTH_S, CHANNELS, POINTS = 30.0, 3, 1500
TRIED = 1000  # beginnings; of very long recordings not every window is tried
_ASKED = (STUDENT, ALONE, FOREST, TEACHER)  # whose median decides: the first that the run has


def keep_glimpse(experiment: Experiment, run: Run, report: dict[str, Any]) -> None:
    """Writes `windows.npz` and `glimpse.json` into a run whose models are done.

    Args:
        experiment: of the run.
        run: where they go.
        report: what it found.

    Raises:
        StorageError: the disk refuses.
    """
    index = experiment.index
    where = {
        "recording": index.recording,
        "start_s": (index.start - index.offsets[index.recording]) / index.rate_hz,
        "names": np.array([recording.name for recording in experiment.dataset.recordings]),
        "window_s": np.array(index.width / index.rate_hz),
    }
    with whole_file(run.folder / WINDOWS) as beside, beside.open("wb") as file:
        np.savez_compressed(file, **where)  # type: ignore[arg-type]
    write_json(run.folder / GLIMPSE, build_glimpse(experiment, run, report))


def build_glimpse(experiment: Experiment, run: Run, report: dict[str, Any]) -> dict[str, Any]:
    """Half a minute of the person with the median score: signal, what was done, what the models said."""
    roles = compared(experiment.recipe)
    median = deciding(roles)
    unit = median_of(report[median]["per_person"])
    said = {role: _said(experiment, run, role, unit) for role in (TEACHER, STUDENT, ALONE) if role in roles}
    said = said or {median: _said(experiment, run, median, unit)}
    ids = _stretch(experiment, next(iter(said.values())).ids)
    index, layout = experiment.index, experiment.student.layout
    first = int(index.start[ids[0]])
    last = int(index.start[ids[-1]]) + index.width
    shown = list(layout.names)[:CHANNELS]
    step = max(1, -(-(last - first) // POINTS))
    signal = experiment.bank.view(layout).signal[:CHANNELS, first:last:step]
    recording = int(index.recording[ids[0]])
    classes, from_s = index.classes, first / index.rate_hz - index.offsets[recording] / index.rate_hz
    return {
        "unit": unit,
        "recording": experiment.dataset.recordings[recording].name,
        "median_of": median,
        "start_s": round(from_s, 3),
        "rate_hz": index.rate_hz / step,
        "window_s": index.width / index.rate_hz,
        "channels": [{"name": name, "unit": channel.unit} for name, channel in zip(shown, layout, strict=False)],
        "signal": np.round(signal.astype(float), 3).tolist(),
        "windows_s": np.round((index.start[ids] - first) / index.rate_hz, 3).tolist(),
        "truth": [classes[code] for code in index.label[ids]],
        "said": {
            role: [classes[code] for code in one.said[np.searchsorted(one.ids, ids)]] for role, one in said.items()
        },
    }


def deciding(roles: Sequence[str]) -> str:
    """The model whose median score chooses the person: of a run's models the first of student, alone, forest, teacher.

    Args:
        roles: that the run has, one at least.
    """
    return next(role for role in (*_ASKED, *roles) if role in roles)


def median_of(scores: Mapping[str, float]) -> str:
    """Who has the median score; of an even number the lower one of the two in the middle.

    Args:
        scores: by person or stretch, one at least.
    """
    ordered = sorted(scores, key=lambda name: (scores[name], name))
    return ordered[(len(ordered) - 1) // 2]


def _said(experiment: Experiment, run: Run, role: str, unit: str) -> Predictions:
    found = predictions_in(run, role, [fold.name for fold in folds_of(experiment, unit)])
    return found.of(unit)


def folds_of(experiment: Experiment, unit: str) -> list[Fold]:
    """The folds that test a person or stretch."""
    return [fold for fold in experiment.folds if unit in fold.units]


def _stretch(experiment: Experiment, ids: Ids) -> Ids:
    """The windows of the 30 s of one recording with the most activities; of the whole of it where that is shorter."""
    index = experiment.index
    reach = max(0.0, LENGTH_S - index.width / index.rate_hz) * index.rate_hz
    best, most = ids[:1], 0
    for first in ids[:: max(1, len(ids) // TRIED)]:
        inside = (index.recording[ids] == index.recording[first]) & (ids >= first)
        found = ids[inside & (index.start[ids] <= index.start[first] + reach)]
        kinds = len({*index.label[found].tolist()})
        longer = kinds == most and len(found) > len(best) and len(best) < 3
        if kinds > most or longer:
            best, most = found, kinds
    return best
