"""A recogniser: what a saved model is. It knows its channels, rate, window and classes, and takes physical units.

It has one member or several (an ensemble, a forest among them); each member is a normaliser and a network. Several
are mixed by weighted means of their probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stillroom.models.architecture import Architecture, Shape
from stillroom.models.forest import Forest
from stillroom.models.output import Output
from stillroom.sensors.layout import Layout
from stillroom.signal.normalisation import Normaliser


@dataclass(frozen=True)
class Interface:
    """What a recogniser takes and gives.

    Attributes:
        layout: its channels, with units.
        rate_hz: samples per second of its window.
        width: samples in its window.
        classes: class names.
    """

    layout: Layout
    rate_hz: float
    width: int
    classes: tuple[str, ...]

    @property
    def shape(self) -> Shape:
        """What its networks are built for."""
        return Shape(self.layout, self.width, len(self.classes), self.rate_hz)


class Member(nn.Module):
    """A normaliser and a network.

    Args:
        architecture: of the network.
        shape: what it is built for.
        normaliser: in physical units; none where the network takes these itself.
    """

    mean: Float[Tensor, "channel 1"]
    sd: Float[Tensor, "channel 1"]

    def __init__(self, architecture: Architecture, shape: Shape, normaliser: Normaliser | None = None) -> None:
        super().__init__()
        self.architecture = architecture
        channels = len(shape.layout)
        self.register_buffer("mean", torch.zeros(channels, 1))
        self.register_buffer("sd", torch.ones(channels, 1))
        if normaliser:
            # copies: weights that are loaded later are written into these
            self.mean, self.sd = torch.tensor(normaliser.mean)[:, None], torch.tensor(normaliser.sd)[:, None]
        self.net = architecture.build(shape)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)` in physical units to the network's output."""
        output: Output = self.net((x - self.mean) / self.sd)
        return output


class Recogniser(nn.Module):
    """One or several members behind one interface.

    Args:
        interface: what it takes and gives.
        members: at least one, all of that interface.
        weights: their shares in the mean, summing to one; equal by default.
    """

    weights: Float[Tensor, " member"]

    def __init__(self, interface: Interface, members: list[Member], weights: list[float] | None = None) -> None:
        super().__init__()
        self.interface = interface
        self.members = nn.ModuleList(members)
        self.register_buffer("weights", torch.tensor(weights or [1 / len(members)] * len(members)))

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)` in physical units; an ensemble's logits are log probabilities."""
        outputs: list[Output] = [member(x) for member in self.members]
        if len(outputs) == 1:
            return outputs[0]
        shares = torch.stack([torch.log_softmax(output.logits, dim=1) for output in outputs])
        mixed = torch.logsumexp(shares + torch.log(self.weights)[:, None, None], dim=0)
        return outputs[0]._replace(logits=mixed)

    def parameter_count(self) -> int:
        """Weights of networks; for a forest, the numbers that its tables of nodes hold."""
        return sum(parameter.numel() for parameter in self.parameters()) + sum(
            buffer.numel() for member in self.members for buffer in _grown(member)
        )


def _grown(member: nn.Module) -> list[Tensor]:
    net = member.net
    return list(net.buffers()) if isinstance(net, Forest) else []
