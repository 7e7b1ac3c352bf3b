"""What a run's models look at: attributions of tested windows with their checks, and whether teacher and student agree.

The activity that was done is what is explained, so that teacher and student answer the same question. Each fold's
models explain that fold's people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from stillroom.base.events import Emit
from stillroom.data.splits import Fold
from stillroom.explain.agreement import Explained as Side
from stillroom.explain.agreement import agreement
from stillroom.explain.asking import Stop
from stillroom.explain.attribution import METHODS
from stillroom.explain.groups import Level, by_class, importance, magnitude, members, signed
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explain_fold import Question
from stillroom.recipes.explained import drawn, explained, roles_explained
from stillroom.runs.store import Run
from stillroom.training.views import Ids

_WITHOUT_GRADIENT = "occlusion"
_LEVELS: tuple[Level, ...] = ("sensor", "channel", "site")


@dataclass(frozen=True, eq=False)
class Found:
    """Attributions of one model over all folds.

    Attributes:
        side: attributions `(window, channel, time)` and the channels.
        ids: `(window,)`.
        unit: `(window,)` person or stretch.
        label: `(window,)` the activity that was explained.
        checks: of each fold, with how many windows they were made.
        attention: `(window, channel)` how much each channel is listened to; None where the network has no such map.
        method: by which they were found.
        steps: of the integral, in the fold that needed most; None of a method without.
    """

    side: Side
    ids: Ids
    unit: NDArray[np.str_]
    label: NDArray[np.int64]
    checks: list[tuple[int, dict[str, Any]]]
    attention: NDArray[np.float64] | None
    method: str
    steps: int | None


def explain_windows(
    experiment: Experiment, run: Run, *, windows: int, method: str, removing: str, seed: int, emit: Emit, stop: Stop
) -> tuple[dict[str, Any], dict[str, Found]]:
    """Explains a run's models.

    Args:
        experiment: of the run, reopened.
        run: finished.
        windows: how many in all, over the folds.
        method: a name in `explain.attribution.METHODS`; where any of the models has a forest, which has no gradient,
            all of them are explained by occlusion instead.
        removing: what occlusion and feature ablation take away together.
        seed: of the draw of windows, of random orders and untrained weights.
        emit: hears of progress.
        stop: asked before every question to a model.

    Returns:
        A plain object, by model `{method, sensors, channels, sites, classes, sanity}` and `agreement`; and the
        attributions themselves.

    Raises:
        InputError: an unknown method.
        StoppedError: on request.
    """
    _ = METHODS[method]
    chosen, found = _method(experiment, run, method), dict[str, Found]()
    for role in roles_explained(experiment):
        parts = []
        for fold, ids in portions(experiment, windows, seed):
            with explained(experiment, run, role, fold) as one:
                parts.append(_explain(Question(experiment, one, ids, chosen, removing, seed, emit, stop)))
        found[role] = _joined(parts)
    told: dict[str, Any] = {role: _told(experiment, one) for role, one in found.items()}
    first, *others = found
    sides = {role: _agree(found[first], found[role], seed) for role in others if _share(found[first], found[role])}
    return {"models": told, "agreement": {"with": first, **sides} if sides else None}, found


def portions(experiment: Experiment, windows: int, seed: int) -> list[tuple[Fold, Ids]]:
    """Tested windows of each fold, evenly of people and activities, about as many of each fold.

    Args:
        experiment: whose folds.
        windows: how many in all.
        seed: of the draw.
    """
    folds = experiment.folds
    each, more = divmod(windows, len(folds))
    counts = [each + (number < more) for number in range(len(folds))]
    return [(fold, drawn(experiment, fold, count, seed)) for fold, count in zip(folds, counts, strict=True) if count]


def _explain(question: Question) -> Found:
    whole = question.attributions()
    checks = [(len(question.checked), question.checks(whole))]
    side, steps = Side(whole, question.one.layout), question.settings.get("steps")
    return Found(
        side, question.ids, question.unit, question.label, checks, question.attention(), question.method, steps
    )


def _method(experiment: Experiment, run: Run, asked: str) -> str:
    """One method for all models and folds, so that they can be compared."""
    if not METHODS[asked].differentiates:
        return asked
    every = [(role, fold) for role in roles_explained(experiment) for fold in experiment.folds]
    for role, fold in every:
        with explained(experiment, run, role, fold) as one:
            if not one.has_gradient:
                return _WITHOUT_GRADIENT
    return asked


def _share(one: Found, other: Found) -> bool:
    return bool(set(one.side.layout.names) & set(other.side.layout.names))


def _joined(parts: Sequence[Found]) -> Found:
    return Found(
        Side(torch.cat([part.side.attributions for part in parts]), parts[0].side.layout),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.unit for part in parts]),
        np.concatenate([part.label for part in parts]),
        [check for part in parts for check in part.checks],
        _stacked([part.attention for part in parts]),
        parts[0].method,
        max((part.steps for part in parts if part.steps), default=None),
    )


def _stacked(parts: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _told(experiment: Experiment, one: Found) -> dict[str, Any]:
    layout, attributions = one.side.layout, one.side.attributions
    names = {level: members(layout, level)[0] for level in _LEVELS}
    shares = {level: magnitude(attributions, layout, level) for level in _LEVELS}
    ranked = {
        level: [part.as_dict() for part in importance(shares[level], names[level], one.unit)] for level in _LEVELS
    }
    classes = by_class(shares["sensor"], names["sensor"], one.unit, one.label, experiment.index.classes)
    sums = over_units(signed(attributions, layout, "sensor"), one.unit)
    return {
        "method": one.method,
        "steps": one.steps,
        "windows": len(one.ids),
        "sensors": ranked["sensor"],
        "channels": ranked["channel"],
        "sites": ranked["site"],
        "signed": dict(zip(names["sensor"], sums.tolist(), strict=True)),
        "classes": {name: [part.as_dict() for part in parts] for name, parts in classes.items()},
        "attention": None if one.attention is None else _listened(one, names["sensor"]),
        "sanity": merged(one.checks),
    }


def over_units(values: NDArray[np.float64], unit: NDArray[np.str_]) -> NDArray[np.float64]:
    """`(window, ...)` to its mean over people or stretches, windows averaged within each first."""
    return np.asarray(np.mean([values[unit == one].mean(axis=0) for one in np.unique(unit)], axis=0))


def _listened(one: Found, sensors: Sequence[str]) -> list[dict[str, Any]]:
    """How much each sensor is listened to by the network's attention, over people."""
    assert one.attention is not None
    places = members(one.side.layout, "sensor")[1]
    shares = np.stack([one.attention[:, places == place].sum(axis=1) for place in range(len(sensors))], axis=1)
    return [part.as_dict() for part in importance(shares, sensors, one.unit)]


def merged(checks: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[str, Any]:
    """The checks of all folds in one: means weighted by windows, counts summed; None where a fold has none.

    Args:
        checks: of each fold, with how many windows it was made.
    """
    weights = [count for count, _ in checks]
    return {name: _mean([check[name] for _, check in checks], weights, name) for name in checks[0][1]}


def _mean(values: Sequence[Any], weights: Sequence[int], name: str) -> Any:
    first = values[0]
    if any(value is None for value in values):
        return None
    if isinstance(first, Mapping):
        return {key: _mean([value[key] for value in values], weights, key) for key in first}
    if isinstance(first, list | tuple):
        return [_mean(list(column), weights, name) for column in zip(*values, strict=True)]
    if name in ("windows", "undefined"):
        return sum(values)
    if name == "worst":
        return max(values)
    return float(np.average(values, weights=weights))


def _agree(teacher: Found, other: Found, seed: int) -> dict[str, Any]:
    """Over the channels that both see, and over a tenth of the window in each of them."""
    ids = teacher.ids.tolist()
    return {
        name: agreement(teacher.side, other.side, teacher.unit, ids, blocks=blocks, seed=seed).as_dict()
        for name, blocks in (("channels", 1), ("cells", 10))
    }
