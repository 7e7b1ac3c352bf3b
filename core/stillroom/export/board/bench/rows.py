"""A row of the results: one model in one runtime and way of running, its times and how right its answers were."""
# ruff: noqa: UP006, UP035

import hashlib
from pathlib import Path
from typing import Any, Dict, List, Sequence

import numpy as np

Row = Dict[str, Any]

FEWEST = 20
_WAY = ("provider", "options", "cuda_graph", "loop", "threads")
_FOUND = (
    "n",
    "p50_ms",
    "p90_ms",
    "p99_ms",
    "min_ms",
    "mean_ms",
    "enqueue_ms",
    "parity",
    "energy",
    "per_layer",
    "error",
)


class NotMeasuredError(Exception):
    """One measurement could not be made; the sentence goes into its row."""


def row(model: Row, precision: str, runtime: str, **facts: Any) -> Row:
    """A row with every key; what is not known is null."""
    known = {
        "model": model["name"],
        "model_sha256": model["sha256"],
        "precision": precision,
        "runtime": runtime,
        "batch": 1,
    }
    return {**known, **dict.fromkeys((*_WAY, *_FOUND)), **facts}


def figures(times_ms: Sequence[float]) -> Row:
    """Percentiles of the times of single calls.

    Raises:
        NotMeasuredError: too few calls to speak of percentiles.
    """
    if len(times_ms) < FEWEST:
        raise NotMeasuredError(f"only {len(times_ms)} calls were timed, fewer than {FEWEST}")
    p50, p90, p99 = (float(value) for value in np.percentile(times_ms, (50, 90, 99)))
    return {
        "n": len(times_ms),
        "p50_ms": p50,
        "p90_ms": p90,
        "p99_ms": p99,
        "min_ms": float(np.min(times_ms)),
        "mean_ms": float(np.mean(times_ms)),
    }


def parity(found: Any, expected: Any, runtime: str) -> Row:
    """How far logits `(window, class)` lie from those expected, and how many labels agree.

    Raises:
        NotMeasuredError: the answers have another shape, or are not numbers.
    """
    if found.shape != expected.shape:
        raise NotMeasuredError(f"the answers have shape {found.shape}, expected {expected.shape}")
    if not np.isfinite(found).all():
        raise NotMeasuredError("some answers are not finite")
    return {
        "max_abs": float(np.abs(found.astype(np.float64) - expected).max()),
        "label_agreement": float((found.argmax(1) == expected.argmax(1)).mean()),
        "windows": len(expected),
        "runtime": runtime,
    }


def sha256(path: str) -> str:
    """The SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def pick(models: List[Row], precision: str) -> List[Row]:
    """The model of a precision with the lowest opset, which every runtime reads; none where the bundle has none."""
    return sorted(
        (model for model in models if model["precision"] == precision), key=lambda model: int(model["opset"])
    )[:1]
