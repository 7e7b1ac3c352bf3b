"""A network that can be asked with any of its sensors left out: what the instant estimate of a sensor set stands on.

A sensor is left out by laying its channels at their training mean, which is zero once standardised. Each sensor has a
small encoder of its own; the features of those that are there are pooled by mean and by maximum, so what is absent
leaves no trace, and a convolution over time reads the rest. In training, sensors are silenced window by window: the
share that stays is drawn anew from 0 to 1 for each window, by whole sites for one half of them and by sensors for the
other, so that each number of sites, and of sensors, is met as often (one alone twice: it stays where none would). After
the idea of dropout on modalities (ModDrop, arXiv 1501.00102); sizes and the two ways of drawing are ours.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int64
from pydantic import Field
from torch import Tensor, nn

from stillroom.models.architecture import ARCHITECTURES, Architecture, Shape
from stillroom.models.blocks import ConvBlock
from stillroom.models.output import Output
from stillroom.sensors.layout import Layout


@ARCHITECTURES.register("any_subset")
class AnySubsetConfig(Architecture):
    """Settings of the network.

    Attributes:
        width: features of each sensor.
        kernel: taps of each convolution.
        trunk: channels of the convolution over what all sensors say.
        hidden: width of the layer before the classes; the representation.
        dropout: on that layer, in training.
    """

    width: int = Field(default=32, ge=4)
    kernel: int = Field(default=5, ge=1)
    trunk: int = Field(default=96, ge=8)
    hidden: int = Field(default=96, ge=4)
    dropout: float = Field(default=0.2, ge=0, lt=1)

    def build(self, shape: Shape) -> nn.Module:
        """A new network."""
        return AnySubset(self, shape)


class AnySubset(nn.Module):
    """Encoders by sensor, pooled over those that are there."""

    place: Int64[Tensor, " padded"]

    def __init__(self, config: AnySubsetConfig, shape: Shape) -> None:
        super().__init__()
        layout = shape.layout
        self.sensors = len(layout.sensors)
        places, self.axes = _padded(layout)
        self.register_buffer("place", torch.tensor(places), persistent=False)
        self.silence = Silence(layout)
        half = config.width // 2
        self.first = self._by_sensor(self.axes, half, config.kernel)
        self.second = self._by_sensor(half, config.width, config.kernel)
        self.trunk = ConvBlock(2 * config.width, config.trunk, config.kernel, 2)
        self.known = nn.Linear(self.sensors, config.trunk)
        self.hidden = nn.Linear(config.trunk, config.hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.hidden, shape.classes)

    def _by_sensor(self, inputs: int, outputs: int, kernel: int) -> nn.Conv1d:
        """A convolution for each sensor, of as many channels each."""
        n = self.sensors
        return nn.Conv1d(n * inputs, n * outputs, kernel, stride=2, padding=kernel // 2, groups=n)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)`, standardised, to logits and the hidden layer."""
        padded = nn.functional.pad(x, (0, 0, 0, 1)).index_select(1, self.place)  # the channel behind the last is zero
        by_sensor = self.silence(padded.view(len(x), self.sensors, self.axes, -1))
        there = (by_sensor != 0).flatten(2).any(dim=2)
        features = torch.relu(self.second(torch.relu(self.first(by_sensor.flatten(1, 2)))))
        pooled = _pooled(features.view(len(x), self.sensors, -1, features.shape[2]), there)
        said = self.trunk(pooled).mean(dim=2) + self.known(there.to(x.dtype))
        hidden = torch.relu(self.hidden(torch.relu(said)))
        return Output(self.head(self.dropout(hidden)), hidden)


class Silence(nn.Module):
    """Silences sensors of standardised windows in training, so that sets of every size are met; one always stays.

    Draws from torch's own generator.

    Args:
        layout: the channels; sensors come in the order of `layout.sensors`.
    """

    site: Int64[Tensor, " sensor"]

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        of = {channel.sensor: channel.site for channel in layout}
        sites = sorted(set(of.values()))
        self.sites = len(sites)
        places = torch.tensor([sites.index(of[sensor]) for sensor in layout.sensors])
        self.register_buffer("site", places, persistent=False)

    def forward(self, x: Float[Tensor, "batch sensor axis time"]) -> Float[Tensor, "batch sensor axis time"]:
        """`(batch, sensor, axis, time)` to the same shape."""
        if not self.training:
            return x
        stays = self.drawn(len(x), x.device)
        return torch.where(stays[:, :, None, None], x, 0.0)

    def drawn(self, batch: int, device: torch.device) -> Bool[Tensor, "batch sensor"]:
        """Which sensors of each window stay."""
        share = torch.rand(batch, 1, device=device)
        by_site = torch.rand(batch, self.sites, device=device)[:, self.site]
        by_sensor = torch.rand(batch, len(self.site), device=device)
        draw = torch.where(torch.rand(batch, 1, device=device) < 0.5, by_site, by_sensor)
        return (draw <= share) | (draw == draw.amin(dim=1, keepdim=True))


def _padded(layout: Layout) -> tuple[list[int], int]:
    """Where each sensor's channels lie, as many places for each sensor; spare ones point behind the last channel."""
    by_sensor = [[place for place, one in enumerate(layout) if one.sensor == sensor] for sensor in layout.sensors]
    axes = max(map(len, by_sensor))
    return [place for places in by_sensor for place in places + [len(layout)] * (axes - len(places))], axes


def _pooled(
    features: Float[Tensor, "batch sensor feature step"], there: Bool[Tensor, "batch sensor"]
) -> Float[Tensor, "batch pooled step"]:
    """Mean and maximum over the sensors that are there; zeros where none is. Features are not negative."""
    kept = features * there[:, :, None, None]
    mean = kept.sum(dim=1) / there.sum(dim=1).clamp_min(1)[:, None, None]
    return torch.cat([mean, kept.amax(dim=1)], dim=1)
