"""Which sensors can go, before anybody trains anything: an instant estimate for any set, and two ablations beside it.

The estimate asks one network that was trained with any of its sensors silenced (the recipe `any_subset`, made once for
a run, on the teacher's channels, windows and folds, inside the run's folder). The ablations take sensors from the
run's own teacher as it is; they disagree where sensors repeat each other, so both are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from stillroom.base.errors import InputError
from stillroom.base.events import Emit
from stillroom.explain.ablation import Ablation, ablate
from stillroom.explain.groups import Level, channels_of
from stillroom.explain.redundancy import overlap_of_scores, overlap_of_signals
from stillroom.explain.shapley import shapley
from stillroom.explain.subsets import EMPTY, Remembered, worth
from stillroom.explain.suggest import discomfort_points, price_points, suggest
from stillroom.recipes.distil import distil
from stillroom.recipes.estimating import estimates, keep, tested_windows
from stillroom.recipes.experiment import Experiment, prepare
from stillroom.recipes.explain_frequency import mean_coherence
from stillroom.recipes.explained import explained
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import TEACHER, compared
from stillroom.runs.store import DONE, Run

ESTIMATOR = "estimator"
_DRAWS = 3
_FAST_EPOCHS = 30  # it learns as many tasks as there are sets: with ten epochs it is hardly trained


def explain_sensors(
    experiment: Experiment, run: Run, folder: Path, *, by: Level, seed: int, emit: Emit, stop: Callable[[], bool]
) -> dict[str, Any]:
    """Estimates of sets of sites or sensors, Shapley values, suggestions, ablations and redundancy; ready for JSON.

    Args:
        experiment: of the run, reopened.
        run: finished.
        folder: where the network for any subset is kept, or made.
        by: `site` or `sensor`.
        seed: of permutations.
        emit: hears of progress.
        stop: asked before each step.

    Raises:
        InputError: there is one only, so nothing can go.
        StoppedError: on request; what was trained or asked so far is kept.
    """
    layout = experiment.teacher.layout
    names = list(channels_of(layout, by))
    if not several(experiment, by):
        mend = "Leave the part sets out" + (", or take them by sensor: --by sensor" if by == "site" else "")
        raise InputError(f"the teacher has one {by} only, and nothing can go", where=names[0], mend=mend)
    asked, known = estimator(experiment, folder, by, emit=emit, stop=stop)
    try:
        value = shapley(names, known, seed=seed, emit=emit, stop=stop)
        price, discomfort = price_points(names, layout), discomfort_points(names, layout)
        suggested = suggest(names, known, price, discomfort, emit=emit, stop=stop)
        overlap = overlap_of_scores(names, known, emit=emit, stop=stop)
    finally:
        keep(asked, by, known)
    whole = frozenset(names)
    return {
        "by": by,
        "names": names,
        "whole": worth(known, whole, possible=(0.0, 1.0))._asdict(),
        "dropped": [_dropped(known, name, whole) for name in names],
        "subsets": [_subset(known, subset) for subset in known.known if subset != EMPTY],
        "shapley": value.as_dict(),
        "suggested": suggested.as_dict(),
        "overlap": [one.as_dict() for one in overlap],
        "coherence": {
            "sensors": list(layout.sensors),
            "values": overlap_of_signals(mean_coherence(experiment)[1], layout).tolist(),
        },
        "ablation": _ablations(experiment, run, by, seed, emit, stop),
        "estimator": {"run": str(asked.folder), "teacher": asked.report[TEACHER]["macro_f1"]},
    }


def several(experiment: Experiment, by: Level) -> bool:
    """Whether the teacher has several sites or sensors, so that one can go."""
    return len(channels_of(experiment.teacher.layout, by)) > 1


def estimator(
    experiment: Experiment, folder: Path, by: Level, *, emit: Emit, stop: Callable[[], bool]
) -> tuple[Run, Remembered]:
    """The network for any subset of a run's channels: made where it is not there yet, and what it was asked so far.

    Args:
        experiment: whose data, windows, folds and channels it is for.
        folder: of its own run.
        by: `site` or `sensor`.
        emit: hears of progress.
        stop: asked before each step.
    """
    settings = experiment.settings
    recipe = RECIPES["any_subset"]()
    if settings.fast:
        recipe = recipe.fast().with_changes([f"teacher.training.epochs={_FAST_EPOCHS}"])
    own = settings.changed(student_view=settings.teacher_view, teacher_run=None)
    asked = prepare(recipe, own, experiment.dataset)
    run = Run(folder)
    if not ((folder / "run.json").exists() and run.facts["state"] == DONE):
        distil(asked, folder, resume=True, emit=emit, stop=stop)
    return run, estimates(asked, run, by, emit=emit, stop=stop)


def _dropped(known: Remembered, name: str, whole: frozenset[str]) -> dict[str, Any]:
    """What going without one is estimated to cost, person by person: above zero where the score falls."""
    return {"name": name, **worth(known, whole, over=whole - {name})._asdict()}


def _subset(known: Remembered, subset: frozenset[str]) -> dict[str, Any]:
    return {"subset": sorted(subset), **worth(known, subset, possible=(0.0, 1.0))._asdict()}


def _ablations(
    experiment: Experiment, run: Run, by: Level, seed: int, emit: Emit, stop: Callable[[], bool]
) -> dict[str, Any]:
    """The run's teacher without each one, replaced by the mean and permuted, over all folds."""
    if TEACHER not in compared(experiment.recipe):
        return {}
    told: dict[str, Any] = {}
    for way in ("mean", "permutation"):
        parts = []
        for fold in experiment.folds:
            with explained(experiment, run, TEACHER, fold) as one:
                groups, tested = channels_of(one.layout, by), tested_windows(experiment, one)
                draws = _DRAWS if way == "permutation" else 1
                parts.append(
                    ablate(one.ask, tested, groups, one.mean, way, seed=seed, draws=draws, emit=emit, stop=stop)
                )
        told[way] = _joined(parts).as_dict()
    return told


def _joined(parts: list[Ablation]) -> Ablation:
    """All folds in one; a unit that several folds test is averaged."""
    first = parts[0]

    def mean(scores: list[dict[str, float]]) -> dict[str, float]:
        units = sorted({unit for one in scores for unit in one})
        return {unit: float(np.mean([one[unit] for one in scores if unit in one])) for unit in units}

    whole = mean([dict(part.whole) for part in parts])
    without = {group: mean([dict(part.without[group]) for part in parts]) for group in first.without}
    return Ablation(first.way, whole, without, first.draws)
