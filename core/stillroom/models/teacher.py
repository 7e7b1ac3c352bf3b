"""The TSAK-style teacher, stage 1: an attention representation, a causal one, and the two combined.

Our reading of arXiv 2408.14146 (the paper's layer sizes are not public): channels are tokens, each embedded by a
small convolution shared by all channels; self-attention between them gives `attention`; a causal convolution and an
LSTM over time give `causal`, its last state; `combined` is the concatenation, from which a linear head reads the
classes.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from stillroom.models.architecture import ARCHITECTURES, Architecture, Shape
from stillroom.models.blocks import CausalConv, ConvBlock
from stillroom.models.output import Output


@ARCHITECTURES.register("tsak_teacher")
class TsakTeacherConfig(Architecture):
    """Settings of the teacher.

    Attributes:
        token: width of a channel's token and of the attention representation.
        heads: attention heads.
        causal: width of the LSTM and of the causal representation.
        dropout: on the combined representation, in training.
    """

    token: int = Field(default=64, ge=8)
    heads: int = Field(default=4, ge=1)
    causal: int = Field(default=128, ge=8)
    dropout: float = Field(default=0.3, ge=0, lt=1)

    def build(self, shape: Shape) -> nn.Module:
        """A new teacher."""
        return TsakTeacher(self, shape)


class ChannelAttention(nn.Module):
    """Self-attention across channels as tokens."""

    def __init__(self, channels: int, token: int, heads: int) -> None:
        super().__init__()
        self.embed = nn.Sequential(ConvBlock(1, 8, 5, 2), ConvBlock(8, 16, 5, 2), ConvBlock(16, 32, 5, 2))
        self.project = nn.Linear(2 * 32, token)
        self.place = nn.Parameter(0.02 * torch.randn(channels, token))
        self.attention = nn.MultiheadAttention(token, heads, batch_first=True)
        self.norm = nn.LayerNorm(token)

    def forward(self, x: Tensor) -> Tensor:
        """`(batch, channel, time)` to `(batch, token)`."""
        batch, channels, time = x.shape
        steps = self.embed(x.reshape(batch * channels, 1, time))
        summary = torch.cat([steps.mean(dim=2), steps.amax(dim=2)], dim=1)
        tokens = self.project(summary).reshape(batch, channels, -1) + self.place
        mixed, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        pooled: Tensor = self.norm(tokens + mixed).mean(dim=1)
        return pooled


class TsakTeacher(nn.Module):
    """The stage-1 teacher."""

    def __init__(self, config: TsakTeacherConfig, shape: Shape) -> None:
        super().__init__()
        channels = len(shape.layout)
        self.attention = ChannelAttention(channels, config.token, config.heads)
        self.stem = CausalConv(channels, config.token, 5, 2)
        self.lstm = nn.LSTM(config.token, config.causal, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.token + config.causal, shape.classes)

    def forward(self, x: Tensor) -> Output:
        """`(batch, channel, time)`, standardised, to logits and the combined representation."""
        attention = self.attention(x)
        _, (state, _) = self.lstm(self.stem(x).transpose(1, 2))
        combined = torch.cat([attention, state[-1]], dim=1)
        return Output(self.head(self.dropout(combined)), combined)
