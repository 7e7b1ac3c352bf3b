"""Whether a model's probabilities can be believed: expected calibration error, Brier score, negative log likelihood.

ECE = sum over bins of (windows in bin / windows) * |accuracy - mean confidence|, the confidence being the largest
probability (Guo et al. 2017, arXiv 1706.04599). Bins hold equal numbers of windows (`mass`, the default; equal
confidences share a bin) or are equally wide (`width`, Guo's). With few windows to a bin ECE is too high by chance.
Brier (1950) is summed over classes: 0 is perfect, 2 the worst. NLL is in nats, probabilities floored at 2.2e-16.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError
from stillroom.evaluation.arrays import class_codes, same_length

Floats = NDArray[np.float64]

_FLOOR = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Bin:
    """The windows of one range of confidence.

    Attributes:
        confidence: their mean largest probability.
        accuracy: the share that was right.
        count: how many; never 0.
    """

    confidence: float
    accuracy: float
    count: int


@dataclass(frozen=True)
class Calibration:
    """How far probabilities can be believed.

    Attributes:
        ece: expected calibration error, 0..1.
        brier: summed over classes, 0..2.
        nll: mean negative log likelihood, nats.
        bins: what a reliability diagram draws; empty bins are left out.
    """

    ece: float
    brier: float
    nll: float
    bins: tuple[Bin, ...]


def calibration(
    truth: ArrayLike, probabilities: ArrayLike, bins: int = 15, binning: Literal["mass", "width"] = "mass"
) -> Calibration:
    """Measures calibration.

    Args:
        truth: `(window,)` class indices.
        probabilities: `(window, class)`, each row summing to 1.
        bins: how many at most.
        binning: `mass` (equal numbers of windows) or `width` (equal widths of confidence).

    Raises:
        InputError: shapes that do not match, rows that are no probabilities, or fewer than one bin.
    """
    chances = _probabilities(probabilities)
    true = class_codes(truth, chances.shape[1], "truth")
    same_length(truth=true, probabilities=chances)
    table = _reliability(true, chances, bins, binning)
    return Calibration(
        ece=sum(one.count * abs(one.accuracy - one.confidence) for one in table) / len(true),
        brier=float(np.mean(np.sum((chances - np.eye(chances.shape[1])[true]) ** 2, axis=1))),
        nll=float(-np.mean(np.log(np.clip(chances[np.arange(len(true)), true], _FLOOR, 1.0)))),
        bins=table,
    )


def _reliability(true: NDArray[np.int64], chances: Floats, bins: int, binning: str) -> tuple[Bin, ...]:
    if bins < 1 or binning not in ("mass", "width"):
        raise InputError(f"cannot make {bins} bins by {binning!r}", where="bins", mend="Known: mass, width")
    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == true
    shares = np.arange(1, bins) / bins
    # Edges instead of a split of the sorted windows: equal confidences then never depend on the windows' order.
    inner = np.quantile(confidence, shares) if binning == "mass" else shares
    which = np.searchsorted(inner, confidence, side="left")
    members = [which == one for one in np.unique(which)]
    return tuple(
        Bin(float(confidence[rows].mean()), float(right[rows].mean()), int(np.count_nonzero(rows))) for rows in members
    )


def _probabilities(values: ArrayLike) -> Floats:
    chances = np.asarray(values, dtype=np.float64)
    if chances.ndim != 2 or not chances.size:
        raise InputError(f"probabilities must be (window, class), got shape {chances.shape}", where="probabilities")
    # 1e-3 lets float32 and quantised softmax pass; logits and percentages do not. NaN fails the comparison.
    proper = (np.abs(chances.sum(axis=1) - 1) <= 1e-3) & (chances >= -1e-6).all(axis=1)
    if len(wrong := np.flatnonzero(~proper)):
        raise InputError(
            "a row is no probability distribution",
            where=f"probabilities, window {wrong[0]}",
            mend="Give softmax outputs (each row sums to 1), not logits",
        )
    return chances
