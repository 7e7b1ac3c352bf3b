"""How amounts of costs are written, wherever they stand: in figures, on pages and in reports. Needs no Plotly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MODELS = ("teacher", "student")
HERE = "this computer"
_RUNTIMES = {"eager": "eager torch", "onnxruntime": "ONNX Runtime", "tensorrt": "TensorRT"}


def runtime_of(name: str) -> str:
    """A runtime as people write it."""
    return _RUNTIMES.get(name, name)


def measured(figure: Mapping[str, Any]) -> bool:
    """Whether a figure was measured; all others are estimates."""
    return str(figure["provenance"]).startswith("measured")


def times(ratio: float) -> str:
    """So many times, two digits of it."""
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def count(number: float) -> str:
    """A number of things, in thousands or millions where there are many."""
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number / 1e3:.0f} k" if number >= 1e4 else f"{number:,.0f}"


def size(in_bytes: float) -> str:
    """Bytes, in KiB or MiB where there are many."""
    if in_bytes >= 1 << 20:
        return f"{in_bytes / (1 << 20):.1f} MiB"
    return f"{in_bytes / 1024:.1f} KiB" if in_bytes >= 1000 else f"{in_bytes:.0f} B"


def amount(value: float | None) -> str:
    """Three digits without an exponent."""
    return "?" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
