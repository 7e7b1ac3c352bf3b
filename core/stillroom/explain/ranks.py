"""Whether two explanations of a window put the same cells first: rank correlation, and overlap of the top.

Spearman's correlation is Pearson's of the ranks, ties sharing theirs. An explanation whose cells are all equal has no
order: its correlation is not a number, and is never taken for zero.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray
from scipy.stats import rankdata

from stillroom.base.errors import InputError

Floats = NDArray[np.float64]


def rank_correlation(
    a: Float64[NDArray[np.float64], "window cell"], b: Float64[NDArray[np.float64], "window cell"]
) -> Float64[NDArray[np.float64], " window"]:
    """Spearman's correlation of each window's cells, -1 to 1; not a number where one side is flat.

    Raises:
        InputError: other windows or cells on one side.
    """
    _same_cells(a, b)
    x, y = (rankdata(side, axis=1) - (side.shape[1] + 1) / 2 for side in (a, b))
    size = np.sqrt(np.square(x).sum(axis=1) * np.square(y).sum(axis=1))
    return np.asarray(np.divide((x * y).sum(axis=1), size, out=np.full(len(a), np.nan), where=size > 0))


def top_overlap(
    a: Float64[NDArray[np.float64], "window cell"], b: Float64[NDArray[np.float64], "window cell"], top: int
) -> Float64[NDArray[np.float64], " window"]:
    """The share of the `top` largest cells that both sides have, 0 to 1; `top / cells` is expected by chance.

    Raises:
        InputError: other windows or cells on one side, or more at the top than there are.
    """
    _same_cells(a, b)
    if not 1 <= top <= a.shape[1]:
        raise InputError(f"the top {top} of {a.shape[1]} cells", where="top", mend=f"Give 1 to {a.shape[1]}")
    return np.asarray((_top(a, top) & _top(b, top)).sum(axis=1) / top)


def defined_mean(values: Float64[NDArray[np.float64], " window"]) -> float | None:
    """The mean of those that are numbers; None where none is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _top(values: Floats, top: int) -> NDArray[np.bool_]:
    chosen = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(chosen, np.argsort(-values, axis=1, kind="stable")[:, :top], True, axis=1)
    return chosen


def _same_cells(a: Floats, b: Floats) -> None:
    if a.ndim != 2 or a.shape != b.shape or not a.size:
        raise InputError(f"cells of shapes {a.shape} and {b.shape} have no common order", where="attributions")
