"""Window by window: an iterator of windows in, an iterator of predictions out.

A recording is one source of windows; a device that delivers them one by one is another, and needs nothing else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.recording import Recording
from stillroom.inference.fitting import fitted
from stillroom.inference.predictor import Predictor
from stillroom.inference.smoothing import NO_SMOOTHING, Smoother, Smoothing

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Window:
    """What is asked about.

    Attributes:
        start_s: of its first sample.
        end_s: one step behind its last.
        values: `(channel, time)` in physical units.
        stretch: which unbroken piece it belongs to; a new one forgets what was shown.
    """

    start_s: float
    end_s: float
    values: Floats
    stretch: int = 0


@dataclass(frozen=True)
class Prediction:
    """What was answered.

    Attributes:
        start_s: of the window.
        end_s: of the window.
        label: the most likely class.
        smoothed: what is shown, after the smoothing.
        probability: of every class, in order.
        latency_ms: from the window to its probabilities.
    """

    start_s: float
    end_s: float
    label: str
    smoothed: str
    probability: dict[str, float]
    latency_ms: float


def windows_of(recording: Recording, width: int, stride: int) -> Iterator[Window]:
    """A recording's windows in the order of time; none crosses a gap.

    Args:
        recording: with the model's channels and rate.
        width: samples in a window.
        stride: samples from one window's start to the next.
    """
    rate_hz = recording.rate_hz
    for number, (first, stop) in enumerate(recording.segments.tolist()):
        for start in range(first, stop - width + 1, stride):
            values = recording.signal[:, start : start + width]
            yield Window(start / rate_hz, (start + width) / rate_hz, values, number)


def predictions(
    windows: Iterable[Window],
    predictor: Predictor,
    smoothing: Smoothing = NO_SMOOTHING,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Prediction]:
    """Answers windows one by one, each before the next is asked for."""
    classes = predictor.classes
    smoother = Smoother(smoothing, len(classes))
    before: Window | None = None
    for window in windows:
        if before is None or window.stretch != before.stretch:
            smoother.reset()
            before = None
        began = clock()
        shares = predictor(window.values[None])[0]
        took_s = clock() - began
        shown = smoother.step(shares, _new_share(window, before))
        before = window
        label = classes[int(shares.argmax())]
        named = dict(zip(classes, map(float, shares), strict=True))
        yield Prediction(window.start_s, window.end_s, label, classes[shown], named, 1e3 * took_s)


def stream(
    recording: Recording,
    predictor: Predictor,
    stride_s: float | None = None,
    smoothing: Smoothing = NO_SMOOTHING,
) -> Iterator[Prediction]:
    """Streams a recording through an exported student.

    Args:
        recording: with the model's channels, at its rate or a higher one.
        predictor: the student.
        stride_s: from one window to the next; half a window by default.
        smoothing: of what is shown.

    Raises:
        InputError: the recording does not fit the model; the sentence names the likely mistake.
    """
    ready = fitted(recording, predictor.manifest)
    yield from predictions(windows_of(ready, predictor.width, stride_of(predictor, stride_s)), predictor, smoothing)


def stride_of(predictor: Predictor, stride_s: float | None) -> int:
    """Samples from one window to the next, at least one."""
    wanted = predictor.width / 2 if stride_s is None else stride_s * predictor.rate_hz
    if not math.isfinite(wanted):
        raise InputError(f"{stride_s} s is no step between windows", where="--stride-s", mend="As --stride-s 1")
    return max(1, round(wanted))


def _new_share(window: Window, before: Window | None) -> float:
    """The part of a window that the one before did not hold; all of the first."""
    if before is None:
        return 1.0
    return min(1.0, (window.start_s - before.start_s) / (window.end_s - window.start_s))
