"""What few people can show: an interval over people, the exact sign-flip test, and Holm's correction.

t interval: `mean +- t((1 + level) / 2, n - 1) * sd / sqrt(n)`. BCa: Efron, "Better bootstrap confidence intervals",
JASA 82 (1987), by scipy. Sign flip: under "no difference" each person's difference could as well have had the other
sign, so all `2^n` sign patterns are equally likely (Fisher 1935). Holm: Scand. J. Statist. 6 (1979).
The values are one per person (seeds averaged first), never one per window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from stillroom.base.errors import InputError
from stillroom.base.seeding import generator
from stillroom.evaluation.arrays import finite_values

EXACT_PEOPLE = 20
PILOT_PEOPLE = 8

# Sums of a few scores differ by rounding alone below this share of their size: such sums are ties.
_TIE = 1e-9


class Interval(NamedTuple):
    """A mean and its bounds; the bounds are None where one value alone tells nothing of the spread."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SignFlip:
    """The outcome of a paired sign-flip test.

    Attributes:
        p: two-sided; small where few sign patterns reach the mean that was seen.
        p_min: the smallest p that this many differences (and draws) could give.
        exact: all sign patterns were counted; otherwise they were drawn.
    """

    p: float
    p_min: float
    exact: bool


def is_pilot(people: int) -> bool:
    """Whether a claim over this many people is a pilot only."""
    return people < PILOT_PEOPLE


def interval(
    values: ArrayLike,
    level: float = 0.95,
    method: Literal["t", "bca"] = "t",
    *,
    possible: tuple[float, float] | None = None,
    rng: np.random.Generator | None = None,
) -> Interval:
    """The mean over people and its confidence interval.

    One value gives no bounds; equal values give bounds equal to their mean.

    Args:
        values: `(person,)`.
        level: coverage aimed at, between 0 and 1.
        method: `t` (the better one below about 10 people) or `bca`.
        possible: bounds of the quantity itself, as `(0, 1)` for F1; the interval is cut there. Not cut by default.
        rng: for the bootstrap; by default one with a fixed seed, so that equal values give equal bounds.

    Raises:
        InputError: no value, a missing one, an unknown method or an impossible level.
    """
    numbers = finite_values(values, "values")
    if not 0 < level < 1:
        raise InputError(f"level {level} is not between 0 and 1", where="level", mend="Give 0.95 for 95 %")
    if method not in ("t", "bca"):
        raise InputError(f"unknown interval method {method!r}", where="method", mend="Known: t, bca")
    mean = float(np.mean(numbers))
    if len(numbers) == 1:
        return Interval(mean, None, None)
    spread = float(np.ptp(numbers))
    if spread <= 1e-12 * np.max(np.abs(numbers)):
        return Interval(mean, mean, mean)
    # Both methods move with shift and scale; unscaled, the cubes of very small differences would vanish.
    scaled = (numbers - mean) / spread
    below, above = _t(scaled, level) if method == "t" else _bca(scaled, level, rng or generator(0, "bca"))
    low, high = mean + spread * below, mean + spread * above
    if possible is not None:
        low, high = max(low, possible[0]), min(high, possible[1])
    return Interval(mean, low, high)


def sign_flip(differences: ArrayLike, *, rng: np.random.Generator | None = None, draws: int = 9_999) -> SignFlip:
    """The two-sided paired sign-flip test of "the mean difference is zero".

    Up to 20 differences, all `2^n` patterns are counted, those that tie with the mean seen included. Beyond, `draws`
    random patterns are counted with the +1 rule, `p = (1 + reached) / (1 + draws)`.

    Args:
        differences: `(person,)`; one that is zero takes part and makes ties.
        rng: for more than 20 differences; by default one with a fixed seed.
        draws: random patterns for more than 20 differences.

    Raises:
        InputError: no difference, or a missing one.
    """
    numbers = finite_values(differences, "differences")
    n = len(numbers)
    reach = abs(numbers.sum()) - _TIE * np.abs(numbers).sum()
    if n <= EXACT_PEOPLE:
        reached = int(np.count_nonzero(np.abs(_all_signed_sums(numbers)) >= reach))
        return SignFlip(p=reached / 2**n, p_min=2 / 2**n, exact=True)
    signs = 2 * (rng or generator(0, "sign flip")).integers(0, 2, size=(draws, n), dtype=np.int8) - 1
    reached = int(np.count_nonzero(np.abs(signs @ numbers) >= reach))
    return SignFlip(p=(1 + reached) / (1 + draws), p_min=max(2.0 ** (1 - n), 1 / (1 + draws)), exact=False)


def holm(pvalues: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given: comparable with one alpha for the whole family.

    Raises:
        InputError: a p value that is missing or outside 0..1.
    """
    if not len(pvalues):
        return []
    raw = finite_values(pvalues, "pvalues")
    if len(wrong := np.flatnonzero((raw < 0) | (raw > 1))):
        raise InputError(f"{raw[wrong[0]]} is no p value", where=f"pvalues, entry {wrong[0]}")
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in adjusted]


def _t(centred: NDArray[np.float64], level: float) -> tuple[float, float]:
    n = len(centred)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * np.std(centred, ddof=1) / np.sqrt(n))
    return -half, half


def _bca(centred: NDArray[np.float64], level: float, rng: np.random.Generator) -> tuple[float, float]:
    found = stats.bootstrap((centred,), np.mean, confidence_level=level, method="BCa", rng=rng).confidence_interval
    return float(found.low), float(found.high)


def _all_signed_sums(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    # Doubling instead of a (2^n, n) table of signs: 8 MB for 20 people, not 170.
    sums = np.zeros(1)
    for number in numbers:
        sums = np.concatenate([sums + number, sums - number])
    return sums
