"""Clocks: from the stamps that a device wrote to the times at which it sampled.

Stamps are often bursty (a radio delivers packets), doubled, or drift against another device's. A device samples
evenly, so its samples are laid on the straight line that fits their stamps best. A long silence is a gap and breaks
the line; samples lost from otherwise regular stamps leave empty slots on it; a clock that wanders gets several lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError

Floats = NDArray[np.float64]

# A step this far (in steps) from a whole number of steps is jitter, not loss.
_REGULAR = 0.25
_REGULAR_SHARE = 0.95
# A line is bent when a second's mean error exceeds this many steps, and this many seconds.
_WANDER_STEPS, _WANDER_S = 1.5, 0.03


@dataclass(frozen=True)
class EvenRun:
    """A stretch of samples without a gap, evenly spaced in time.

    Attributes:
        first: index of the run's first sample in its stream.
        count: number of samples.
        start_s: time of the first sample.
        rate_hz: the rate that the stamps show; nan where they show none (one sample, or all at one time).
        lost: `(count,)` how many samples were lost before each one, all told; None where none was.
    """

    first: int
    count: int
    start_s: float
    rate_hz: float
    lost: NDArray[np.int64] | None = None

    @property
    def stop(self) -> int:
        """One past the index of the last sample."""
        return self.first + self.count

    def slots(self) -> NDArray[np.int64]:
        """`(count,)` the place of each sample on the even clock, from 0."""
        return np.arange(self.count) + (0 if self.lost is None else self.lost)

    def times_s(self) -> Floats:
        """`(count,)` the time of each sample, in seconds."""
        return self.start_s + self.slots() / (self.rate_hz if np.isfinite(self.rate_hz) else np.inf)


def even_runs(stamps_s: Floats, *, gap_s: float, where: str = "", settle: float = 0.2) -> list[EvenRun]:
    """Splits stamps at gaps and fits an even clock to each stretch.

    Args:
        stamps_s: `(sample,)` stamps in seconds, never decreasing.
        gap_s: a step longer than this is a gap, unless the device is so slow that two and a half of its steps are.
        where: the file, for error messages.
        settle: how far (as a fraction) the rates within a stretch may differ.

    Raises:
        InputError: a stamp is missing, time runs backwards, or one stretch holds two rates.
    """
    if not len(stamps_s):
        raise InputError("there is no sample", where=where, mend="Record again, or leave the file out")
    if len(missing := np.flatnonzero(~np.isfinite(stamps_s))):
        raise InputError("a stamp is missing", where=_at(where, f"sample {missing[0] + 1}"), mend="Leave the row out")
    steps = np.diff(stamps_s)
    if len(backwards := np.flatnonzero(steps < 0)):
        row = int(backwards[0]) + 2
        raise InputError(
            f"time runs backwards by {-steps[row - 2]:.3f} s",
            where=_at(where, f"sample {row}"),
            mend="Sort the rows by time, or split the file where the clock was set back",
        )
    longest = max(gap_s, 2.5 * float(np.median(steps))) if len(steps) else gap_s
    edges = [0, *(np.flatnonzero(steps > longest) + 1).tolist(), len(stamps_s)]
    return [
        run
        for first, stop in pairwise(edges)
        for run in _stretch(stamps_s, first, stop, _at(where, f"samples {first + 1} to {stop}"), settle)
    ]


def line_of(stamps_s: Floats) -> EvenRun:
    """The one straight line through a stretch without a gap, however its clock wanders.

    For a stream whose end is not there yet: `even_runs` looks at the whole, and may break it where this does not.

    Args:
        stamps_s: `(sample,)` finite stamps in seconds, never decreasing; at least one.
    """
    if len(stamps_s) < 2 or stamps_s[-1] == stamps_s[0]:
        return EvenRun(0, len(stamps_s), float(stamps_s[0]), float("nan"))
    lost = _lost(stamps_s)
    step, start = np.polyfit(np.arange(len(stamps_s)) + lost, stamps_s - stamps_s[0], 1)
    return EvenRun(0, len(stamps_s), float(stamps_s[0] + start), float(1 / step), lost if lost[-1] else None)


def shows_its_rate(stamps_s: Floats) -> bool:
    """Whether a line through a stretch's stamps tells its rate: at once where they are regular, else after a while.

    Stamps that come in bursts make a staircase; after eight of its longest steps the line is 1.4 % off at most.
    """
    steps = np.diff(stamps_s)
    if len(steps) < 3 or stamps_s[-1] == stamps_s[0]:
        return False
    return _is_regular(steps, float(np.median(steps))) or stamps_s[-1] - stamps_s[0] >= 8 * steps.max() - 1e-6


def _at(where: str, place: str) -> str:
    return f"{where}, {place}".strip(", ")


def _stretch(stamps_s: Floats, first: int, stop: int, where: str, settle: float) -> list[EvenRun]:
    """The lines that fit one stretch: one, unless its clock wanders."""
    part = stamps_s[first:stop]
    if len(part) < 2 or part[-1] == part[0]:
        return [EvenRun(first, stop - first, float(part[0]), float("nan"))]
    _refuse_two_rates(part, where, settle)
    lost = _lost(part)
    pieces, runs = [(0, len(part))], []
    while pieces:
        start, end = pieces.pop()
        run, bend = _line(part[start:end], lost[start:end] - lost[start])
        if bend:
            pieces += [(start + bend, end), (start, start + bend)]
        else:
            runs.append(EvenRun(first + start, end - start, run.start_s, run.rate_hz, run.lost))
    return runs


def _line(part: Floats, lost: NDArray[np.int64]) -> tuple[EvenRun, int]:
    """The straight line through a stretch, and where to break it: 0 where it holds."""
    slots = np.arange(len(part)) + lost
    step, start = np.polyfit(slots, part - part[0], 1)
    run = EvenRun(0, len(part), float(part[0] + start), float(1 / step), lost if lost[-1] else None)
    size = max(20, round(1 / step))
    if len(part) < 4 * size:
        return run, 0
    edges = np.arange(0, len(part) - size + 1, size)
    error = np.add.reduceat((part - part[0]) - (start + step * slots), edges) / np.diff([*edges, len(part)])
    limit = max(_WANDER_STEPS * step, _WANDER_S)
    if np.abs(error).max() <= limit:
        return run, 0
    jumps = np.abs(np.diff(error))
    if jumps.max() > limit:  # samples went missing here: break where the silence was
        low = int(edges[jumps.argmax()])
        return run, low + 1 + int(np.diff(part[low : low + 2 * size]).argmax())
    return run, int(edges[1 + np.abs(error[1:]).argmax()])


def _lost(part: Floats) -> NDArray[np.int64]:
    """How many samples were lost before each one: 0 throughout unless that explains the stamps better."""
    none = np.zeros(len(part), dtype=np.int64)
    steps = np.diff(part)
    step = float(np.median(steps))
    if not _is_regular(steps, step):
        return none
    lost = np.concatenate([[0], np.cumsum(_whole(steps, step) - 1)]).astype(np.int64)
    return lost if lost[-1] and _misfit(part, lost) < _misfit(part, none) else none


def _whole(steps: Floats, step: float) -> Floats:
    return np.maximum(np.rint(steps / step), 1)


def _is_regular(steps: Floats, step: float) -> bool:
    """Whether nearly every step is a whole number of `step`: stamps without bursts, samples lost or not."""
    return step > 0 and float((np.abs(steps - _whole(steps, step) * step) <= _REGULAR * step).mean()) >= _REGULAR_SHARE


def _misfit(part: Floats, lost: NDArray[np.int64]) -> float:
    slots = np.arange(len(part)) + lost
    line = np.polyfit(slots, part - part[0], 1)
    return float(np.abs(part - part[0] - np.polyval(line, slots)).mean())


def _refuse_two_rates(part: Floats, where: str, settle: float) -> None:
    steps = np.diff(part)
    step = float(np.median(steps))
    regular = _is_regular(steps, step)
    # Bursts blur a short block's mean step; lost samples do not move a regular block's median.
    blocks = min(8, len(part) // 50, 8 if regular else max(2, int((part[-1] - part[0]) / 5)))
    if blocks < 2:
        return
    summary = np.median if regular else np.mean
    typical = np.array([float(summary(block)) for block in np.array_split(steps, blocks)])
    if typical.max() > (1 + settle) * typical.min():
        other = typical[np.abs(typical - typical[0]).argmax()]
        raise InputError(
            f"two rates in one recording: {_hz(typical[0])}, then {_hz(other)}",
            where=where,
            mend="Split the file where the rate changes; each part is resampled on its own",
        )


def _hz(step: float) -> str:
    return f"{1 / step:.1f} Hz" if step > 0 else "no rate"
