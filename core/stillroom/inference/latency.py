"""How long answers took, in few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def latency(took_ms: Sequence[float]) -> dict[str, Any]:
    """Median, 95th percentile and number of single latencies; null where there is none."""
    if not took_ms:
        return {"median": None, "p95": None, "n": 0}
    return {"median": float(np.median(took_ms)), "p95": float(np.percentile(took_ms, 95)), "n": len(took_ms)}
