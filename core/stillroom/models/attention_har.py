"""A recogniser of attention alone, with attention over sensors and over time that can be shown.

Mahmud et al., "Human Activity Recognition from Wearable Sensor Data Using Self-Attention" (ECAI 2020, arXiv
2003.09018): convolutions over the window as a picture (time x channel) give each channel a share at each step; the
weighted channels become tokens in time, which pass post-norm encoder blocks and are pooled by a learned context.
Their released code weighs the layer-normalised window, which a single channel would not survive; here the window
itself is weighed, and only the shares are worked out from the normalised one.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor, nn

from stillroom.models.architecture import ARCHITECTURES, Architecture, Shape
from stillroom.models.blocks import AttentionPool, SelfAttention
from stillroom.models.channels import Ordering, by_name
from stillroom.models.output import Output


@ARCHITECTURES.register("attention_har")
class AttentionHarConfig(Architecture):
    """Settings; the defaults are the paper's code's.

    Attributes:
        width: of a step's token.
        heads: attention heads.
        blocks: encoder blocks.
        feedforward: width of their inner layer.
        filters: of the convolution that gives channels their shares.
        dropout: in training.
    """

    width: int = Field(default=128, ge=8)
    heads: int = Field(default=4, ge=1)
    blocks: int = Field(default=2, ge=1)
    feedforward: int = Field(default=512, ge=1)
    filters: int = Field(default=128, ge=1)
    dropout: float = Field(default=0.2, ge=0, lt=1)

    @model_validator(mode="after")
    def _divides(self) -> AttentionHarConfig:
        if self.width % self.heads:
            raise ValueError(f"a width of {self.width} cannot be divided among {self.heads} heads")
        return self

    def build(self, shape: Shape) -> nn.Module:
        """A new network."""
        return AttentionHar(self, shape)


class SensorAttention(nn.Module):
    """Shares of the channels at each step, from the window as a picture.

    Args:
        channels: how many.
        filters: of the dilated convolution.
    """

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.look = nn.Conv2d(1, filters, 3, padding=2, dilation=2)
        self.score = nn.Conv2d(filters, 1, 1, bias=False)  # a bias would drop out of the softmax

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch channel time"]:
        """`(batch, channel, time)` to shares of the same shape; a step's sum to one."""
        picture = self.norm(x.transpose(1, 2))[:, None]
        score = self.score(torch.relu(self.look(picture)))[:, 0]
        return torch.softmax(score, dim=2).transpose(1, 2)


class EncoderBlock(nn.Module):
    """A post-norm transformer block: attention and a feed-forward layer, each added and then normalised.

    Args:
        config: widths, heads and dropout.
    """

    def __init__(self, config: AttentionHarConfig) -> None:
        super().__init__()
        self.attention = SelfAttention(config.width, config.heads)
        self.feedforward = nn.Sequential(
            nn.Linear(config.width, config.feedforward), nn.ReLU(), nn.Linear(config.feedforward, config.width)
        )
        self.norms = nn.ModuleList([nn.LayerNorm(config.width), nn.LayerNorm(config.width)])
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, steps: Float[Tensor, "batch time feature"]) -> Float[Tensor, "batch time feature"]:
        """`(batch, time, feature)` to the same shape."""
        listened = self.norms[0](steps + self.dropout(self.attention(steps)))
        thought: Tensor = self.norms[1](listened + self.dropout(self.feedforward(listened)))
        return thought


class AttentionHar(nn.Module):
    """Sensor attention, encoder blocks over time, attention pooling."""

    positions: Float[Tensor, "time feature"]

    def __init__(self, config: AttentionHarConfig, shape: Shape) -> None:
        super().__init__()
        self.order = Ordering(by_name(shape.layout))
        self.sensors = SensorAttention(len(shape.layout), config.filters)
        self.embed = nn.Conv1d(len(shape.layout), config.width, 1)
        self.register_buffer("positions", _positions(shape.width, config.width), persistent=False)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.Sequential(*(EncoderBlock(config) for _ in range(config.blocks)))
        self.pool = AttentionPool(config.width)
        self.hidden = nn.Linear(config.width, 4 * shape.classes)
        self.head = nn.Linear(4 * shape.classes, shape.classes)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)`, standardised, to logits and the pooled vector."""
        pooled = self.pool(self._steps(x))
        return Output(self.head(self.dropout(torch.relu(self.hidden(pooled)))), pooled)

    def sensor_attention(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch channel time"]:
        """Each channel's share at each step, in the input's order of channels; a step's shares sum to one.

        Args:
            x: `(batch, channel, time)`, standardised.
        """
        return self.order.back(self.sensors(self.order(x)), 1)

    def temporal_attention(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch time"]:
        """Each step's share in the pooled vector, `(batch, time)`; a window's shares sum to one.

        Args:
            x: `(batch, channel, time)`, standardised.
        """
        return self.pool.weights(self._steps(x))[..., 0]

    def _steps(self, x: Tensor) -> Tensor:
        ordered = self.order(x)
        embedded = torch.relu(self.embed(ordered * self.sensors(ordered))).transpose(1, 2)
        scaled = embedded * math.sqrt(embedded.shape[2])
        steps: Tensor = self.blocks(self.dropout(scaled + self.positions))
        return steps


def _positions(time: int, width: int) -> Tensor:
    """`(time, width)`: sines of falling frequency in the first half, their cosines in the second."""
    pace = torch.exp(-math.log(10_000) * 2 * torch.arange((width + 1) // 2) / width)
    turn = torch.arange(time)[:, None] * pace
    return torch.cat([turn.sin(), turn.cos()[:, : width // 2]], dim=1)
