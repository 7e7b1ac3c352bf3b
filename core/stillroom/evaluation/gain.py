"""What one model gained over another on the same people, and a sentence about it that claims no more than was shown.

The verdict goes by the interval over people: above zero it was added, below zero it cost, and where zero lies inside
nothing was shown. Few people (n < 8), and stretches of a recording however many, make a pilot and no proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from stillroom.base.errors import InputError
from stillroom.evaluation.significance import interval, is_pilot, sign_flip

Units = Literal["people", "stretches"]

_ONE = {"people": "person", "stretches": "stretch"}


@dataclass(frozen=True)
class Gain:
    """A paired gain.

    Attributes:
        mean: over people, in the units of the score; positive where the other model is better.
        low: lower bound of the interval; None with one person.
        high: upper bound of the interval; None with one person.
        p: two-sided sign-flip p.
        p_min: the smallest p that this many people could give.
        n: how many people (or stretches).
        pilot: too few people, or only stretches, for a claim about people.
        per_person: each one's gain.
        level: coverage of the interval.
        units: what was paired.
        exact: p counts every sign pattern; otherwise patterns were drawn.
    """

    mean: float
    low: float | None
    high: float | None
    p: float
    p_min: float
    n: int
    pilot: bool
    per_person: Mapping[str, float]
    level: float = 0.95
    units: Units = "people"
    exact: bool = True

    def sentence(self, what: str = "distillation", score: str = "macro-F1") -> str:
        """The gain in plain words."""
        return f"{self._verdict(what, score)} ({self._evidence(score)}){self._caveat()}"

    def as_dict(self) -> dict[str, Any]:
        """What a script reads under `gain`."""
        names = ("mean", "low", "high", "p", "n", "p_min", "pilot", "level", "units", "exact")
        plain = {name: getattr(self, name) for name in names}
        return {**plain, "per_person": dict(self.per_person), "sentence": self.sentence()}

    def _verdict(self, what: str, score: str) -> str:
        if self.low is None or self.high is None:
            return f"{what} changed {score} by {_signed(self.mean)}"
        if self.low > 0:
            return f"{what} added {_signed(self.mean)} {score}"
        if self.high < 0:
            return f"{what} cost {abs(self.mean):.3f} {score}"
        return f"{what} gained nothing{' that could be shown' if self.mean > 0 else ''} here"

    def _evidence(self, score: str) -> str:
        n = f"n = {self.n} {self.units if self.n != 1 else _ONE[self.units]}"
        if self.low is None or self.high is None:
            return f"{n}: neither an interval nor a test"
        between = f"{100 * self.level:g} % interval {_signed(self.low)} to {_signed(self.high)}"
        mean = "" if self._clear else f"{_signed(self.mean)} {score}, "
        kind = "exact" if self.exact else "random"
        return f"{mean}{between}, {n}, {kind} sign-flip p = {self.p:.2g}, smallest possible {self.p_min:.2g}"

    def _caveat(self) -> str:
        if self.units == "stretches":
            return ": a pilot, not a proof; stretches say nothing of other people"
        if self.pilot:
            return ": a pilot, not a proof"
        return "; the sign-flip test alone does not bear this out" if self._clear and self.p > 1 - self.level else ""

    @property
    def _clear(self) -> bool:
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def paired_gain(
    baseline: Mapping[str, float],
    other: Mapping[str, float],
    *,
    units: Units = "people",
    level: float = 0.95,
    method: Literal["t", "bca"] = "t",
    rng: np.random.Generator | None = None,
) -> Gain:
    """How much better `other` is than `baseline`, person by person. The interval is not cut at what is possible.

    Args:
        baseline: a score for each person, seeds averaged.
        other: the same people's scores by the other model.
        units: `people`, or `stretches` where they are held-out stretches of one person's recording.
        level: coverage of the interval.
        method: see `significance.interval`.
        rng: for the bootstrap and for the test beyond 20 people; fixed seeds by default.

    Raises:
        InputError: no person, or the two were not judged on the same people.
    """
    if apart := sorted(set(baseline) ^ set(other)):
        raise InputError(
            f"only one of the two models was judged on {apart[0]}",
            where=units,
            mend="Judge both models on the same people, or leave that one out of both",
        )
    per_person = {name: float(other[name]) - float(baseline[name]) for name in sorted(baseline)}
    differences = list(per_person.values())
    mean, low, high = interval(differences, level, method, rng=rng)
    test = sign_flip(differences, rng=rng)
    return Gain(
        mean=mean,
        low=low,
        high=high,
        p=test.p,
        p_min=test.p_min,
        n=len(differences),
        pilot=units == "stretches" or is_pilot(len(differences)),
        per_person=per_person,
        level=level,
        units=units,
        exact=test.exact,
    )


def _signed(value: float) -> str:
    # Adding zero turns a rounded -0.0 into 0.0: "-0.000" would hint at a loss.
    return f"{round(value, 3) + 0.0:+.3f}"
