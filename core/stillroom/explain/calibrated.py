"""Estimates of what subsets are worth, held against what was measured after training.

A large subset nearly always beats a small one, so an estimate that merely counts sensors ranks all subsets well. What
it is worth shows *within* a size. rho is Spearman's; sizes with fewer than three subsets have none, nor has an estimate
that tells no two subsets of a size apart. "Calibrated" is truth = intercept + slope * estimate, fitted on all other
subsets. Subsets share sensors and people: they are no independent sample, so no interval is made over them. Where each
person's scores are given, bounds come from drawing people again (percentile bootstrap), the subsets as they are; drawn
people repeat, which makes rho a little lower than it is, and the bounds with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.seeding import generator
from stillroom.explain.ranks import rank_correlation
from stillroom.explain.subsets import Subset, order_of

Given = Mapping[Subset, float] | Mapping[Subset, Mapping[str, float]]

LEAST_SUBSETS = 3
LEAST_PEOPLE = 3
_DRAWS = 999
# Below this share of the values' size, a spread is rounding.
_FLAT = 1e-12
_DIGITS = 12

_Table = Float64[NDArray[np.float64], "person subset"]


class Rho(NamedTuple):
    """A rank correlation; None where it is not defined, bounds also where no person's scores were given."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Calibrated:
    """How far an estimate can be believed.

    Attributes:
        n: subsets.
        people: whose scores the bounds come from; 0 where only means were given.
        mae: mean absolute error of the estimate, in the units of the score.
        mae_calibrated: the same of each subset after calibration on all others; None below three subsets.
        bias: mean of estimate - truth; above 0 where it promises too much.
        slope: of the calibration on all subsets; None below two, or where all estimates are equal.
        intercept: of the same.
        rho: over all subsets.
        rho_within: the sizes' rho, averaged with the number of subsets as weight.
        rho_pooled: over the subsets of all sizes together, estimate and truth each less its mean for that size.
        by_size: rho within each size.
        subsets_by_size: how many subsets each size has.
    """

    n: int
    people: int
    mae: float
    mae_calibrated: float | None
    bias: float
    slope: float | None
    intercept: float | None
    rho: Rho
    rho_within: Rho
    rho_pooled: Rho
    by_size: Mapping[int, float | None]
    subsets_by_size: Mapping[int, int]

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form; sizes become text."""
        rhos = {name: getattr(self, name)._asdict() for name in ("rho", "rho_within", "rho_pooled")}
        sizes = {
            "by_size": {str(size): rho for size, rho in self.by_size.items()},
            "subsets_by_size": {str(size): count for size, count in self.subsets_by_size.items()},
        }
        return {**vars(self), **rhos, **sizes}


def compared(
    estimates: Mapping[str, Given], truth: Given, *, level: float = 0.95, seed: int = 0
) -> dict[str, Calibrated]:
    """Several estimates (one and its rivals) against the same truth, by name."""
    return {name: calibrated(one, truth, level=level, seed=seed) for name, one in estimates.items()}


def calibrated(estimate: Given, truth: Given, *, level: float = 0.95, seed: int = 0) -> Calibrated:
    """Holds one estimate against the truth.

    Args:
        estimate: by subset, a mean or each person's score; subsets beyond those of the truth are left aside.
        truth: by subset, the same. Bounds need people in both, the same ones, three or more; where only one has
            people, means are compared.
        level: coverage of the bounds.
        seed: of the bootstrap.

    Raises:
        InputError: no subset, one that was not estimated, other people, or a number that is missing.
    """
    subsets = sorted(truth, key=order_of)
    if missing := [subset for subset in subsets if subset not in estimate]:
        raise InputError(f"no estimate for {' + '.join(sorted(missing[0]))}", where="estimate")
    guessed, real, people = _tables(estimate, truth, subsets)
    sizes = np.array([len(subset) for subset in subsets])
    error = guessed.mean(axis=0) - real.mean(axis=0)
    line = _line(guessed.mean(axis=0), real.mean(axis=0))
    by_size = _by_size(guessed.mean(axis=0)[None], real.mean(axis=0)[None], sizes)
    found = {name: _bounded(name, guessed, real, sizes, people, level, seed) for name in _RHOS}
    return Calibrated(
        n=len(subsets),
        people=people,
        mae=float(np.abs(error).mean()),
        mae_calibrated=_error_left_out(guessed.mean(axis=0), real.mean(axis=0)),
        bias=float(error.mean()),
        slope=None if line is None else line[1],
        intercept=None if line is None else line[0],
        rho=found["rho"],
        rho_within=found["rho_within"],
        rho_pooled=found["rho_pooled"],
        by_size={size: _known(rho[0]) for size, rho in by_size.items()},
        subsets_by_size={size: int(np.count_nonzero(sizes == size)) for size in by_size},
    )


def _tables(estimate: Given, truth: Given, subsets: list[Subset]) -> tuple[_Table, _Table, int]:
    """Estimates and truth `(person, subset)`, and how many people; of means alone one row each and nobody."""
    if not subsets:
        raise InputError("no subset was measured", where="truth")
    tables = []
    named = [_people(given, subsets, where) for given, where in ((estimate, "estimate"), (truth, "truth"))]
    if None not in named and named[0] != named[1]:
        raise InputError("estimate and truth are of different people", mend="Score both on the same people")
    for given, people in zip((estimate, truth), named, strict=True):
        rows = [[given[subset]] if people is None else [given[subset][one] for one in people] for subset in subsets]  # type: ignore[index]
        tables.append(np.array(rows, dtype=np.float64).T)
    if not all(np.isfinite(one).all() for one in tables):
        raise InputError("a score is missing or not finite", where="estimate or truth")
    if None in named:
        return tables[0].mean(axis=0)[None], tables[1].mean(axis=0)[None], 0
    return tables[0], tables[1], len(tables[0])


def _people(given: Given, subsets: list[Subset], where: str) -> list[str] | None:
    named = [sorted(one) if isinstance(one := given[subset], Mapping) else None for subset in subsets]
    if any(people != named[0] for people in named) or named[0] == []:
        raise InputError("subsets were scored on different people", where=where, mend="Score all on the same people")
    return named[0]


def _line(guessed: NDArray[np.float64], real: NDArray[np.float64]) -> tuple[float, float] | None:
    """Intercept and slope of the least-squares line; None where the estimates do not differ."""
    apart = guessed - guessed.mean()
    if len(guessed) < 2 or np.abs(apart).max() <= _FLAT * max(np.abs(guessed).max(), 1.0):
        return None
    slope = float(apart @ (real - real.mean()) / (apart @ apart))
    return float(real.mean()) - slope * float(guessed.mean()), slope


def _error_left_out(guessed: NDArray[np.float64], real: NDArray[np.float64]) -> float | None:
    if len(guessed) < LEAST_SUBSETS:
        return None
    errors = []
    for left in range(len(guessed)):
        others = np.arange(len(guessed)) != left
        line = _line(guessed[others], real[others])
        # estimates that do not differ leave only the others' mean to be said
        said = real[others].mean() if line is None else line[0] + line[1] * guessed[left]
        errors.append(abs(said - real[left]))
    return float(np.mean(errors))


def _correlations(one: _Table, other: _Table) -> NDArray[np.float64]:
    """Of each row with its opposite; values that differ by rounding alone are ties."""
    return rank_correlation(np.round(one, _DIGITS), np.round(other, _DIGITS))


def _by_size(guessed: _Table, real: _Table, sizes: NDArray[np.int64]) -> dict[int, NDArray[np.float64]]:
    return {
        int(size): _correlations(guessed[:, sizes == size], real[:, sizes == size])
        if np.count_nonzero(sizes == size) >= LEAST_SUBSETS
        else np.full(len(guessed), np.nan)
        for size in np.unique(sizes)
    }


def _overall(guessed: _Table, real: _Table, _: NDArray[np.int64]) -> NDArray[np.float64]:
    return _correlations(guessed, real) if guessed.shape[1] >= LEAST_SUBSETS else np.full(len(guessed), np.nan)


def _within(guessed: _Table, real: _Table, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    found = _by_size(guessed, real, sizes)
    rhos = np.stack(list(found.values()))
    weights = np.array([[np.count_nonzero(sizes == size)] for size in found]) * ~np.isnan(rhos)
    total = weights.sum(axis=0)
    mean: NDArray[np.float64] = np.where(
        total > 0, (weights * np.nan_to_num(rhos)).sum(axis=0) / np.maximum(total, 1), np.nan
    )
    return mean


def _pooled(guessed: _Table, real: _Table, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    parts = [sizes == size for size in np.unique(sizes) if np.count_nonzero(sizes == size) >= LEAST_SUBSETS]
    if not parts:
        return np.full(len(guessed), np.nan)
    a, b = (
        np.concatenate([values[:, part] - values[:, part].mean(axis=1, keepdims=True) for part in parts], axis=1)
        for values in (guessed, real)
    )
    return _correlations(a, b)


_RHOS = {"rho": _overall, "rho_within": _within, "rho_pooled": _pooled}


def _bounded(
    name: str, guessed: _Table, real: _Table, sizes: NDArray[np.int64], people: int, level: float, seed: int
) -> Rho:
    rho = _RHOS[name]
    value = _known(rho(guessed.mean(axis=0)[None], real.mean(axis=0)[None], sizes)[0])
    if value is None or people < LEAST_PEOPLE:
        return Rho(value)
    drawn = generator(seed, "rho over people").integers(0, people, size=(_DRAWS, people))
    found = rho(guessed[drawn].mean(axis=1), real[drawn].mean(axis=1), sizes)
    kept = found[~np.isnan(found)]
    if not len(kept):
        return Rho(value)
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return Rho(value, float(low), float(high))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
