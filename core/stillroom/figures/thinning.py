"""Fewer points for a screen: the lowest and the highest of each stretch, in the order in which they come.

A line of a thousand pixels shows no more than two values a pixel; keeping the extremes keeps every peak and every
knock, which a plain stride would lose. A gap (NaN) stays a gap.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

POINTS = 1500


def thin(x: ArrayLike, y: ArrayLike, points: int = POINTS) -> tuple[Floats, Floats]:
    """At most `points` of a line.

    Args:
        x: `(sample,)`, rising.
        y: `(sample,)`; NaN where there is a gap.
        points: at least 3.

    Returns:
        x and y of the kept samples: of each stretch of equally many samples its lowest, its highest and, where it has
        one, a gap.
    """
    times, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if len(times) <= points:
        return times, values
    gaps = np.isnan(values)
    width = -(-len(times) // (points // (3 if gaps.any() else 2)))
    padded = np.arange(-(-len(times) // width) * width).clip(max=len(times) - 1)
    rows = padded.reshape(-1, width)
    low = np.where(gaps, np.inf, values)[rows].argmin(axis=1)
    high = np.where(gaps, -np.inf, values)[rows].argmax(axis=1)
    each = np.arange(len(rows))
    chosen = [rows[each, low], rows[each, high]]
    if gaps.any():
        chosen.append(rows[each, gaps[rows].argmax(axis=1)][gaps[rows].any(axis=1)])
    kept = np.unique(np.concatenate(chosen))
    return times[kept], values[kept]
