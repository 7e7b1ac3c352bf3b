"""Arrays as text for the browser: base64 of little-endian numbers, and shares in 8 bits.

What they mean is known to those who send them.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARES = 255


def text_of(array: NDArray[Any]) -> str:
    """An array's bytes as base64."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def bytes_of(share: NDArray[Any]) -> NDArray[np.uint8]:
    """Shares from 0 to 1 in 8 bits."""
    return np.rint(np.clip(share.astype(np.float64), 0, 1) * SHARES).astype(np.uint8)
