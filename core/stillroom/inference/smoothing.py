"""Smoothing of labels over time: small pure functions of the last labels and of the one that was shown.

`recent` holds the labels as the model gave them, the newest last, at most as many as the smoothing looks back;
`shown` is what was shown for the window before, None at the beginning and behind a gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from pydantic import Field

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean

Smooth = Callable[[Sequence[str], str | None], str]


def none(recent: Sequence[str], shown: str | None) -> str:
    """The newest label."""
    return recent[-1]


def majority(recent: Sequence[str], shown: str | None) -> str:
    """The most frequent of the last labels; of equals the one that was shown, else the newest of them."""
    counts = Counter(recent)
    best = [label for label, count in counts.items() if count == max(counts.values())]
    return shown if shown in best else next(label for label in reversed(recent) if label in best)


def hysteresis(recent: Sequence[str], shown: str | None, *, windows: int) -> str:
    """What was shown, until another label has won for so many windows in a row."""
    if shown is None:
        return recent[-1]
    return recent[-1] if len(recent) >= windows and len(set(recent[-windows:])) == 1 else shown


class Smoothing(Config):
    """Which smoothing, and how far it looks back.

    Attributes:
        kind: `none`, `majority` or `hysteresis`.
        windows: how many windows vote, or how many in a row a new label must win.
    """

    kind: str = "none"
    windows: int = Field(default=1, ge=1, le=1000)

    def __call__(self, recent: Sequence[str], shown: str | None) -> str:
        """The label to show."""
        if self.kind == "hysteresis":
            return hysteresis(recent, shown, windows=self.windows)
        return (majority if self.kind == "majority" else none)(recent, shown)


NO_SMOOTHING = Smoothing()
_USUAL = {"none": 1, "majority": 5, "hysteresis": 3}


def smoothing_of(text: str) -> Smoothing:
    """What a user typed: `none`, `majority`, `majority:7`, `hysteresis:3`.

    Raises:
        InputError: an unknown kind, or no number of windows from 1 to 1000.
    """
    kind, _, count = text.strip().partition(":")
    if kind not in _USUAL:
        raise InputError(f"unknown smoothing {kind!r}", where="--smoothing", mend=did_you_mean(kind, list(_USUAL)))
    if not count:
        return Smoothing(kind=kind, windows=_USUAL[kind])
    if not count.isdecimal() or len(count) > 6:
        raise InputError(f"{count!r} is no number of windows", where="--smoothing", mend=f"As {kind}:{_USUAL[kind]}")
    return Smoothing.from_input({"kind": kind, "windows": int(count)}, where="--smoothing")
