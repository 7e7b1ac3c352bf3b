"""The normaliser: mean and spread of each channel over the training people's windows, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64
from numpy.typing import NDArray


@dataclass(frozen=True)
class Normaliser:
    """Standardisation of channels.

    Attributes:
        mean: `(channel,)`.
        sd: `(channel,)`; 1 where the channel never moved, so that nothing is divided by zero.
    """

    mean: Float32[NDArray[np.float32], " channel"]
    sd: Float32[NDArray[np.float32], " channel"]

    def __call__(
        self, windows: Float32[NDArray[np.float32], "window channel time"]
    ) -> Float32[NDArray[np.float32], "window channel time"]:
        """Standardises `(window, channel, time)`."""
        return np.asarray((windows - self.mean[:, None]) / self.sd[:, None], dtype=np.float32)


def fit_normaliser(
    signal: Float32[NDArray[np.float32], "channel time"], starts: Int64[NDArray[np.int64], " window"], width: int
) -> Normaliser:
    """Fits on the samples that at least one of the given windows covers, each counted once.

    Args:
        signal: `(channel, time)`.
        starts: `(window,)` first samples of the training windows.
        width: samples in a window.
    """
    edges = np.zeros(signal.shape[1] + 1, dtype=np.int64)
    np.add.at(edges, starts, 1)
    np.add.at(edges, starts + width, -1)
    seen = signal[:, np.cumsum(edges)[:-1] > 0].astype(np.float64)
    sd = seen.std(axis=1)
    still = sd <= 1e-6 * np.maximum(np.abs(seen).max(axis=1), 1e-12)
    return Normaliser(seen.mean(axis=1).astype(np.float32), np.where(still, 1.0, sd).astype(np.float32))
