"""The reference: a small published-style net to measure students against.

Two depthwise-separable 1-D convolution blocks, a bidirectional GRU of 16 units, attention pooling: the common
recipe of light-weight recognisers, with 7 to 24 thousand parameters.
"""

from __future__ import annotations

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from stillroom.models.architecture import ARCHITECTURES, Architecture, Shape
from stillroom.models.blocks import AttentionPool, ConvBlock
from stillroom.models.output import Output


@ARCHITECTURES.register("reference")
class ReferenceConfig(Architecture):
    """Settings of the reference.

    Attributes:
        widths: channels after the two blocks.
        kernel: taps of the depthwise convolutions.
        units: GRU units in each direction.
        dropout: on the pooled vector, in training.
    """

    widths: tuple[int, int] = (32, 64)
    kernel: int = Field(default=5, ge=1)
    units: int = Field(default=16, ge=1)
    dropout: float = Field(default=0.2, ge=0, lt=1)

    def build(self, shape: Shape) -> nn.Module:
        """A new reference net."""
        return Reference(self, shape)


class Reference(nn.Module):
    """Separable convolutions, a bidirectional GRU, attention pooling."""

    def __init__(self, config: ReferenceConfig, shape: Shape) -> None:
        super().__init__()
        first, second = config.widths
        self.features = nn.Sequential(
            ConvBlock(len(shape.layout), first, config.kernel, 2, separable=True),
            ConvBlock(first, second, config.kernel, 2, separable=True),
        )
        self.gru = nn.GRU(second, config.units, batch_first=True, bidirectional=True)
        self.pool = AttentionPool(2 * config.units)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(2 * config.units, shape.classes)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)`, standardised, to logits and the pooled vector."""
        steps, _ = self.gru(self.features(x).transpose(1, 2))
        pooled = self.pool(steps)
        return Output(self.head(self.dropout(pooled)), pooled)
