"""Clocks: from the stamps that a device wrote to the times at which it sampled.

Stamps are often bursty (a radio delivers packets), doubled, or drift against another device's. Between two gaps a
device samples evenly, so its samples are laid on the straight line that fits their stamps best. Gaps stay breaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EvenRun:
    """A stretch of samples without a gap, evenly spaced in time.

    Attributes:
        first: index of the run's first sample in its stream.
        count: number of samples.
        start_s: time of the first sample.
        rate_hz: the rate that the stamps show; nan for a run of one sample.
    """

    first: int
    count: int
    start_s: float
    rate_hz: float

    @property
    def stop(self) -> int:
        """One past the index of the last sample."""
        return self.first + self.count

    def times_s(self) -> Floats:
        """The time of each sample, in seconds."""
        return self.start_s + np.arange(self.count) / (self.rate_hz if self.count > 1 else 1.0)


def even_runs(stamps_s: Floats, *, gap_s: float, where: str = "", settle: float = 0.2) -> list[EvenRun]:
    """Splits stamps at gaps and fits an even clock to each stretch.

    Args:
        stamps_s: `(sample,)` stamps in seconds, never decreasing.
        gap_s: a step longer than this is a gap.
        where: the file, for error messages.
        settle: how far (as a fraction) the rates of a stretch's two halves may differ.

    Raises:
        InputError: time runs backwards, or one stretch holds two rates.
    """
    steps = np.diff(stamps_s)
    if len(backwards := np.flatnonzero(steps < 0)):
        row = int(backwards[0]) + 2
        raise InputError(
            f"time runs backwards by {-steps[row - 2]:.3f} s",
            where=f"{where}, sample {row}".strip(", "),
            mend="Sort the rows by time, or split the file where the clock was set back",
        )
    edges = [0, *(np.flatnonzero(steps > gap_s) + 1).tolist(), len(stamps_s)]
    return [_fit(stamps_s, first, stop, where, settle) for first, stop in pairwise(edges) if stop > first]


def _fit(stamps_s: Floats, first: int, stop: int, where: str, settle: float) -> EvenRun:
    part = stamps_s[first:stop]
    count = stop - first
    if count < 2 or part[-1] == part[0]:
        return EvenRun(first, 1 if count < 2 else count, float(part[0]), float("nan"))
    _refuse_two_rates(part, first, where, settle)
    step, start = np.polyfit(np.arange(count), part - part[0], 1)
    return EvenRun(first, count, float(part[0] + start), float(1 / step))


def _refuse_two_rates(part: Floats, first: int, where: str, settle: float) -> None:
    half = len(part) // 2
    if half < 50:
        return
    early = (part[half] - part[0]) / half
    late = (part[-1] - part[half]) / (len(part) - 1 - half)
    if abs(early - late) > settle * min(early, late):
        raise InputError(
            f"two rates in one recording: {1 / early:.1f} Hz, then {1 / late:.1f} Hz",
            where=f"{where}, samples {first + 1} to {first + len(part)}".strip(", "),
            mend="Split the file where the rate changes; each part is resampled on its own",
        )
