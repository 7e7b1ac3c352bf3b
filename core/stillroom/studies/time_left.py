"""How long the rest of a study takes, as a range, from how long its runs took so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_RECENT = 20
_ONE_SPREAD = 0.3


def time_left(took_s: Sequence[float], left: float, at_once: int) -> tuple[float, float] | None:
    """Seconds, as a low and a high guess; None before any run has ended.

    Args:
        took_s: of each run that ended, in their order; the first ones also make what later ones share.
        left: how many runs are left, those under way counted by what is left of them.
        at_once: how many run beside each other.
    """
    if not took_s or left <= 0:
        return None if not took_s else (0.0, 0.0)
    recent = np.asarray(took_s[-_RECENT:])
    low, high = np.quantile(recent, [0.25, 0.75])
    slack = _ONE_SPREAD * float(recent.mean()) / np.sqrt(len(recent))  # few runs say little
    turns = max(left / at_once, min(left, 1.0))
    return max(0.0, float(low) - slack) * turns, (float(high) + slack) * turns


def in_words(left_s: tuple[float, float] | None) -> str:
    """As `2 to 3 min`; empty where nothing is known."""
    if left_s is None:
        return ""
    low, high = left_s
    for size, unit in ((3600.0, "h"), (60.0, "min"), (1.0, "s")):
        if high >= 2 * size or unit == "s":
            few, many = f"{low / size:.0f}", f"{high / size:.0f}"
            return f"{many} {unit} left" if few == many else f"{few} to {many} {unit} left"
    return ""
