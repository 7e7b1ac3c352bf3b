"""Attention transfer (arXiv 1612.03928): the student should be active at the same times as the teacher.

    Q = mean_c f^2 over channels, brought to unit length over time
    released:  mean over time of (Q_s - Q_t)^2          paper:  || Q_s - Q_t ||_2

Channels are averaged out, so their number may differ. Features of different lengths are pooled over time first.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from stillroom.losses.compared import FeatureTerm, over_time
from stillroom.losses.term import TERMS


def attention_map(features: Float[Tensor, "batch channel *time"]) -> Float[Tensor, "batch position"]:
    """Where a sample's features are large: `(batch, position)`, each row of unit length."""
    return normalize(features.square().mean(dim=1).flatten(1), dim=1)


def attention_transfer(
    student: Float[Tensor, "batch channel *time"],
    teacher: Float[Tensor, "batch wide *time"],
    *,
    variant: Literal["released", "paper"] = "released",
) -> Float[Tensor, " batch"]:
    """Distance of the attention maps; zero where one's features are a multiple of the other's.

    Args:
        student: `(batch, channel, ...)`.
        teacher: as many positions; no gradient flows to it.
        variant: `released`, or `paper`.

    Returns:
        `(batch,)`.
    """
    apart = attention_map(student) - attention_map(teacher.detach())
    return torch.linalg.vector_norm(apart, dim=1) if variant == "paper" else apart.square().mean(dim=1)


@TERMS.register("attention_transfer")
class AttentionTransfer(FeatureTerm):
    """Attention transfer of features over time; the released form is small, and weighed 1000 there.

    Attributes:
        variant: `released`, or `paper`.
    """

    of: str = Field(default="teacher.anchor_0", pattern=r"^\w+\.\w+$")
    variant: Literal["released", "paper"] = "released"

    def compare(
        self, student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        return attention_transfer(*over_time(student, teacher), variant=self.variant)
