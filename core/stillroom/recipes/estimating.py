"""What any set of sensors would be worth: a run of `any_subset`, asked with all other sensors at rest.

Each fold's network is asked about that fold's tested windows; with folds of people each person is so estimated by a
network that never saw them, with any other protocol not. Where a unit is tested in several folds, its scores are
averaged.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from stillroom.base.events import Emit, silent
from stillroom.base.paths import read_json, write_json
from stillroom.explain.ablation import Windows, subset_value
from stillroom.explain.groups import Level, channels_of
from stillroom.explain.subsets import Remembered, Subset, Value
from stillroom.models.bundle import load_model
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explained import Explained
from stillroom.recipes.roles import TEACHER
from stillroom.runs.store import Run


def estimates(
    experiment: Experiment,
    run: Run,
    by: Level,
    *,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Remembered:
    """The macro-F1 of each tested unit with any subset of sites or sensors; what was asked before is read back.

    Args:
        experiment: of the run.
        run: a finished one of the recipe `any_subset`.
        by: `site` or `sensor`.
        emit: hears of progress.
        stop: asked before each batch.
    """
    values = [_fold_value(experiment, run, number, by, emit, stop) for number in range(len(experiment.folds))]

    def value(subset: Subset) -> dict[str, float]:
        found: dict[str, list[float]] = {}
        for one in values:
            for unit, score in one(subset).items():
                found.setdefault(unit, []).append(score)
        return {unit: float(np.mean(scores)) for unit, scores in found.items()}

    kept = _kept(run, by)
    return Remembered.from_list(value, read_json(kept)) if kept.exists() else Remembered(value)


def keep(run: Run, by: Level, known: Remembered) -> None:
    """Writes down what was asked."""
    write_json(_kept(run, by), known.as_list())


def tested_windows(experiment: Experiment, one: Explained) -> Windows:
    """The windows that a model's fold tests, by unit."""
    index, fold = experiment.index, one.fold

    def give(ids: NDArray[np.int64]) -> Tensor:
        return one.windows(experiment, ids)

    label, who = index.label[fold.test], index.person_names(fold.test)
    return Windows(give, fold.test, fold.units, label, index.classes, donors=who)


def _fold_value(experiment: Experiment, run: Run, fold: int, by: Level, emit: Emit, stop: Callable[[], bool]) -> Value:
    own = experiment.folds[fold]
    one = Explained(TEACHER, own, load_model(run.part(own.name, TEACHER))[0].to(experiment.device))
    groups = channels_of(one.layout, by)
    asked: Value = subset_value(one.ask, tested_windows(experiment, one), groups, one.mean, emit=emit, stop=stop)
    return asked


def _kept(run: Run, by: Level) -> Path:
    return run.folder / f"estimates-{by}.json"
