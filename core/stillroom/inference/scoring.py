"""What a stream was worth: labels against the truth, where a recording has one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from stillroom.data.recording import UNLABELLED
from stillroom.evaluation.metrics import scores

_LEAST_SHARE = 0.5


def truth_of(codes: NDArray[np.int16], first: int, width: int) -> int:
    """The class that holds for at least half of a window, else `UNLABELLED`.

    Args:
        codes: `(time,)` the class of each sample.
        first: the window's first sample.
        width: its samples.
    """
    held = codes[first : first + width]
    known = held[held != UNLABELLED]
    if not len(known):
        return UNLABELLED
    counts = np.bincount(known)
    best = int(counts.argmax())
    return best if counts[best] >= _LEAST_SHARE * width else UNLABELLED


def macro_f1(pairs: Iterable[tuple[str | None, str]], classes: Sequence[str]) -> float | None:
    """Of `(truth, label)` pairs; windows without a truth do not count, and None where none has one."""
    known = [(classes.index(true), classes.index(said)) for true, said in pairs if true is not None]
    if not known:
        return None
    truth, label = (np.array(column) for column in zip(*known, strict=True))
    return scores(truth, label, classes).macro_f1
