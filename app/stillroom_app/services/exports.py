"""The student out of the house: its ONNX files and their manifest, and the zip that measures them on a board.

Both are made by jobs. They lie where `stillroom device bundle` looks for them, so what is downloaded is what a board
measures, byte for byte.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError
from stillroom.export.measured import DEVICES
from stillroom.runs.manifest import NAME, ExportFile, Manifest, read_manifest
from stillroom_app.services.explained import short_path
from stillroom_app.services.workspace import Entry

BUNDLE = "bundle.zip"
_SAID = {
    "fp32": "32-bit floats",
    "fp16": "16-bit floats",
    "int8-u8": "8-bit integers, for ONNX Runtime",
    "int8-s8": "8-bit integers, for TensorRT",
}


def fold_of(entry: Entry) -> str:
    """Whose student goes out: the first fold's.

    Raises:
        InputError: the report names no fold.
    """
    folds = entry.run.report.get("folds") or []
    if not folds:
        raise InputError("the run's report names no fold", where=entry.name, mend="Distil anew")
    return str(folds[0]["fold"])


def folder_of(entry: Entry) -> Path:
    """Where a run's export lies."""
    return entry.run.part(fold_of(entry), "student").parent / "export"


def exported(entry: Entry) -> Manifest | None:
    """The manifest of a run's export, every file compared with its SHA-256; None where there is none yet.

    Raises:
        InputError: a file is missing or has changed since.
    """
    folder = folder_of(entry)
    return read_manifest(folder) if (folder / NAME).is_file() else None


def can_go_out(entry: Entry) -> str:
    """Why a run's student cannot be exported; empty where it can."""
    if entry.whose == "demo":
        return "The demo holds results and no weights, so there is nothing to download. A run of your own has both."
    if not (entry.run.part(fold_of(entry), "student") / "model.json").is_file():
        return "This run has no student."
    return ""


def said(file: ExportFile) -> str:
    """What a file is, in few words."""
    return f"{_SAID[file.precision]}, opset {file.opset}"


def checked(manifest: Manifest, file: ExportFile) -> dict[str, Any]:
    """How its answers compare with the model's: `max_abs`, `label_agreement`, `windows`; empty where not known."""
    found = manifest.checks.get(file.name)
    return found if isinstance(found, dict) else {}


def bundle(entry: Entry) -> Path | None:
    """The zip for a board; None where it was not made yet."""
    path = entry.run.folder / DEVICES / BUNDLE
    return path if path.is_file() else None


def words_to_export(entry: Entry) -> list[str]:
    """The command that writes the ONNX files, after `stillroom`."""
    return ["export", short_path(entry.run.folder), "--to", short_path(folder_of(entry)), "--int8"]


def words_to_bundle(entry: Entry) -> list[str]:
    """The command that writes the zip, after `stillroom`."""
    to = short_path(entry.run.folder / DEVICES / BUNDLE)
    return ["device", "bundle", short_path(entry.run.folder), "--to", to]
