"""Layouts of a few sensors, and recognisers that are ready to answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from stillroom.models.architecture import ARCHITECTURES, Architecture
from stillroom.models.forest import Forest, ForestConfig
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.signal.normalisation import Normaliser

SITES = ("right_wrist", "left_wrist")
LAYOUT = Layout(channels=tuple(c for site in SITES for c in sensor_channels(site, "acc", 25.0)))
CLASSES = ("sit", "walk", "run")

Make = Callable[..., Recogniser]


def filled(architecture: Architecture, face: Interface) -> Member:
    """A member whose network has drawn weights, batch norms that have seen data, or grown trees."""
    draw = np.random.default_rng(4)
    channels = len(face.layout)
    spread = Normaliser(draw.normal(size=channels).astype(np.float32), np.full(channels, 2.0, np.float32))
    member = Member(architecture, face.shape, None if isinstance(architecture, ForestConfig) else spread)
    if isinstance(member.net, Forest):
        statistics = draw.normal(size=(60, member.net.features)).astype(np.float32)
        member.net.grow(statistics, np.arange(60) % len(face.classes), seed=1)
    else:
        member.train()(torch.from_numpy(draw.normal(size=(8, channels, face.width)).astype(np.float32)))
    return member.eval()


@pytest.fixture
def face() -> Interface:
    """Two wrists' acceleration over 40 samples, three classes."""
    return Interface(LAYOUT, 25.0, 40, CLASSES)


@pytest.fixture
def make(face: Interface) -> Make:
    """Builds a recogniser of the named architectures, equal weights by default."""

    def build(*names: str, weights: list[float] | None = None) -> Recogniser:
        torch.manual_seed(5)
        settings = {"forest": {"trees": 5}}
        members = [filled(ARCHITECTURES[name](**settings.get(name, {})), face) for name in names]
        return Recogniser(face, members, weights).eval()

    return build


@pytest.fixture
def x() -> torch.Tensor:
    """Five windows of the interface, in physical units."""
    return torch.randn(5, len(LAYOUT), 40, generator=torch.Generator().manual_seed(6)) * 3
