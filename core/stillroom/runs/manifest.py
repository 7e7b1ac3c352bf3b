"""The manifest of an export: `export.json` beside the ONNX files, what they take, what they give, and what was checked.

An export is a folder. The manifest is written last and holds each file's SHA-256, so that an export is whole or it is
none. The normaliser stands here for information alone: the graphs take physical units.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePath
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.paths import read_json, write_json
from stillroom.base.registry import did_you_mean
from stillroom.sensors.layout import Layout

FORMAT = 1
NAME = "export.json"
INPUT, OUTPUT = "window", "logits"

Precision = Literal["fp32", "fp16", "int8-u8", "int8-s8"]
Form = Literal["conv2d", "conv1d"]


class ExportFile(Config):
    """One ONNX file.

    Attributes:
        name: of the file, in the manifest's folder.
        precision: of weights and activations; inputs and outputs are float32 in all of them.
        opset: of the default operator set.
        target: for what it is meant, a sentence.
        form: how its convolutions are written: over time, or over an image of height 1.
        sha256: of the file.
        size_bytes: of the file.
    """

    name: str
    precision: Precision
    opset: int = Field(ge=1)
    target: str
    form: Form
    sha256: str
    size_bytes: int = Field(ge=1)

    @field_validator("name")
    @classmethod
    def _stays_here(cls, value: str) -> str:
        if not value or value in (".", "..") or "\\" in value or PurePath(value).name != value:
            raise ValueError(f"{value!r} must be the plain name of a file in the folder")
        return value


class Manifest(Config):
    """What stands in `export.json`.

    Attributes:
        format: of this file.
        layout: channels with their units, in the order of the input.
        rate_hz: samples per second of a window.
        width: samples in a window.
        classes: class names, in the order of the output.
        mean: of each channel over the training people, in its unit.
        sd: the same, spread.
        provenance: how the model came to be.
        files: the ONNX files.
        checks: what was verified when they were written.
        versions: of the packages that wrote them.
    """

    format: int
    layout: Layout
    rate_hz: float = Field(gt=0)
    width: int = Field(ge=1)
    classes: tuple[str, ...] = Field(min_length=1)
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    provenance: dict[str, Any]
    files: tuple[ExportFile, ...] = Field(min_length=1)
    checks: dict[str, Any]
    versions: dict[str, str]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if {len(self.mean), len(self.sd)} != {len(self.layout)}:
            raise ValueError(f"mean and sd must hold one number for each of the {len(self.layout)} channels")
        if len({file.name for file in self.files}) != len(self.files):
            raise ValueError("a file is named twice")
        return self

    def file(self, precision: str) -> ExportFile:
        """The first file of a precision.

        Raises:
            InputError: the export holds none; the sentence names those that it holds.
        """
        found = next((file for file in self.files if file.precision == precision), None)
        if found is None:
            held: list[str] = list(dict.fromkeys(file.precision for file in self.files))
            raise InputError(f"the export holds no {precision} file", mend=did_you_mean(precision, held))
        return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes `export.json` whole; the files it names must lie there already.

    Raises:
        InputError: a file is missing or is another one.
    """
    _compare(folder, manifest)
    write_json(folder / NAME, manifest.model_dump(mode="json"))


def read_manifest(folder: Path) -> Manifest:
    """Reads `export.json` and compares every file with its SHA-256.

    Raises:
        InputError: no export lies there, it is damaged or of a later format, or a file has changed since.
    """
    path = folder / NAME
    if not path.is_file():
        raise InputError(
            "no export lies here", where=str(folder), mend="Name the folder that `stillroom export` wrote (--to)"
        )
    raw = read_json(path)
    found = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise InputError(f"export format {found} is newer than {FORMAT}", where=str(path), mend="Update Stillroom")
    manifest = Manifest.from_input(raw, where=str(path))
    _compare(folder, manifest)
    return manifest


def _compare(folder: Path, manifest: Manifest) -> None:
    for file in manifest.files:
        path = folder / file.name
        if not path.is_file():
            raise InputError("a file of the export is missing", where=str(path), mend="Export the model again")
        if hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
            raise InputError(
                "a file of the export has changed since it was written", where=str(path), mend="Export the model again"
            )
