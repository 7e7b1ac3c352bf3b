"""A recording written out again at the speed at which it was made, so that a stream can be tried without a sensor.

Lines of CSV under a header that names the channels, `t` in seconds first. Nothing is written for the samples of a gap.
A loop begins again after a second's silence, with its clock going on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from stillroom.base.errors import InputError
from stillroom.data.recording import Recording

_BATCH_S, _SILENCE_S, _NOTHING_S = 0.02, 1.0, 1e-6


def header_of(recording: Recording) -> bytes:
    """The line of names."""
    return (",".join(("t", *recording.layout.names)) + "\n").encode()


def rows_of(recording: Recording, from_s: float = 0.0) -> Iterator[tuple[float, bytes]]:
    """Each sample's time and its line.

    Args:
        recording: to write out.
        from_s: added to every time.
    """
    for first, stop in recording.segments.tolist():
        for place in range(first, stop):
            at_s = from_s + place / recording.rate_hz
            values = ",".join(f"{value:.6g}" for value in recording.signal[:, place].tolist())
            yield at_s, f"{at_s:.6f},{values}\n".encode()


def played(
    recording: Recording,
    *,
    speed: float = 1.0,
    loop: bool = False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[bytes]:
    """What a bridge would have written since the last time, some fifty times a second; nothing where nothing is due.

    Args:
        recording: to play.
        speed: 1 for true speed.
        loop: begin again at its end.
        clock: seconds that only go forward.
        sleep: waits for so many seconds.

    Raises:
        InputError: a speed that is none, or a recording without a sample.
    """
    if not np.isfinite(speed) or speed <= 0:
        raise InputError(f"{speed:g} is no speed", where="--speed", mend="As --speed 1")
    if not len(recording.segments):
        raise InputError("the recording holds no sample", where=recording.name)
    yield header_of(recording)
    began, from_s = clock(), 0.0
    while True:
        for at_s, line in rows_of(recording, from_s):
            while (early_s := at_s / speed - (clock() - began)) > _NOTHING_S:
                yield b""
                sleep(min(early_s, _BATCH_S))
            yield line
        if not loop:
            return
        from_s += recording.duration_s + _SILENCE_S
