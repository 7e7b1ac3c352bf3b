"""Several models on the same people, as one plain object that is ready for JSON.

Windows are scored within a person and seed, a person's seeds are averaged, and means and t intervals go over people.
Keys are those that scripts read: each model under its own name `{macro_f1, low, high, per_person, ..}`, and `gain`
(the student's over the same net trained alone). A missing number is None. Nothing is averaged over windows of several
people; the summed confusion counts each window once for each seed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError
from stillroom.evaluation.arrays import class_codes, class_names, same_length
from stillroom.evaluation.calibration import Calibration, calibration
from stillroom.evaluation.gain import Units, paired_gain
from stillroom.evaluation.metrics import Scores, scores
from stillroom.evaluation.people import mean_over_seeds
from stillroom.evaluation.significance import interval, is_pilot

RESERVED = ("gain", "pilot", "classes", "models", "units", "n", "level")


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one model said on one fold's test windows.

    Attributes:
        model: its part in the comparison (`teacher`, `student`, `alone`, ...).
        seed: the training seed.
        truth: `(window,)` class indices.
        predicted: `(window,)` class indices.
        group: `(window,)` the person, or the stretch where one person's stretches are compared.
        probabilities: `(window, class)`, where calibration is wanted.
    """

    model: str
    seed: int
    truth: ArrayLike
    predicted: ArrayLike
    group: ArrayLike
    probabilities: ArrayLike | None = None


@dataclass(frozen=True)
class _Cell:
    """One model with one seed on one person, all folds together."""

    scores: Scores
    calibration: Calibration | None


_Cells = dict[tuple[str, int], _Cell]


def compare(
    predictions: Iterable[Predictions],
    classes: Sequence[str],
    *,
    units: Units = "people",
    level: float = 0.95,
    student: str = "student",
    baseline: str = "alone",
    rng: np.random.Generator | None = None,
) -> dict[str, Any]:
    """Compares models on the same people.

    Args:
        predictions: of every model, fold and seed, in any order; a person's windows may lie in several folds.
        classes: the class names, in order of their index.
        units: what `group` names.
        level: coverage of the intervals.
        student: whose gain is told; `gain` is None where it or the baseline is absent.
        baseline: over whom.
        rng: for the sign-flip test beyond 20 people; a fixed seed by default.

    Raises:
        InputError: no prediction, a reserved model name, arrays that do not match, or models that were judged on
            different windows of one person.
    """
    names = class_names(classes)
    models = _cells(list(predictions), names)
    _refuse_other_windows(models)
    people = sorted({person for cells in models.values() for person, _ in cells})
    told: dict[str, Any] = {name: _summary(cells, names, level) for name, cells in models.items()}
    gain = None
    if student in models and baseline in models:
        pair = (_over_seeds(models[name], lambda cell: cell.scores.macro_f1) for name in (baseline, student))
        gain = paired_gain(*pair, units=units, level=level, rng=rng).as_dict()
    pilot = units == "stretches" or is_pilot(len(people))
    facts = {"models": list(models), "classes": list(names), "units": units, "n": len(people), "level": level}
    return {**told, "gain": gain, "pilot": pilot, **facts}


def _cells(predictions: list[Predictions], classes: tuple[str, ...]) -> dict[str, _Cells]:
    if not predictions:
        raise InputError("no prediction to compare", mend="Give the predictions of at least one model")
    parts: defaultdict[str, defaultdict[tuple[str, int], list[Predictions]]] = defaultdict(lambda: defaultdict(list))
    for one in predictions:
        if one.model in RESERVED:
            raise InputError(f"a model cannot be called {one.model!r}", mend=f"Reserved: {', '.join(RESERVED)}")
        for person, part in _by_group(one, len(classes)):
            parts[one.model][person, one.seed].append(part)
    return {
        model: {key: _cell(found, classes) for key, found in sorted(groups.items())} for model, groups in parts.items()
    }


def _by_group(one: Predictions, count: int) -> Iterable[tuple[str, Predictions]]:
    group = np.atleast_1d(np.asarray(one.group, dtype=str))
    truth, predicted = class_codes(one.truth, count, "truth"), class_codes(one.predicted, count, "predicted")
    chances = None if one.probabilities is None else np.asarray(one.probabilities, dtype=np.float64)
    same_length(truth=truth, predicted=predicted, group=group, probabilities=truth if chances is None else chances)
    if chances is not None and chances.shape[1:] != (count,):
        raise InputError(
            f"probabilities of shape {chances.shape} for {count} classes", where=f"{one.model}, seed {one.seed}"
        )
    for person in np.unique(group):
        rows = group == person
        some = None if chances is None else chances[rows]
        yield str(person), Predictions(one.model, one.seed, truth[rows], predicted[rows], group[rows], some)


def _cell(parts: list[Predictions], classes: tuple[str, ...]) -> _Cell:
    truth = np.concatenate([np.asarray(part.truth) for part in parts])
    predicted = np.concatenate([np.asarray(part.predicted) for part in parts])
    chances = [np.asarray(part.probabilities) for part in parts if part.probabilities is not None]
    whole = len(chances) == len(parts)
    return _Cell(scores(truth, predicted, classes), calibration(truth, np.concatenate(chances)) if whole else None)


def _refuse_other_windows(models: dict[str, _Cells]) -> None:
    first: dict[tuple[str, int], tuple[str, NDArray[np.int64]]] = {}
    for model, cells in models.items():
        for key, cell in cells.items():
            support = cell.scores.confusion.sum(axis=1)
            earlier, expected = first.setdefault(key, (model, support))
            if not np.array_equal(support, expected):
                raise InputError(
                    f"{earlier} and {model} were judged on different windows",
                    where=f"{key[0]}, seed {key[1]}",
                    mend="Judge every model on the same test windows",
                )


def _over_seeds(cells: _Cells, value: Callable[[_Cell], float | None]) -> dict[str, float]:
    found = {key: value(cell) for key, cell in cells.items()}
    return mean_over_seeds({key: number for key, number in found.items() if number is not None})


def _over_people(cells: _Cells, value: Callable[[_Cell], float | None]) -> float | None:
    people = list(_over_seeds(cells, value).values())
    return float(np.mean(people)) if people else None


def _summary(cells: _Cells, classes: tuple[str, ...], level: float) -> dict[str, Any]:
    per_person = _over_seeds(cells, lambda cell: cell.scores.macro_f1)
    mean, low, high = interval(list(per_person.values()), level, possible=(0.0, 1.0))
    total = np.sum([cell.scores.confusion for cell in cells.values()], axis=0)

    def f1_of(name: str) -> float | None:
        return _over_people(cells, lambda cell: cell.scores.per_class[name].f1)

    return {
        "macro_f1": mean,
        "low": low,
        "high": high,
        "per_person": per_person,
        "per_class": {name: f1_of(name) for name in classes},
        "balanced_accuracy": _over_people(cells, lambda cell: cell.scores.balanced_accuracy),
        "accuracy": _over_people(cells, lambda cell: cell.scores.accuracy),
        "confusion": total.tolist(),
        "seeds": sorted({seed for _, seed in cells}),
        "calibration": _calibration(cells),
    }


def _calibration(cells: _Cells) -> dict[str, float | None] | None:
    if any(cell.calibration is None for cell in cells.values()):
        return None

    def mean_of(name: str) -> float | None:
        return _over_people(cells, lambda cell: getattr(cell.calibration, name))

    return {name: mean_of(name) for name in ("ece", "brier", "nll")}
