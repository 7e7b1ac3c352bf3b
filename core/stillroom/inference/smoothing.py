"""Smoothing over time: what is shown for a window, from its probabilities and from the windows before it.

`majority` and `hysteresis` go by labels: `recent` holds them as the model gave them, the newest last, at most as many
as the smoothing looks back; `shown` is what was shown for the window before, None at the beginning and behind a gap.
`hmm:N` goes by probabilities: a filter (`evaluation.sequence`) in which an activity lasts N windows on average and any
other may follow. A smoothing looks back alone, so what it shows comes late where the activity changes.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.evaluation.sequence import Chain, lasting

Floats = NDArray[np.float64]

_USUAL = {"none": 1, "majority": 5, "hysteresis": 3, "hmm": 20}


def majority(recent: Sequence[int], shown: int | None) -> int:
    """The most frequent of the last labels; of equals the one that was shown, else the newest of them."""
    counts = Counter(recent)
    best = [label for label, count in counts.items() if count == max(counts.values())]
    return shown if shown in best else next(label for label in reversed(recent) if label in best)


def hysteresis(recent: Sequence[int], shown: int | None, *, windows: int) -> int:
    """What was shown, until another label has won for so many windows in a row."""
    if shown is None:
        return recent[-1]
    return recent[-1] if len(recent) >= windows and len(set(recent[-windows:])) == 1 else shown


class Smoothing(Config):
    """Which smoothing, and how far it looks.

    Attributes:
        kind: `none`, `majority`, `hysteresis` or `hmm`.
        windows: how many vote, how many in a row a new label must win, or how many an activity lasts on average.
    """

    kind: Literal["none", "majority", "hysteresis", "hmm"] = "none"
    windows: int = Field(default=1, ge=1, le=10_000)

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.kind == "hmm" and self.windows < 2:
            raise ValueError("hmm needs activities that last 2 windows or more")
        return self


class Smoother:
    """One stream's smoothing; a stream has its own, since it remembers.

    Args:
        smoothing: which.
        classes: how many there are.
    """

    def __init__(self, smoothing: Smoothing, classes: int) -> None:
        self._smoothing = smoothing
        self._recent: deque[int] = deque(maxlen=smoothing.windows)
        self._shown: int | None = None
        self._belief: Floats | None = None
        alike = np.full(classes, 1 / classes)
        self._chain = Chain(lasting(smoothing.windows, classes), alike) if smoothing.kind == "hmm" else None

    def reset(self) -> None:
        """Forgets what came before: at a gap, and wherever another stretch begins."""
        self._recent.clear()
        self._shown = self._belief = None

    def step(self, probabilities: ArrayLike, share: float = 1.0) -> int:
        """The class to show for the newest window.

        Args:
            probabilities: `(class,)` of the model, for this window alone.
            share: the part of the window that the one before did not hold; `hmm` alone asks for it.

        Raises:
            InputError: another number of classes, or a share outside 0..1 (both `hmm` alone).
        """
        if self._chain is not None:
            self._belief = self._chain.step(self._belief, probabilities, share)
            return int(self._belief.argmax())
        self._recent.append(int(np.asarray(probabilities).argmax()))
        self._shown = self._of_labels(tuple(self._recent))
        return self._shown

    def _of_labels(self, recent: Sequence[int]) -> int:
        if self._smoothing.kind == "majority":
            return majority(recent, self._shown)
        if self._smoothing.kind == "hysteresis":
            return hysteresis(recent, self._shown, windows=self._smoothing.windows)
        return recent[-1]


NO_SMOOTHING = Smoothing()


def smoothing_of(text: str) -> Smoothing:
    """What a user typed: `none`, `majority`, `majority:7`, `hysteresis:3`, `hmm:20`.

    Raises:
        InputError: an unknown kind, or no number of windows from 1 (`hmm`: 2) to 10,000.
    """
    kind, _, count = text.strip().partition(":")
    if kind not in _USUAL:
        raise InputError(f"unknown smoothing {kind!r}", where="--smoothing", mend=did_you_mean(kind, list(_USUAL)))
    if count and (not count.isdecimal() or len(count) > 6):
        raise InputError(f"{count!r} is no number of windows", where="--smoothing", mend=f"As {kind}:{_USUAL[kind]}")
    return Smoothing.from_input({"kind": kind, "windows": int(count or _USUAL[kind])}, where="--smoothing")
