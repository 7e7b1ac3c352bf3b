"""The TSAK-style teacher, stage 1: an attention representation, a causal one, and the two combined.

Our reading of arXiv 2408.14146 (the paper's layer sizes are not public): channels are tokens, each embedded from
its mean and its log-amplitude spectrum; self-attention between them gives `attention`. A causal convolution and an
LSTM over time give `causal`, its last state. `combined` is the concatenation, from which a linear head reads the
classes.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor, nn

from stillroom.models.architecture import ARCHITECTURES, Architecture, Shape
from stillroom.models.blocks import CausalConv
from stillroom.models.output import Output

_FLOOR = 1e-4


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

    @model_validator(mode="after")
    def _divides(self) -> TsakTeacherConfig:
        if self.token % self.heads:
            raise ValueError(f"a token of {self.token} cannot be divided among {self.heads} heads")
        return self

    def build(self, shape: Shape) -> nn.Module:
        """A new teacher."""
        return TsakTeacher(self, shape)


class LogSpectrum(nn.Module):
    """A channel's mean and the log amplitudes of its Hann-windowed spectrum, by a matrix product (no FFT to export).

    Args:
        width: samples in a window.
    """

    basis: Float[Tensor, "part time"]

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = width // 2 + 2
        turn = 2 * math.pi * torch.arange(width // 2 + 1)[:, None] * torch.arange(width) / width
        taper = torch.hann_window(width) / math.sqrt(width)
        self.register_buffer("basis", torch.cat([turn.cos(), turn.sin()]) * taper, persistent=False)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch channel feature"]:
        """`(batch, channel, time)` to `(batch, channel, features)`."""
        mean = x.mean(dim=2, keepdim=True)
        real, imaginary = ((x - mean) @ self.basis.T).chunk(2, dim=2)
        amplitude = 0.5 * torch.log(real.square() + imaginary.square() + _FLOOR)
        return torch.cat([mean, amplitude], dim=2)


class ChannelAttention(nn.Module):
    """Self-attention across channels as tokens.

    Args:
        channels: how many.
        width: samples in a window.
        token: width of a token.
        heads: attention heads.
    """

    def __init__(self, channels: int, width: int, token: int, heads: int) -> None:
        super().__init__()
        self.spectrum = LogSpectrum(width)
        self.embed = nn.Linear(self.spectrum.features, token)
        self.place = nn.Parameter(0.02 * torch.randn(channels, token))
        self.attention = nn.MultiheadAttention(token, heads, batch_first=True)
        self.norm = nn.LayerNorm(token)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch token"]:
        """`(batch, channel, time)` to `(batch, token)`."""
        tokens = torch.relu(self.embed(self.spectrum(x))) + self.place
        mixed, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        pooled: Tensor = self.norm(tokens + mixed).mean(dim=1)
        return pooled


class TsakTeacher(nn.Module):
    """The stage-1 teacher."""

    def __init__(self, config: TsakTeacherConfig, shape: Shape) -> None:
        super().__init__()
        channels = len(shape.layout)
        self.attention = ChannelAttention(channels, shape.width, config.token, config.heads)
        self.stem = CausalConv(channels, config.token, 5, 2)
        self.lstm = nn.LSTM(config.token, config.causal, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.token + config.causal, shape.classes)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)`, standardised, to logits and the combined representation."""
        attention = self.attention(x)
        _, (state, _) = self.lstm(self.stem(x).transpose(1, 2))
        combined = torch.cat([attention, state[-1]], dim=1)
        return Output(self.head(self.dropout(combined)), combined)
