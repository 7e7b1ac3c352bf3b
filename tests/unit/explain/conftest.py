"""A world whose causes are known, and small networks that learned it.

Class "buzz" is a 7 Hz burst on the right wrist, late in the window; class "sway" a slow wave on the torso; "rest" is
neither. The left wrist is a decoy: by far the loudest, and the same in every class. One channel never moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stillroom.explain.asking import quiet
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

RATE_HZ, WIDTH = 40.0, 80
BURST = slice(48, 72)
CLASSES = ("rest", "buzz", "sway")
LAYOUT = Layout(
    channels=(
        *sensor_channels("left_wrist", "acc", RATE_HZ),
        *sensor_channels("right_wrist", "acc", RATE_HZ),
        *sensor_channels("torso", "gyro", RATE_HZ),
    )
)
STILL = 8


class Net(nn.Module):
    """Two convolutions with batch norms, behind its normaliser."""

    def __init__(self, mean: Tensor, sd: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean.float()[:, None])
        self.register_buffer("sd", sd[:, None])
        self.body = nn.Sequential(
            nn.Conv1d(len(mean), 12, 9, padding=4), nn.BatchNorm1d(12), nn.ReLU(),
            nn.Conv1d(12, 12, 9, padding=4), nn.BatchNorm1d(12), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(12, len(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body((x - self.mean) / self.sd).mean(dim=2))


@dataclass(frozen=True)
class World:
    """Windows, and a network that is held quiet."""

    windows: Tensor
    label: Tensor
    person: np.ndarray
    mean: Tensor
    sd: Tensor
    net: Net
    layout: Layout = LAYOUT

    @property
    def baseline(self) -> Tensor:
        return self.mean[:, None].expand(-1, WIDTH)

    def only(self, name: str, count: int = 24) -> World:
        """The first windows of one class."""
        here = torch.nonzero(self.label == CLASSES.index(name))[:count, 0]
        return replace(self, windows=self.windows[here], label=self.label[here], person=self.person[here.numpy()])


def made(count: int, seed: int) -> tuple[Tensor, Tensor, np.ndarray]:
    draw = np.random.default_rng(seed)
    times = np.arange(WIDTH) / RATE_HZ
    label, person = np.arange(count) % len(CLASSES), np.arange(count) // len(CLASSES) % 5
    windows = 0.3 * draw.normal(size=(count, len(LAYOUT), WIDTH))
    for place in range(count):
        waves = np.sin(2 * np.pi * draw.uniform(0.5, 12, (3, 1)) * times + draw.uniform(0, 6, (3, 1)))
        windows[place, 0:3] += 9 * waves
        phase = draw.uniform(0, 2 * np.pi)
        if CLASSES[label[place]] == "buzz":
            windows[place, 3:5, BURST] += 1.5 * np.sin(2 * np.pi * 7 * times[BURST] + phase)
        if CLASSES[label[place]] == "sway":
            windows[place, 6:8] += np.sin(2 * np.pi * 1.5 * times + phase)
    windows[:, 5] += 9.81
    windows[:, STILL] = 0.37
    return torch.from_numpy(windows.astype(np.float32)), torch.from_numpy(label), person


def learned(windows: Tensor, label: Tensor, seed: int) -> Net:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sd = windows.std(dim=(0, 2))
        net = Net(windows.double().mean(dim=(0, 2)), torch.where(sd > 1e-5, sd, torch.ones_like(sd)))
        optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(25):
            for some in torch.randperm(len(windows)).split(40):
                optimiser.zero_grad()
                nn.functional.cross_entropy(net(windows[some]), label[some]).backward()
                optimiser.step()
    return net


@pytest.fixture(scope="session")
def taught() -> tuple[Tensor, Tensor, np.ndarray]:
    """What the networks are trained on."""
    return made(240, seed=1)


@pytest.fixture(scope="session")
def world(taught):
    """Windows that the network has not seen, and the network."""
    net = learned(taught[0], taught[1], seed=2)
    windows, label, person = made(150, seed=3)
    with quiet(net):
        assert (net(windows).argmax(dim=1) == label).float().mean() > 0.95
        yield World(windows, label, person, net.mean[:, 0], net.sd[:, 0], net)


@pytest.fixture(scope="session")
def permuted(taught):
    """A network of the same kind that was trained on labels in another order."""
    order = torch.from_numpy(np.random.default_rng(4).permutation(len(taught[1])))
    return learned(taught[0], taught[1][order], seed=2).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def again(taught):
    """A network that learned the same from other weights."""
    return learned(taught[0], taught[1], seed=5).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def fresh(world):
    """Six networks that learned nothing."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        return [Net(world.mean, world.sd).eval().requires_grad_(False) for _ in range(6)]
