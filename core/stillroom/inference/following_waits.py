"""Why no window comes of a stream: a clock that stands still, a channel that stays empty, or too many breaks.

Samples are counted since the last window. Nothing is guessed while the window may simply be long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.inference.following_lines import Sample
from stillroom.runs.manifest import Manifest

_FASTEST = 500  # times the model's rate: milliseconds read as seconds make it a thousand
_STILL = 2000  # samples after which a clock that stands still is refused, and so at most what is remembered of one
_SURE = 20
_BREAKS = 3


class Waits:
    """Counts one stream's samples since the last window.

    Args:
        manifest: of the export.
        where: the stream, for messages.
    """

    def __init__(self, manifest: Manifest, where: str) -> None:
        self._manifest, self._where = manifest, where
        self._breaks = self._incomplete = self._many = 0
        self._empty: NDArray[np.int64] = np.zeros(len(manifest.layout), np.int64)
        self._since_s = self._spent_s = 0.0

    def over(self) -> None:
        """A window has come."""
        self._breaks = self._incomplete = self._many = 0
        self._empty[:] = 0

    def broke(self, held: int) -> None:
        """The stretch was cut, which held so many samples."""
        self._breaks += held > 1
        self._many = 0

    def incomplete(self, sample: Sample) -> None:
        """A sample before a stretch that cannot begin one, since a channel is empty."""
        self._incomplete += 1
        self._empty += np.isnan(sample.values)

    def took(self, stamp_s: float) -> None:
        """A sample of a stretch.

        Raises:
            InputError: the clock stands still, or nearly so.
        """
        if self._incomplete:
            self._incomplete = 0
            self._empty[:] = 0
        self._since_s = self._since_s if self._many else stamp_s
        self._many, self._spent_s = self._many + 1, stamp_s - self._since_s
        if self._many >= _STILL and self._clock_stands():
            raise InputError(
                self._still(),
                where=self._where,
                mend="A clock is t in seconds, t_ms in milliseconds, t_us in microseconds: which does it hold? Where "
                "none tells the time, leave that column out and say how fast the samples come: --rate-hz 50",
            )

    def why(self) -> str:
        """Why no window has come for so many samples; empty where nothing is wrong."""
        if self._incomplete >= _SURE:
            worst = int(self._empty.argmax())
            name, times = self._manifest.layout.names[worst], int(self._empty[worst])
            if times == self._incomplete:
                return f"{name} was empty in each of the last {times} samples"
            return f"none of the last {self._incomplete} samples had every channel; {name} was empty in {times}"
        if self._many >= _SURE and self._clock_stands():
            return self._still()
        if self._breaks >= _BREAKS:
            window_s = self._manifest.width / self._manifest.rate_hz
            return f"it broke off {self._breaks} times before a window of {window_s:g} s was whole"
        return ""

    def _clock_stands(self) -> bool:
        return self._many - 1 > self._spent_s * _FASTEST * self._manifest.rate_hz

    def _still(self) -> str:
        if not self._spent_s:
            return f"the stream's clock stood still for {self._many} samples"
        return f"the stream's clock went on by {self._spent_s:.3g} s in {self._many} samples"
