"""The bank: every recording's signal end to end in one array, so that a window is a pair of numbers.

A window is `signal[:, start:start + width]` of the bank, never a copy, and a batch of windows is one gather.
Windows that overlap tenfold cost tenfold index, and not one sample more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stillroom.data.recording import Recording
from stillroom.sensors.layout import Layout


@dataclass(frozen=True)
class Bank:
    """Signals laid end to end.

    Attributes:
        layout: the channels.
        signal: `(channel, time)` float32.
        offsets: `(recording + 1,)` where each recording begins; the last is the total length.
    """

    layout: Layout
    signal: NDArray[np.float32]
    offsets: NDArray[np.int64]

    def windows(self, width: int) -> NDArray[np.float32]:
        """Every window of `width` samples as a read-only view `(channel, start, width)`; nothing is copied."""
        return sliding_window_view(self.signal, width, axis=1)

    def gather(self, starts: NDArray[np.int64], width: int) -> NDArray[np.float32]:
        """The windows that begin at `starts`, `(window, channel, time)`: a copy of just these."""
        return np.ascontiguousarray(self.windows(width)[:, starts].transpose(1, 0, 2))

    def view(self, layout: Layout) -> Bank:
        """A bank of some of the channels."""
        if layout.names == self.layout.names:
            return self
        return Bank(layout, self.signal[self.layout.indices_of(layout)], self.offsets)


def bank_of(recordings: Sequence[Recording], layout: Layout) -> Bank:
    """Lays some channels of recordings end to end.

    Raises:
        InputError: a recording lacks a channel, or has it in another unit.
    """
    lengths = [recording.signal.shape[1] for recording in recordings]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    signal = np.empty((len(layout), int(offsets[-1])), dtype=np.float32)
    for recording, first, length in zip(recordings, offsets[:-1], lengths, strict=True):
        signal[:, first : first + length] = recording.signal[recording.layout.indices_of(layout)]
    return Bank(layout, signal, offsets)
