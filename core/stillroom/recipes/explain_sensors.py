"""Which sensors can go, before anybody trains anything: an instant estimate for any set, and two ablations beside it.

The estimate asks one network that was trained with any of its sensors silenced (the recipe `any_subset`, made once for
a run, on the teacher's channels, windows and folds, inside the run's folder). The ablations take sensors from the
run's own teacher as it is; they disagree where sensors repeat each other, so both are shown.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError
from stillroom.base.events import Emit
from stillroom.base.registry import did_you_mean
from stillroom.explain.ablation import Ablation, Windows, ablate
from stillroom.explain.groups import Level, channels_of
from stillroom.explain.redundancy import overlap_of_scores, overlap_of_signals
from stillroom.explain.shapley import shapley
from stillroom.explain.subsets import EMPTY, Remembered, worth
from stillroom.explain.suggest import discomfort_points, price_points, suggest
from stillroom.recipes.distil import distil
from stillroom.recipes.estimating import estimates, keep, tested_windows
from stillroom.recipes.experiment import Experiment, prepare
from stillroom.recipes.explain_frequency import mean_coherence
from stillroom.recipes.explained import explained, layout_of, roles_explained
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import TEACHER, compared
from stillroom.runs.store import DONE, Run
from stillroom.sensors.layout import Layout

ESTIMATOR, RECIPE = "estimator", "any_subset"
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
    layout = layout_of(experiment)
    names = list(channels_of(layout, by))
    if not several(experiment, by):
        mend = "Leave the part sets out" + (", or take them by sensor: --by sensor" if by == "site" else "")
        raise InputError(f"there is one {by} only, and nothing can go", where=names[0], mend=mend)
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
        "coherence": _coherence(experiment, layout),
        "ablation": _ablations(experiment, run, by, seed, emit, stop),
        "estimator": {"run": str(asked.folder), "teacher": asked.report[TEACHER]["macro_f1"]},
    }


def with_further(
    experiment: Experiment,
    folder: Path,
    told: dict[str, Any],
    also: Sequence[str],
    *,
    emit: Emit,
    stop: Callable[[], bool],
) -> dict[str, Any]:
    """An answer of `explain_sensors` with further sets among its `subsets`; nothing else is asked anew.

    Args:
        experiment: of the run, reopened.
        folder: where the network for any subset is kept.
        told: the answer.
        also: sets, each as names with commas between them.
        emit: hears of progress.
        stop: asked before each step.

    Raises:
        InputError: a set of none, or a name that was not asked about.
        StoppedError: on request.
    """
    wanted = [_set_of(one, told["names"]) for one in also]
    if {frozenset(one["subset"]) for one in told["subsets"]} >= set(wanted):
        return told
    asked, known = estimator(experiment, folder, told["by"], emit=emit, stop=stop)
    try:
        for subset in wanted:
            known(subset)
    finally:
        keep(asked, told["by"], known)
    return {**told, "subsets": [_subset(known, subset) for subset in known.known if subset != EMPTY]}


def _set_of(text: str, names: Sequence[str]) -> frozenset[str]:
    found = frozenset(name.strip() for name in text.split(",") if name.strip())
    if wrong := sorted(found - set(names)):
        raise InputError(
            f"nothing was asked about {wrong[0]}", where="--also", mend=did_you_mean(wrong[0], list(names))
        )
    if not found:
        raise InputError("a set of no sensors", where="--also", mend=f"Known: {', '.join(names)}")
    return found


def several(experiment: Experiment, by: Level) -> bool:
    """Whether there are several sites or sensors, so that one can go."""
    return len(channels_of(layout_of(experiment), by)) > 1


def estimator(
    experiment: Experiment, folder: Path, by: Level, *, emit: Emit, stop: Callable[[], bool]
) -> tuple[Run, Remembered]:
    """The network for any subset of a run's channels, and what it was asked so far.

    It is made where it is not there yet, or was made with other settings; a run of `any_subset` is one itself.

    Args:
        experiment: whose data, windows, folds and channels it is for.
        folder: of its own run.
        by: `site` or `sensor`.
        emit: hears of progress.
        stop: asked before each step.
    """
    if experiment.recipe.name == RECIPE:
        run = Run(folder.parents[1])
        return run, estimates(experiment, run, by, emit=emit, stop=stop)
    asked = _asked(experiment)
    run = Run(folder)
    if (folder / "run.json").exists() and run.facts["key"] != fingerprint(asked.asked()):
        shutil.rmtree(folder)
    distil(asked, folder, resume=True, emit=emit, stop=stop)
    return run, estimates(asked, run, by, emit=emit, stop=stop)


def has_estimator(experiment: Experiment, folder: Path) -> bool:
    """Whether the network for any subset of a run's channels is there, so that nothing need be trained for it.

    Args:
        experiment: as `estimator` is asked.
        folder: of its own run.
    """
    if experiment.recipe.name == RECIPE:
        return True
    if not (folder / "run.json").exists():
        return False
    facts = Run(folder).facts
    return bool(facts["state"] == DONE and facts["key"] == fingerprint(_asked(experiment).asked()))


def _asked(experiment: Experiment) -> Experiment:
    """The training of the network, on the run's own data, windows, folds and channels."""
    settings = experiment.settings
    recipe = RECIPES[RECIPE]()
    if settings.fast:
        recipe = recipe.fast().with_changes([f"teacher.training.epochs={_FAST_EPOCHS}"])
    view = settings.teacher_view if TEACHER in roles_explained(experiment) else settings.student_view
    own = settings.changed(teacher_view=view, student_view=view, teacher_run=None)
    return prepare(recipe, own, experiment.dataset)


def _coherence(experiment: Experiment, layout: Layout) -> dict[str, Any] | None:
    """How far sensors repeat each other in their signals, 0 to 1, and what chance gives; None of short stretches."""
    found = mean_coherence(experiment)
    if found is None:
        return None
    real, chance = (overlap_of_signals(one, layout) for one in found)
    return {"sensors": list(layout.sensors), "values": real.tolist(), "by_chance": chance.tolist()}


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
                tested = _several_each(tested) if way == "permutation" else tested
                parts.append(
                    ablate(one.ask, tested, groups, one.mean, way, seed=seed, draws=draws, emit=emit, stop=stop)
                )
        told[way] = _joined(parts).as_dict()
    return told


def _several_each(tested: Windows) -> Windows:
    """Without the windows of people who have one only: there is no other to take a sensor from."""
    assert tested.donors is not None
    names, counts = np.unique(tested.donors, return_counts=True)
    rows = np.isin(tested.donors, names[counts > 1])
    return replace(
        tested,
        ids=tested.ids[rows],
        persons=tested.persons[rows],
        truth=tested.truth[rows],
        donors=tested.donors[rows],
    )


def _joined(parts: list[Ablation]) -> Ablation:
    """All folds in one; a unit that several folds test is averaged."""
    first = parts[0]

    def mean(scores: list[dict[str, float]]) -> dict[str, float]:
        units = sorted({unit for one in scores for unit in one})
        return {unit: float(np.mean([one[unit] for one in scores if unit in one])) for unit in units}

    whole = mean([dict(part.whole) for part in parts])
    without = {group: mean([dict(part.without[group]) for part in parts]) for group in first.without}
    return Ablation(first.way, whole, without, first.draws)
