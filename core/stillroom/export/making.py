"""Writing an export: every file made, compared with the model and described before the folder appears, whole.

The recipe, one trace for all: trace, fold the normaliser, choose the convolutions' form, lower the opset, shrink the
numbers, compare with the model on 256 or more windows, describe. A full-precision file that answers otherwise than the
model refuses the export; the smaller ones are written with what they lost beside them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from torch import nn

from stillroom.base.events import Emit, Event
from stillroom.base.paths import whole_file
from stillroom.export.checking import Parity, refuse_unlike, verify
from stillroom.export.converting import shaped
from stillroom.export.describing import described
from stillroom.export.evidence import Evidence, answers_of, enough
from stillroom.export.extra import PACKAGES
from stillroom.export.face import Face, portable
from stillroom.export.folders import whole_folder
from stillroom.export.halving import half as halved
from stillroom.export.plan import Wanted
from stillroom.export.quantising import quantise
from stillroom.export.sessions import interleaved_ms, opened
from stillroom.export.tracing import traced
from stillroom.runs.manifest import FORMAT, ExportFile, Manifest, write_manifest

Floats = NDArray[np.float32]


@dataclass
class _Made:
    """What lies in the folder so far."""

    folder: Path
    face: Face
    files: list[ExportFile] = field(default_factory=list)
    checks: dict[str, Any] = field(default_factory=dict)
    protos: dict[str, onnx.ModelProto] = field(default_factory=dict)

    def add(self, item: Wanted, proto: onnx.ModelProto, parity: Parity) -> None:
        """Writes one file."""
        data = described(proto, self.face, item.precision).SerializeToString(deterministic=True)
        with whole_file(self.folder / item.name) as beside:
            beside.write_bytes(data)
        digest, facts = hashlib.sha256(data).hexdigest(), item.as_dict()
        self.files.append(ExportFile(**facts, sha256=digest, size_bytes=len(data)))
        self.checks[item.name] = parity.as_dict()
        self.protos.setdefault(item.precision, proto)


def make_export(
    folder: Path, model: nn.Module, face: Face, evidence: Evidence, plan: Sequence[Wanted], emit: Emit
) -> dict[str, Any]:
    """Writes the files of a plan; see `writing.write_export`."""
    windows, labels = enough(evidence)
    with whole_folder(folder) as beside:
        made, plain = _Made(beside, face), traced(model, len(face.layout), face.width)
        expected = answers_of(model, windows)
        for item in plan:
            proto = _proto(plain, item, evidence.calibration)
            parity = verify(proto, windows, expected, labels=labels, classes=face.classes)
            if item.precision == "fp32":
                refuse_unlike(parity, item.name)
            made.add(item, proto, parity)
            emit(Event("export.file", data={"part": item.name, "done": len(made.files), "of": len(plan)}))
        made.checks["real_windows"] = len(evidence.windows)
        made.checks["int8_speedup"] = _speedup(made.protos, windows)
        write_manifest(beside, _manifest(made))
    return {"export": str(folder), **_summary(made)}


def _proto(plain: onnx.ModelProto, item: Wanted, calibration: Floats | None) -> onnx.ModelProto:
    proto = shaped(plain, opset=item.opset, form=item.form, fold=item.precision == "fp32")
    if item.precision == "fp16":
        return halved(proto)
    if item.precision == "fp32":
        return proto
    assert calibration is not None
    return quantise(proto, calibration, "u8" if item.precision == "int8-u8" else "s8")


def _speedup(protos: dict[str, onnx.ModelProto], windows: Floats) -> float | None:
    """Full precision's time over that of INT8, one window on one thread; None where there is no INT8."""
    if "int8-u8" not in protos:
        return None
    one = np.ascontiguousarray(windows[:1])
    runs = {name: opened(protos[name]) for name in ("fp32", "int8-u8")}
    took = interleaved_ms({name: lambda run=run: run(one) for name, run in runs.items()})  # type: ignore[misc]
    return took["fp32"] / took["int8-u8"]


def _manifest(made: _Made) -> Manifest:
    face = made.face
    return Manifest(
        format=FORMAT,
        layout=face.layout,
        rate_hz=face.rate_hz,
        width=face.width,
        classes=face.classes,
        mean=face.mean,
        sd=face.sd,
        provenance=portable(face.provenance),
        files=tuple(made.files),
        checks=made.checks,
        versions={name: version(name) for name in ("stillroom", "torch", "numpy", *PACKAGES)},
    )


def _summary(made: _Made) -> dict[str, Any]:
    first = {file.precision: file for file in reversed(made.files)}

    def lost(precision: str) -> dict[str, Any] | None:
        file = first.get(precision)  # type: ignore[call-overload]
        if file is None:
            return None
        checks = made.checks[file.name]
        found = {name: checks[name] for name in ("macro_f1", "macro_f1_model", "label_agreement")}
        return {**found, "size_bytes": file.size_bytes}

    int8 = lost("int8-u8")
    return {
        "files": [file.model_dump(mode="json") for file in made.files],
        "parity": made.checks[first["fp32"].name],
        "int8": int8 and {**int8, "speedup": made.checks["int8_speedup"]},
        "int8_tensorrt": lost("int8-s8"),
        "fp16": lost("fp16"),
    }
