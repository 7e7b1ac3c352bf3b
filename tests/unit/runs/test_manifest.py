"""The manifest of an export: whole or none, and every change of a file is seen."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.runs.manifest import FORMAT, NAME, ExportFile, Manifest, read_manifest, write_manifest
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

LAYOUT = Layout(channels=sensor_channels("right_wrist", "acc", 25.0))


def manifest(folder: Path) -> Manifest:
    files = []
    for name, precision in (("model_fp32.onnx", "fp32"), ("model_int8_u8.onnx", "int8-u8")):
        data = name.encode()
        (folder / name).write_bytes(data)
        facts: dict[str, Any] = {"name": name, "precision": precision, "opset": 18, "target": "here", "form": "conv2d"}
        files.append(ExportFile(**facts, sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data)))
    return Manifest(
        format=FORMAT,
        layout=LAYOUT,
        rate_hz=25.0,
        width=50,
        classes=("sit", "walk"),
        mean=(0.0, 0.0, 9.8),
        sd=(1.0, 1.0, 1.0),
        provenance={"role": "student"},
        files=tuple(files),
        checks={"max_abs": 0.0},
        versions={"onnx": "1"},
    )


def changed(folder: Path, **changes: Any) -> None:
    facts = json.loads((folder / NAME).read_text()) | changes
    (folder / NAME).write_text(json.dumps(facts))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written = manifest(tmp_path)
    write_manifest(tmp_path, written)
    assert read_manifest(tmp_path) == written
    assert written.file("int8-u8").name == "model_int8_u8.onnx"


def test_a_precision_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no fp16 file.*fp32"):
        manifest(tmp_path).file("fp16")


def test_a_folder_without_an_export_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no export lies here"):
        read_manifest(tmp_path)
    with pytest.raises(InputError, match="no export lies here"):
        read_manifest(tmp_path / "nowhere")


def test_a_file_that_changed_or_is_gone_is_found(tmp_path: Path) -> None:
    write_manifest(tmp_path, manifest(tmp_path))
    file = tmp_path / "model_int8_u8.onnx"
    whole = file.read_bytes()
    for data in (whole[:-1], whole + b"x", b""):
        file.write_bytes(data)
        with pytest.raises(InputError, match=r"has changed since.*model_int8_u8"):
            read_manifest(tmp_path)
    file.unlink()
    with pytest.raises(InputError, match=r"missing.*model_int8_u8"):
        read_manifest(tmp_path)


def test_a_manifest_is_not_written_for_files_that_are_not_there(tmp_path: Path) -> None:
    made = manifest(tmp_path)
    (tmp_path / "model_fp32.onnx").unlink()
    with pytest.raises(InputError, match="missing"):
        write_manifest(tmp_path, made)
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": FORMAT + 1, "more": 1}, "newer than"),
        ({"rate_hz": -1}, "rate_hz"),
        ({"classes": []}, "classes"),
        ({"mean": [1.0]}, "one number for each of the 3 channels"),
        ({"files": []}, "files"),
        ({"more": 1}, "more"),
    ],
)
def test_a_damaged_manifest_gives_one_sentence(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    write_manifest(tmp_path, manifest(tmp_path))
    changed(tmp_path, **changes)
    with pytest.raises(InputError, match=said):
        read_manifest(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "x"}'])
def test_a_torn_manifest_gives_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(InputError):
        read_manifest(tmp_path)


@pytest.mark.parametrize("name", ["../model.onnx", "/etc/passwd", "a/b.onnx", "a\\b.onnx", "..", ""])
def test_a_manifest_names_no_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    write_manifest(tmp_path, manifest(tmp_path))
    files = json.loads((tmp_path / NAME).read_text())["files"]
    changed(tmp_path, files=[{**files[0], "name": name}])
    with pytest.raises(InputError, match="plain name"):
        read_manifest(tmp_path)
