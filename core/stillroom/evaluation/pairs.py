"""Two models on the same windows: where they differ by activity, in what they take for what, and window by window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.evaluation.people import per_person
from stillroom.evaluation.significance import holm, interval, sign_flip
from stillroom.runs.predictions import Predictions


def same_windows(one: Predictions, other: Predictions) -> None:
    """Refuses answers to different windows.

    Raises:
        InputError: another set of windows, or other truth.
    """
    if not (np.array_equal(one.ids, other.ids) and np.array_equal(one.truth, other.truth)):
        raise InputError("the two models did not answer the same windows", mend="Compare runs of the same data")


def class_changes(one: Predictions, other: Predictions, classes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By activity, how much more F1 the other model has, over the people that both were scored on for it.

    Returns:
        Of each class `mean`, `low`, `high`, `n`, the sign-flip `p` and `p_holm`; a class that nobody was scored on is
        left out. The intervals are not corrected for the number of classes, `p_holm` is.

    Raises:
        InputError: see `same_windows`.
    """
    same_windows(one, other)
    before, after = (per_person(said.truth, said.said, said.unit, classes) for said in (one, other))
    found: dict[str, dict[str, Any]] = {}
    for name in classes:
        pairs = [(before[who].per_class[name].f1, after[who].per_class[name].f1) for who in before]
        gains = [b - a for a, b in pairs if a is not None and b is not None]
        if gains:
            mean, low, high = interval(gains)
            found[name] = {"mean": mean, "low": low, "high": high, "n": len(gains), "p": sign_flip(gains).p}
    adjusted = holm([one["p"] for one in found.values()])
    return {name: {**one, "p_holm": p} for (name, one), p in zip(found.items(), adjusted, strict=True)}


def confusion_change(one: Predictions, other: Predictions, count: int) -> NDArray[np.float64]:
    """`(done, said)`: how much more of each activity's windows the other model calls so, as shares.

    Raises:
        InputError: see `same_windows`.
    """
    same_windows(one, other)
    shares = []
    for told in (one, other):
        counts = np.bincount(told.truth * count + told.said, minlength=count * count).reshape(count, count)
        shares.append(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    change: NDArray[np.float64] = shares[1] - shares[0]
    return change


def differing(one: Predictions, other: Predictions, done: int, said: int) -> NDArray[np.int64]:
    """Places of the windows of an activity that exactly one of the two models called so, in the order of windows.

    Args:
        one: the answers of the first.
        other: the answers of the second.
        done: class index of what was done.
        said: class index of what one of them said.

    Raises:
        InputError: see `same_windows`.
    """
    same_windows(one, other)
    only = (one.said == said) != (other.said == said)
    found: NDArray[np.int64] = np.flatnonzero((one.truth == done) & only)
    return found
