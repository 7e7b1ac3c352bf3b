"""Recognisers that are small enough to be traced in a second or two, each traced once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from stillroom.export.sessions import Run, opened
from stillroom.export.tracing import traced
from stillroom.models.architecture import ARCHITECTURES, Shape
from stillroom.models.forest import Forest
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.signal.normalisation import Normaliser

LAYOUT = Layout(channels=tuple(c for kind in ("acc", "gyro") for c in sensor_channels("right_wrist", kind, 25.0)))
CLASSES = ("sit", "walk", "run", "lie")
WIDTH = 32
SETTINGS: dict[str, dict[str, object]] = {
    "tsak_student": {"widths": (8, 16), "hidden": 16},
    "tsak_teacher": {"token": 8, "heads": 2, "causal": 8},
    "reference": {"widths": (16, 24), "units": 8},
    "forest": {"trees": 5, "min_leaf": 20},
}
MODELS = {"student": ("tsak_student",), "reference": ("reference",), "ensemble": ("tsak_teacher", "forest")}


@pytest.fixture(scope="session")
def interface() -> Interface:
    """A wrist's acceleration and rate of turn over 32 samples, four classes."""
    return Interface(LAYOUT, 25.0, WIDTH, CLASSES)


@pytest.fixture(scope="session")
def windows() -> np.ndarray:
    """300 windows in physical units, some calm and some not, gravity along one axis."""
    draw = np.random.default_rng(3)
    times = np.arange(WIDTH) / 25
    tempo = draw.integers(0, 4, 300)[:, None, None]
    waves = tempo * np.sin(2 * np.pi * (0.5 + tempo) * times + draw.uniform(0, 6, (300, 6, 1)))
    values = waves + 0.4 * draw.standard_normal((300, 6, WIDTH))
    values[:, 2] += 9.8
    return values.astype(np.float32)


def _member(name: str, interface: Interface, windows: np.ndarray) -> Member:
    architecture = ARCHITECTURES[name](**SETTINGS[name])
    spread = Normaliser(windows.mean(axis=(0, 2)), windows.std(axis=(0, 2)))
    member = Member(architecture, interface.shape, None if name == "forest" else spread)
    if isinstance(member.net, Forest):
        from stillroom.models.statistics import window_statistics

        label = np.abs(windows[:, 0]).mean(axis=1)
        codes = np.searchsorted(np.quantile(label, [0.25, 0.5, 0.75]), label)
        member.net.grow(window_statistics(torch.from_numpy(windows)).numpy(), codes, seed=1)
    else:
        member.train()(torch.from_numpy(windows[:64]))
    return member


@pytest.fixture(scope="session")
def recogniser(interface: Interface, windows: np.ndarray) -> Callable[[str], Recogniser]:
    """The model of a name; its forest was loaded, so that it does not know its depth."""

    @cache
    def build(name: str) -> Recogniser:
        torch.manual_seed(5)
        made = Recogniser(interface, [_member(part, interface, windows) for part in MODELS[name]])
        members = [Member(ARCHITECTURES[part](**SETTINGS[part]), interface.shape) for part in MODELS[name]]
        again = Recogniser(interface, members)
        again.load_state_dict(made.state_dict())
        return again.eval()

    return build


@pytest.fixture(scope="session")
def trace(recogniser: Callable[[str], Recogniser]) -> Callable[[str], onnx.ModelProto]:
    """A model's plain graph."""

    @cache
    def make(name: str) -> onnx.ModelProto:
        return traced(recogniser(name), len(LAYOUT), WIDTH)

    return make


@pytest.fixture(scope="session")
def answers(recogniser: Callable[[str], Recogniser], windows: np.ndarray) -> Callable[[str], np.ndarray]:
    """A model's logits for the windows."""

    @cache
    def ask(name: str) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(recogniser(name)(torch.from_numpy(windows)).logits)

    return ask


@pytest.fixture(scope="session")
def run() -> Callable[[onnx.ModelProto], Run]:
    """Opens a graph in ONNX Runtime."""
    return opened


class Depthwise(nn.Module):
    """Depthwise and pointwise convolutions without padding at the start, a residual sum, a pool."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        channels = len(shape.layout)
        self.first = nn.Conv1d(channels, 12, 5, 2, groups=2)
        self.deep = nn.Conv1d(12, 12, 3, 1, 2, dilation=2, groups=12, bias=False)
        self.wide = nn.Conv1d(12, 12, 1)
        self.pool = nn.MaxPool1d(2)
        self.head = nn.Linear(12, shape.classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits alone, no tuple."""
        x = torch.relu(self.first(x))
        x = self.pool(torch.relu(self.wide(self.deep(x))) + x)
        return self.head(x.mean(dim=2))


class Standardised(nn.Module):
    """A net behind a normaliser, as a member of a recogniser is."""

    def __init__(self, net: nn.Module, mean: np.ndarray, sd: np.ndarray) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32)[:, None])
        self.register_buffer("sd", torch.tensor(sd, dtype=torch.float32)[:, None])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`(batch, channel, time)` in physical units to logits."""
        return self.net((x - self.mean) / self.sd)


@pytest.fixture(scope="session")
def depthwise(interface: Interface, windows: np.ndarray) -> Standardised:
    """A depthwise net whose first convolution pads nothing."""
    torch.manual_seed(6)
    return Standardised(Depthwise(interface.shape), windows.mean(axis=(0, 2)), windows.std(axis=(0, 2))).eval()
