"""Channels inside a network: brought into an order of their own, grouped by kind, and whole sensors silenced.

A network that orders its channels itself is the same network for any order in the layout: with the same seed it draws
the same weights, and gives the same answer bit for bit to windows whose channels moved with their names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from stillroom.models.architecture import Shape
from stillroom.sensors.layout import Layout


def by_name(layout: Layout) -> list[int]:
    """Where the layout holds each channel, sorted by name: a sensor's axes and a site's sensors are neighbours."""
    return sorted(range(len(layout)), key=lambda place: layout.names[place])


def by_kind(layout: Layout) -> list[int]:
    """Where the layout holds each channel, sorted by kind and then by name: a kind's channels are neighbours."""
    return sorted(range(len(layout)), key=lambda place: (layout.channels[place].kind, layout.names[place]))


@dataclass(frozen=True)
class KindGroup:
    """The channels of one kind, as they lie side by side in the order of `by_kind`.

    Attributes:
        kind: which.
        first: place of the first of them.
        stop: place behind the last of them.
        rate_hz: the lowest rate at which any of them was measured.
    """

    kind: str
    first: int
    stop: int
    rate_hz: float

    def bins(self, shape: Shape) -> int:
        """The highest bin of a window's spectrum that holds something real.

        A slow sensor is brought to the window's rate by interpolation, so above half its own rate the spectrum shows
        the interpolation. Where the shape has no rate, the fastest channel's stands for it.
        """
        window_hz = shape.rate_hz or max(channel.rate_hz for channel in shape.layout)
        nyquist = shape.width * self.rate_hz / (2 * window_hz)
        return min(shape.width // 2, math.ceil(round(nyquist, 6)))


def kind_groups(layout: Layout) -> list[KindGroup]:
    """The kinds of a layout, in the order of `by_kind`."""
    channels = [layout.channels[place] for place in by_kind(layout)]
    groups, first = [], 0
    for kind, members in groupby(channels, key=lambda channel: channel.kind):
        rates = [channel.rate_hz for channel in members]
        groups.append(KindGroup(kind, first, first + len(rates), min(rates)))
        first += len(rates)
    return groups


class Ordering(nn.Module):
    """Brings channels into another order and back.

    Args:
        order: where the input holds each channel of the new order.
    """

    order: Int64[Tensor, " channel"]
    inverse: Int64[Tensor, " channel"]

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__()
        there = torch.tensor(order, dtype=torch.int64)
        self.register_buffer("order", there, persistent=False)
        self.register_buffer("inverse", torch.argsort(there), persistent=False)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch channel time"]:
        """`(batch, channel, time)`, its channels in the new order."""
        return x.index_select(1, self.order)

    def back(self, values: Tensor, *dims: int) -> Tensor:
        """Anything computed in the new order, along some dimensions, in the input's order again."""
        for dim in dims:
            values = values.index_select(dim, self.inverse)
        return values


class SensorDropout(nn.Module):
    """Silences whole sensors of standardised windows in training: all their channels lie at their training mean.

    Each sensor of each window is silent with the given chance, but never all: where the draw silences every one, the
    one that came nearest to staying stays. Draws from torch's own generator, and only where there is a chance.

    Args:
        layout: channels, in the order in which they come.
        chance: of each sensor of each window.
    """

    sensor: Int64[Tensor, " channel"]

    def __init__(self, layout: Layout, chance: float) -> None:
        super().__init__()
        self.chance, self.sensors = chance, len(layout.sensors)
        places = [layout.sensors.index(channel.sensor) for channel in layout]
        self.register_buffer("sensor", torch.tensor(places, dtype=torch.int64), persistent=False)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch channel time"]:
        """`(batch, channel, time)` to the same shape."""
        if not self.training or self.chance == 0:
            return x
        draw = torch.rand(len(x), self.sensors, device=x.device)
        stays = (draw >= self.chance) | (draw == draw.amax(dim=1, keepdim=True))
        return torch.where(stays[:, self.sensor, None], x, 0.0)
