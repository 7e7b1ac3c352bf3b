"""A small export made by hand, without torch: the class whose channel moves most wins."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from stillroom.data.recording import Recording, Span
from stillroom.runs.manifest import FORMAT, ExportFile, Manifest, write_manifest
from stillroom.sensors.channel import Channel, sensor_channels
from stillroom.sensors.layout import Layout

RATE_HZ, WIDTH = 20.0, 10
CLASSES = ("x", "y", "z")
LAYOUT = Layout(channels=sensor_channels("right_wrist", "acc", RATE_HZ))
MEAN, SD = (0.0, 0.0, 9.8), (1.0, 1.0, 1.0)


def graph(name: str = "window", channels: int = 3) -> bytes:
    """Logits are each channel's mean distance from its mean."""
    node = helper.make_node
    held = {"mean": np.array(MEAN[:channels], np.float32)[:, None], "time": np.array([2])}
    made = helper.make_graph(
        [
            node("Sub", [name, "mean"], ["a"], name="sub"),
            node("Abs", ["a"], ["b"], name="abs"),
            node("ReduceMean", ["b", "time"], ["logits"], name="mean_over_time", keepdims=0),
        ],
        "net",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", channels, WIDTH])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", channels])],
        [numpy_helper.from_array(values, key) for key, values in held.items()],
    )
    proto = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString())


def small_export(
    folder: Path,
    data: bytes | None = None,
    layout: Layout = LAYOUT,
    mean: Sequence[float] = MEAN,
    sd: Sequence[float] = SD,
) -> Path:
    """Writes an export of given bytes, of another layout, or with another spread."""
    folder.mkdir(parents=True, exist_ok=True)
    data = graph() if data is None else data
    (folder / "model_fp32.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    file = ExportFile(
        name="model_fp32.onnx", precision="fp32", opset=18, target="here", form="conv1d", sha256=digest,
        size_bytes=len(data) or 1,
    )  # fmt: skip
    manifest = Manifest(
        format=FORMAT, layout=layout, rate_hz=RATE_HZ, width=WIDTH, classes=CLASSES, mean=tuple(mean),
        sd=tuple(sd), provenance={}, files=(file,), checks={}, versions={},
    )  # fmt: skip
    write_manifest(folder, manifest)
    return folder


@pytest.fixture
def make_export(tmp_path: Path) -> Callable[..., Path]:
    """Writes an export into the test's folder."""
    return lambda *given, **settings: small_export(tmp_path / "export", *given, **settings)


@pytest.fixture
def export(make_export: Callable[..., Path]) -> Path:
    """The export."""
    return make_export()


def moving(labels: Sequence[str], seconds: float = 2.0, rate_hz: float = RATE_HZ) -> np.ndarray:
    """`(channel, time)`: one channel after another swings for so long, gravity along z."""
    each = int(seconds * rate_hz)
    signal = np.zeros((3, each * len(labels)), np.float32)
    signal[2] = 9.8
    for part, label in enumerate(labels):
        here = slice(part * each, (part + 1) * each)
        signal[CLASSES.index(label), here] += 3 * np.sin(2 * np.pi * 2 * np.arange(each) / rate_hz)
    return signal


@pytest.fixture
def recorded() -> Callable[..., Recording]:
    """A recording whose labels are known."""

    def make(
        labels: Sequence[str] = ("x", "y", "z"),
        *,
        rate_hz: float = RATE_HZ,
        layout: Layout = LAYOUT,
        scale: float = 1.0,
        gaps: Sequence[tuple[int, int]] = (),
    ) -> Recording:
        signal = scale * moving(labels, rate_hz=rate_hz)
        if len(layout) > 3:
            signal = np.concatenate([np.full((len(layout) - 3, signal.shape[1]), np.nan, np.float32), signal])
        segments = np.array(gaps or [(0, signal.shape[1])])
        spans = tuple(Span(2.0 * i, 2.0 * (i + 1), label) for i, label in enumerate(labels))
        return Recording("p1", "s1", layout, rate_hz, signal.astype(np.float32), segments, {"activity": spans})

    return make


def renamed(layout: Layout, **changes: object) -> Layout:
    """The same channels with other facts."""
    return Layout(channels=tuple(Channel(**{**channel.model_dump(), **changes}) for channel in layout))


@pytest.fixture
def other_units() -> Callable[..., Layout]:
    """The layout with something changed in every channel."""
    return lambda **changes: renamed(LAYOUT, **changes)


@pytest.fixture
def graph_bytes() -> Callable[..., bytes]:
    """The graph with another input."""
    return graph
