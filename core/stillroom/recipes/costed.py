"""A model with its counts: by torch's counter, and by a walk over its exported graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.cost.graph import GraphCost, walk
from stillroom.cost.parts import count_parts
from stillroom.export.converting import export_onnx
from stillroom.models.bundle import file_size, load_model
from stillroom.models.forest import Forest
from stillroom.models.recogniser import Member, Recogniser


@dataclass(frozen=True)
class Costed:
    """A model with its counts.

    Attributes:
        name: `teacher` or `student`.
        model: as loaded.
        proto: the same as ONNX.
        graph: what the walk over it found.
        eager_ops: operators that torch would start.
        row: what a script reads of it.
    """

    name: str
    model: Recogniser
    proto: Any
    graph: GraphCost
    eager_ops: int
    row: dict[str, Any]


def count(name: str, folder: Path) -> Costed:
    """Counts a saved model.

    Args:
        name: what it is called.
        folder: of the model.

    Raises:
        InputError: it is damaged, or a package is missing.
        StillroomError: it cannot be written as ONNX.
    """
    model, _ = load_model(folder)
    face = model.interface
    counted = count_parts(model, len(face.layout), face.width)
    proto = export_onnx(model, len(face.layout), face.width)
    graph = walk(proto)
    row = {
        "params": model.parameter_count(),
        "macs": counted.macs + counted.analytic_macs,
        "analytic_macs": counted.analytic_macs,
        "size_bytes": file_size(folder),
        "activation_bytes": graph.peak_activation_bytes,
        "ops": counted.ops,
        "kernels": graph.kernels,
        "channels": len(face.layout),
        "window_s": face.width / face.rate_hz,
        "members": ["forest" if isinstance(member.net, Forest) else "network" for member in model.members
                    if isinstance(member, Member)],
        "parts": [
            {"name": part.name, "params": part.parameters, "size_bytes": part.size_bytes,
             "macs": part.macs + part.analytic_macs}
            for part in counted.parts
        ],
        "warnings": [*counted.warnings, *graph.notes, *(f"not counted: {one}" for one in graph.unknown)],
    }  # fmt: skip
    return Costed(name, model, proto, graph, counted.ops, row)
