"""Reading ONNX files that may be anybody's: whole, ours, and unchanged, or one sentence that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from stillroom.base.errors import InputError
from stillroom.runs.manifest import INPUT, OUTPUT, ExportFile, Manifest, read_manifest

_MEND = "Export the model again"


def open_export(folder: Path, precision: str = "fp32") -> tuple[Manifest, ExportFile, onnx.ModelProto]:
    """An export's manifest, and its file of one precision.

    Raises:
        InputError: no export, a missing, altered or truncated file, or no such precision.
    """
    manifest = read_manifest(folder)
    file = manifest.file(precision)
    return manifest, file, read_onnx(folder / file.name)


def read_onnx(path: Path) -> onnx.ModelProto:
    """A graph of ours; nothing is read but this one file.

    Raises:
        InputError: the file is missing, truncated, no ONNX, refers to other files, or is not one of our exports.
    """
    try:
        proto: onnx.ModelProto = onnx.ModelProto.FromString(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path), mend=_MEND) from error
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror or error}", where=str(path)) from error
    except DecodeError as error:
        raise InputError("the file is truncated or no ONNX", where=str(path), mend=_MEND) from error
    if not proto.graph.node:
        raise InputError("the file holds no graph", where=str(path), mend=_MEND)
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in proto.graph.initializer):
        raise InputError("the graph's weights lie in another file", where=str(path), mend="Keep them in one file")
    _check_face(proto, path)
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        said = str(error).strip().splitlines()[0][:200]
        raise InputError(f"the graph is not valid: {said}", where=str(path), mend=_MEND) from error
    return proto


def _check_face(proto: onnx.ModelProto, path: Path) -> None:
    held = {tensor.name for tensor in proto.graph.initializer}
    taken = [value for value in proto.graph.input if value.name not in held]
    ours = [value.name for value in taken] == [INPUT] and [value.name for value in proto.graph.output] == [OUTPUT]
    if not ours or len(taken[0].type.tensor_type.shape.dim) != 3:
        raise InputError(
            f"this ONNX is not one of Stillroom's: it takes {_names(taken)}, expected {INPUT} (batch, channel, time)",
            where=str(path),
            mend="Name a file that `stillroom export` wrote",
        )


def _names(values: list[onnx.ValueInfoProto]) -> str:
    return ", ".join(value.name[:40] for value in values[:4]) or "nothing"
