"""Unit quaternions as signals: `q` and `-q` are one orientation, so a jump of sign is taken out before filtering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def without_sign_jumps(values: Floats) -> Floats:
    """`(4, time)` with each sample's sign chosen nearest the one before it; the first keeps its own."""
    turned = (values[:, 1:] * values[:, :-1]).sum(axis=0) < 0
    return values * np.where(np.concatenate([[0], np.cumsum(turned)]) % 2, -1.0, 1.0)


def unit(values: Floats) -> Floats:
    """`(4, time)` scaled to length 1; a sample without a length stays as it is."""
    length = np.sqrt((values**2).sum(axis=0))
    return values / np.where(length > 1e-6, length, 1.0)
