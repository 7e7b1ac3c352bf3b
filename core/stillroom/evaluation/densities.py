"""Spectra of activities over people: a person's stretches become one density, and people are compared.

A long recording of one person is still one person: a person's stretches are averaged first, each by its length. The
band runs from the 10 % to the 90 % quantile over people (linear between them), so with few people it lies between the
outermost. The mean is of powers, and where one person is far louder than the rest it can leave the band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError
from stillroom.evaluation.arrays import class_codes, class_names, finite_values, same_length

Floats = NDArray[np.float64]

BAND = (0.1, 0.9)


@dataclass(frozen=True, eq=False)
class ClassDensity:
    """The density of one class over people.

    Attributes:
        mean: `(channel, bin)` over people.
        low: `(channel, bin)` the 10 % quantile over people; None of one person.
        high: `(channel, bin)` the 90 % quantile over people; None of one person.
        people: who has a stretch of the class, sorted.
    """

    mean: Floats
    low: Floats | None
    high: Floats | None
    people: tuple[str, ...]


def by_class(
    densities: ArrayLike,
    codes: ArrayLike,
    person: ArrayLike,
    classes: Sequence[str],
    *,
    lengths: ArrayLike | None = None,
) -> dict[str, ClassDensity]:
    """The mean density and the 10-90 % band over people, class by class.

    Args:
        densities: `(stretch, channel, bin)`. For a sensor as a whole, add its axes' densities before: the sum does not
            depend on how it was strapped on.
        codes: `(stretch,)` class indices.
        person: `(stretch,)` whose it is.
        classes: the class names, in order of their index.
        lengths: `(stretch,)` how much each counts within its person; equally by default.

    Returns:
        By class name, in order; a class without a stretch is absent.

    Raises:
        InputError: no stretch, arrays of different lengths, a code outside the classes, or a length that is not
            positive.
    """
    values, who = np.asarray(densities, dtype=np.float64), np.asarray(person, dtype=str)
    names = class_names(classes)
    known = class_codes(codes, len(names), "codes")
    weights = np.ones(len(known)) if lengths is None else finite_values(lengths, "lengths")
    same_length(densities=np.atleast_1d(values), codes=known, person=np.atleast_1d(who), lengths=weights)
    if values.ndim != 3 or not np.isfinite(values).all() or not weights.min() > 0:
        what = f"densities of shape {values.shape} with lengths from {weights.min():g} on cannot be averaged"
        raise InputError(what, where="densities", mend="Give finite (stretch, channel, bin) and lengths above 0")
    return {
        name: _over_people(values[known == code], who[known == code], weights[known == code])
        for code, name in enumerate(names)
        if (known == code).any()
    }


def stretches(codes: ArrayLike, segments: ArrayLike, shortest: int = 2) -> list[tuple[int, int, int]]:
    """Where one class holds without a gap.

    Args:
        codes: `(time,)` the class index of each sample; below 0 where none holds.
        segments: `(segment, 2)` first and one-past-last samples without a gap.
        shortest: samples; what is shorter is left out.

    Returns:
        `(first sample, one past the last, class index)` of each, in order.
    """
    labels = np.asarray(codes)
    found = []
    for first, stop in np.asarray(segments, dtype=np.int64).reshape(-1, 2).tolist():
        part = labels[first:stop]
        edges = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), len(part)]
        runs = [(first + a, first + b, int(part[a])) for a, b in pairwise(edges) if b > a]
        found += [run for run in runs if run[2] >= 0 and run[1] - run[0] >= shortest]
    return found


def _over_people(values: Floats, who: NDArray[np.str_], weights: Floats) -> ClassDensity:
    people = np.unique(who)
    each = np.stack([np.average(values[who == one], axis=0, weights=weights[who == one]) for one in people])
    low, high = np.quantile(each, BAND, axis=0) if len(people) > 1 else (None, None)
    return ClassDensity(each.mean(axis=0), low, high, tuple(map(str, people)))
