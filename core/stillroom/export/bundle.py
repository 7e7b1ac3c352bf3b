"""The device bundle: one zip to measure an export on a board.

It holds the ONNX files, windows with the answers that are expected of them, a manifest with the SHA-256 of every file,
and the script `board/run_bench.py`, which needs Python, numpy and what the board has. The same export and windows give
the same bytes; the bundle's id is a hash of what it holds.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from stillroom.base.config import Config, canonical_json, fingerprint
from stillroom.base.errors import InputError
from stillroom.base.paths import whole_file
from stillroom.runs.manifest import Manifest, read_manifest

FORMAT = 1
FEWEST_WINDOWS = 32
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


class BundledModel(Config):
    """One ONNX file of a bundle."""

    name: str
    precision: str
    opset: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size_bytes: int


class Bundle(Config):
    """A bundle's `manifest.json`.

    Attributes:
        format: of the bundle.
        bundle_id: a hash of everything else here.
        channels: names, in the order of the models' input.
        units: of each channel.
        rate_hz: of the windows.
        width: samples in a window.
        classes: names, in the order of the logits.
        windows: how many are there to try.
        models: the ONNX files.
        files: SHA-256 of every other file.
    """

    format: int = FORMAT
    bundle_id: str
    channels: tuple[str, ...]
    units: tuple[str, ...]
    rate_hz: float
    width: int
    classes: tuple[str, ...]
    windows: int
    models: tuple[BundledModel, ...]
    files: dict[str, str]

    @property
    def precisions(self) -> dict[str, str]:
        """Each model's precision by its SHA-256."""
        return {model.sha256: model.precision for model in self.models}


def write_bundle(export_folder: Path, zip_path: Path, *, inputs: NDArray[Any], expected: NDArray[Any]) -> Bundle:
    """Writes the zip, whole or not at all.

    Args:
        export_folder: an export (`export.json` and its ONNX files).
        zip_path: where the bundle goes; a file there is replaced.
        inputs: windows in physical units, `(n, channel, time)` with n >= 32.
        expected: the logits that the model gives for them, `(n, class)`.

    Returns:
        The bundle's manifest.

    Raises:
        InputError: the export is damaged, or the windows or answers do not fit it.
        StorageError: the disk refuses.
    """
    manifest = read_manifest(export_folder)
    _check(manifest, inputs, expected, str(export_folder))
    models = {file.name: (export_folder / file.name).read_bytes() for file in manifest.files}
    others = {"inputs.npz": _npz(window=inputs, logits=expected), **dict(_board_files(files(__package__) / "board"))}
    held = {
        "format": FORMAT,
        "channels": manifest.layout.names,
        "units": tuple(channel.unit for channel in manifest.layout),
        "rate_hz": manifest.rate_hz,
        "width": manifest.width,
        "classes": tuple(manifest.classes),
        "windows": len(inputs),
        "models": [
            {name: getattr(file, name) for name in ("name", "precision", "opset", "sha256", "size_bytes")}
            for file in manifest.files
        ],
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in others.items()},
    }
    bundle = Bundle.model_validate({**held, "bundle_id": fingerprint(held)})
    told = canonical_json(bundle.model_dump(mode="json")).encode() + b"\n"
    _write(zip_path, {**models, **others, "manifest.json": told})
    return bundle


def _check(manifest: Manifest, inputs: NDArray[Any], expected: NDArray[Any], where: str) -> None:
    shape, wanted = inputs.shape, (len(manifest.layout), manifest.width)
    if inputs.ndim != 3 or shape[1:] != wanted:
        raise InputError(
            f"the windows have shape {shape}, the export takes (window, {wanted[0]}, {wanted[1]})", where=where
        )
    if len(inputs) < FEWEST_WINDOWS:
        raise InputError(
            f"{len(inputs)} windows are too few to compare answers, {FEWEST_WINDOWS} are needed", where=where
        )
    if expected.shape != (len(inputs), len(manifest.classes)):
        raise InputError(
            f"the expected answers have shape {expected.shape}, not {(len(inputs), len(manifest.classes))}", where=where
        )
    if not (np.isfinite(inputs).all() and np.isfinite(expected).all()):
        raise InputError("some windows or expected answers are not finite", where=where)
    if not any(file.precision == "fp32" for file in manifest.files):
        raise InputError("the export holds no fp32 model", where=where, mend="Export it anew")


def _npz(**arrays: NDArray[Any]) -> bytes:
    held = io.BytesIO()
    np.savez(
        held, allow_pickle=False, **{name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
    )
    return held.getvalue()


def _board_files(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    """The script's files by their names in the zip; `board/__init__.py` is ours alone."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith("__"):
            yield from _board_files(entry, f"{above}{entry.name}/")
        elif entry.name.endswith((".py", ".sh", ".txt")) and (above or entry.name != "__init__.py"):
            yield above + entry.name, entry.read_bytes()


def _write(path: Path, held: dict[str, bytes]) -> None:
    with whole_file(path) as beside, zipfile.ZipFile(beside, "w") as archive:
        for name in sorted(held):
            entry = zipfile.ZipInfo(name, _EPOCH)  # stored as it is: a packer's version would change the bytes
            entry.create_system, entry.external_attr = 3, (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, held[name])
