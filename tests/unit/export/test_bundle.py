"""A device bundle: whole, the same bytes every time, and a script that an old Python on a board can read."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.export import bundle as bundles
from stillroom.export.bundle import write_bundle
from stillroom.runs.manifest import ExportFile, Manifest, write_manifest
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

BOARD = Path(bundles.__file__).with_name("board")
SCRIPTS = sorted(BOARD.rglob("*.py"))


def windows(count: int = 40, channels: int = 3, width: int = 8) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal((count, channels, width)).astype(np.float32)


def logits(count: int = 40, classes: int = 2) -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).standard_normal((count, classes)).astype(np.float32)


def export(folder: Path, precisions: tuple[str, ...] = ("fp32", "fp16", "int8-u8", "int8-s8")) -> Path:
    """An export whose files are no models: a bundle does not look into them."""
    folder.mkdir()
    files = []
    for precision in precisions:
        data = f"a model in {precision}".encode()
        (folder / f"{precision}.onnx").write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        told = {"name": f"{precision}.onnx", "precision": precision, "opset": 17, "target": "tests", "form": "conv2d"}
        files.append(ExportFile.model_validate({**told, "sha256": sha256, "size_bytes": len(data)}))
    layout = Layout(channels=sensor_channels("right_wrist", "acc", 20.0))
    manifest = Manifest(
        format=1, layout=layout, rate_hz=20.0, width=8, classes=("a", "b"), mean=(0.0,) * 3, sd=(1.0,) * 3,
        provenance={}, files=tuple(files), checks={}, versions={},
    )  # fmt: skip
    write_manifest(folder, manifest)
    return folder


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    return export(tmp_path / "export")


def test_a_bundle_holds_every_file_with_its_hash(exported: Path, tmp_path: Path) -> None:
    made = write_bundle(exported, tmp_path / "bundle.zip", inputs=windows(), expected=logits())
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
        runnable = archive.getinfo("bench.sh").external_attr >> 16
        with archive.open("inputs.npz") as file, np.load(file, allow_pickle=False) as arrays:
            assert np.array_equal(arrays["window"], windows()) and np.array_equal(arrays["logits"], logits())
    told = json.loads(held.pop("manifest.json"))
    assert told == made.model_dump(mode="json")
    hashes = {**told["files"], **{model["name"]: model["sha256"] for model in told["models"]}}
    assert hashes == {name: hashlib.sha256(data).hexdigest() for name, data in held.items()}
    assert {"run_bench.py", "bench.sh", "README.txt", "bench/__main__.py", "fp32.onnx", "int8-s8.onnx"} <= set(held)
    assert runnable == 0o755
    assert (told["channels"][0], told["units"][0], told["rate_hz"]) == ("right_wrist.acc.x", "m/s2", 20.0)


def test_the_same_export_and_windows_give_the_same_bytes(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_bundle(exported, tmp_path / "one.zip", inputs=windows(), expected=logits())
    later = time.time() + 1e6
    monkeypatch.setattr(time, "time", lambda: later)
    second = write_bundle(exported, tmp_path / "two.zip", inputs=windows(), expected=logits())
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert first.bundle_id == second.bundle_id


def test_other_windows_give_another_id(exported: Path, tmp_path: Path) -> None:
    made = [
        write_bundle(exported, tmp_path / "bundle.zip", inputs=windows() + shift, expected=logits()) for shift in (0, 1)
    ]
    assert made[0].bundle_id != made[1].bundle_id


def test_a_bundle_that_cannot_be_finished_leaves_the_old_one(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"the old one")

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(zipfile.ZipFile, "writestr", broken)
    with pytest.raises(KeyboardInterrupt):
        write_bundle(exported, path, inputs=windows(), expected=logits())
    assert path.read_bytes() == b"the old one"
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["bundle.zip"]


def infinite(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array[3] = np.inf
    return array


@pytest.mark.parametrize(
    ("inputs", "expected", "said"),
    [
        (windows(31), logits(31), "too few"),
        (windows(channels=4), logits(), "the export takes (window, 3, 8)"),
        (windows(width=9), logits(), "the export takes (window, 3, 8)"),
        (windows()[0], logits(), "the export takes"),
        (windows(), logits(39), "expected answers have shape"),
        (windows(), logits(classes=3), "expected answers have shape"),
        (infinite(windows()), logits(), "not finite"),
        (windows(), infinite(logits()), "not finite"),
    ],
)
def test_windows_or_answers_that_do_not_fit_are_refused(
    exported: Path, tmp_path: Path, inputs: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], said: str
) -> None:
    with pytest.raises(InputError) as told:
        write_bundle(exported, tmp_path / "bundle.zip", inputs=inputs, expected=expected)
    assert said in str(told.value) and not (tmp_path / "bundle.zip").exists()


def test_an_export_without_fp32_or_with_a_changed_file_is_refused(tmp_path: Path) -> None:
    halves = export(tmp_path / "halves", ("fp16",))
    with pytest.raises(InputError, match="no fp32"):
        write_bundle(halves, tmp_path / "bundle.zip", inputs=windows(), expected=logits())
    changed = export(tmp_path / "changed")
    (changed / "fp32.onnx").write_bytes(b"another model")
    with pytest.raises(InputError, match="changed"):
        write_bundle(changed, tmp_path / "bundle.zip", inputs=windows(), expected=logits())


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_script_needs_an_old_python_and_numpy_alone(script: Path) -> None:
    tree = ast.parse(script.read_text(), feature_version=(3, 6))
    # feature_version knows grammar, not the library: what came after 3.6 and is tempting
    later = {"capture_output", "text", "missing_ok", "removeprefix", "removesuffix", "__future__", "dataclasses"}
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    words = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
    assert not later & (names | words | set(imported(tree)))
    assert not any(isinstance(node, ast.NamedExpr) for node in ast.walk(tree))
    assert set(imported(tree)) <= {*sys.stdlib_module_names, "numpy"}
