"""What a graph says of itself, in its metadata: channels, units, rate, classes, normaliser, and how it came to be.

The same stands in the manifest beside it; here it survives a file that is carried off alone. Written last, since
other tools add keys of their own. Values are JSON.
"""

from __future__ import annotations

from typing import Any

import onnx

from stillroom.base.config import canonical_json
from stillroom.export.face import Face, portable
from stillroom.export.stripping import stripped

PREFIX = "stillroom."


def described(proto: onnx.ModelProto, face: Face, precision: str) -> onnx.ModelProto:
    """A copy with nothing but our metadata."""
    out = stripped(proto)
    for name, value in _facts(face, precision).items():
        out.metadata_props.add(key=f"{PREFIX}{name}", value=canonical_json(value))
    return out


def _facts(face: Face, precision: str) -> dict[str, Any]:
    return {
        "channels": list(face.layout.names),
        "units": [channel.unit for channel in face.layout],
        "rate_hz": face.rate_hz,
        "width": face.width,
        "classes": list(face.classes),
        "normaliser": {"inside": True, "mean": list(face.mean), "sd": list(face.sd)},
        "provenance": portable(face.provenance),
        "precision": precision,
    }
