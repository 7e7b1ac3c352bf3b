"""The TSAK-style teacher, stage 1: an attention representation, a causal one, and the two combined.

Our reading of arXiv 2408.14146 (the paper's layer sizes are not public): channels are tokens that listen to one
another, which gives `attention`. Causal convolutions, one for each kind of sensor, summed, and an LSTM over time give
`causal`, its last state. `combined` is their concatenation or ReLU(W [attention; causal]). Each of the three has a
linear head of its own; the classes are read from the combined one.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor, nn

from stillroom.models.architecture import ARCHITECTURES, Architecture, Shape
from stillroom.models.blocks import CausalConv
from stillroom.models.channel_tokens import ChannelAttention
from stillroom.models.channels import Ordering, SensorDropout, by_kind, kind_groups
from stillroom.models.output import Output
from stillroom.sensors.layout import Layout

_KERNEL, _STRIDE = 5, 2


@ARCHITECTURES.register("tsak_teacher")
class TsakTeacherConfig(Architecture):
    """Settings of the teacher.

    Attributes:
        token: width of a channel's token and of the attention representation.
        heads: attention heads.
        causal: width of the LSTM and of the causal representation.
        combined: how the two are put together; both ways are equally wide.
        dropout: on the combined representation, in training.
        sensor_dropout: the chance that a sensor of a window is silent, in training; one always stays.
    """

    token: int = Field(default=64, ge=8)
    heads: int = Field(default=4, ge=1)
    causal: int = Field(default=128, ge=8)
    combined: Literal["concatenation", "mix"] = "concatenation"
    dropout: float = Field(default=0.3, ge=0, lt=1)
    sensor_dropout: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _divides(self) -> TsakTeacherConfig:
        if self.token % self.heads:
            raise ValueError(f"a token of {self.token} cannot be divided among {self.heads} heads")
        return self

    @property
    def joined(self) -> int:
        """Width of the combined representation."""
        return self.token + self.causal

    def build(self, shape: Shape) -> nn.Module:
        """A new teacher."""
        return TsakTeacher(self, shape)


class CausalStem(nn.Module):
    """Halves the rate, looking only backwards: a causal convolution for each kind of sensor, summed.

    The last step sees the last sample, whatever the width.

    Args:
        layout: the channels.
        outputs: channels out.
    """

    def __init__(self, layout: Layout, outputs: int) -> None:
        super().__init__()
        self.groups = kind_groups(layout)
        self.kinds = nn.ModuleList(
            CausalConv(group.stop - group.first, outputs, _KERNEL, _STRIDE, to_the_end=True) for group in self.groups
        )

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch output step"]:
        """`(batch, channel, time)`, ordered by kind, to `(batch, outputs, ceil(time / 2))`."""
        parts = [kind(x[:, group.first : group.stop]) for group, kind in zip(self.groups, self.kinds, strict=True)]
        total: Tensor = sum(parts[1:], start=parts[0])
        return total


class TsakTeacher(nn.Module):
    """The stage-1 teacher."""

    def __init__(self, config: TsakTeacherConfig, shape: Shape) -> None:
        super().__init__()
        order = by_kind(shape.layout)
        ordered = Layout(channels=tuple(shape.layout.channels[place] for place in order))
        self.order = Ordering(order)
        self.silence = SensorDropout(ordered, config.sensor_dropout)
        self.attention = ChannelAttention(shape, config.token, config.heads)
        self.stem = CausalStem(ordered, config.token)
        self.lstm = nn.LSTM(config.token, config.causal, batch_first=True)
        mixed = config.combined == "mix"
        self.mix = nn.Sequential(nn.Linear(config.joined, config.joined), nn.ReLU()) if mixed else nn.Identity()
        self.dropout = nn.Dropout(config.dropout)
        self.attention_head = nn.Linear(config.token, shape.classes)
        self.causal_head = nn.Linear(config.causal, shape.classes)
        self.head = nn.Linear(config.joined, shape.classes)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)`, standardised, to logits, the combined representation, and both others as parts."""
        ordered = self.silence(self.order(x))
        attention, causal = self.attention(ordered), self._states(ordered)[:, -1]
        combined = self.mix(torch.cat([attention, causal], dim=1))
        parts = {
            "attention": attention,
            "causal": causal,
            "attention_logits": self.attention_head(attention),
            "causal_logits": self.causal_head(causal),
        }
        return Output(self.head(self.dropout(combined)), combined, parts)

    def states(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch step causal"]:
        """The LSTM's state at each step.

        Args:
            x: `(batch, channel, time)`, standardised.

        Returns:
            `(batch, ceil(time / 2), causal)`. Step `s` knows samples up to `2 s + (time - 1) % 2` and none later; the
            last one is the causal representation.
        """
        return self._states(self.order(x))

    def attention_maps(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch head channel channel"]:
        """Whom each channel listens to: `(batch, head, channel, channel)` in the input's order; rows sum to one.

        Args:
            x: `(batch, channel, time)`, standardised.
        """
        tokens = self.attention.tokens(self.order(x))
        return self.order.back(self.attention.attention.weights(tokens), 2, 3)

    def _states(self, ordered: Tensor) -> Tensor:
        states: Tensor = self.lstm(self.stem(ordered).transpose(1, 2))[0]
        return states
