"""Variational information distillation (arXiv 1904.05835): how well the teacher's features follow from the student's.

    mean over channel and time of ((mu - f_t)^2 / v + log v) / 2

mu is a regressor's answer to the student's features: three 1x1 maps with a ReLU between, without biases as released. v
is a channel's variance, `softplus(rho) + 1e-5`, 5 at first. Both are trained with the student and thrown away
afterwards; each group of teachers has its own. The constant log(2 pi) / 2 is left out, so the loss may be negative.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import softplus

from stillroom.losses.compared import ConnectedTerm
from stillroom.losses.projection import Projection
from stillroom.losses.term import TERMS, Shapes, part_of

_LEAST, _FIRST = 1e-5, 5.0


def vid(
    mean: Float[Tensor, "batch channel *time"],
    variance: Float[Tensor, "batch channel *time"],
    teacher: Float[Tensor, "batch channel *time"],
) -> Float[Tensor, " batch"]:
    """Negative log-likelihood of the teacher's features, without its constant.

    Args:
        mean: `(batch, channel, ...)`.
        variance: the same shape, above 0.
        teacher: the same shape; no gradient flows to it.

    Returns:
        `(batch,)`.
    """
    return ((mean - teacher.detach()).square() / variance + variance.log()).flatten(1).mean(dim=1) / 2


class Regressor(nn.Module):
    """What foretells the teacher's features from the student's, and how surely.

    Args:
        groups: teachers, each for some of the people.
        inputs: the student's channels.
        outputs: the teacher's.
    """

    def __init__(self, groups: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(Projection(groups, width, outputs) for width in (inputs, outputs, outputs))
        self.rho = nn.Parameter(torch.full((groups, outputs), math.log(math.expm1(_FIRST - _LEAST))))

    def forward(
        self, x: Float[Tensor, "batch channel *time"], group: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch twice *time"]:
        """`(batch, inputs, ...)` to `(batch, 2 outputs, ...)`: the means, and behind them the variances."""
        for number, one in enumerate(self.maps):
            x = one(torch.relu(x) if number else x, group)
        rho = self.rho[group] if len(self.rho) > 1 else self.rho.expand(len(x), -1)
        variance = (softplus(rho) + _LEAST).reshape(*rho.shape, *(1 for _ in x.shape[2:]))
        return torch.cat([x, variance.expand_as(x)], dim=1)


@TERMS.register("vid")
class Vid(ConnectedTerm):
    """Variational information; its map is a regressor, even where shapes agree."""

    def helper(self, shapes: Shapes) -> Regressor:
        """The regressor."""
        return Regressor(shapes.groups, part_of(shapes.student, self.ours)[0], part_of(shapes.taught, self.of)[0])

    def compare(
        self, student: Float[Tensor, "batch twice *time"], teacher: Float[Tensor, "batch channel *time"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`; of what the regressor gives."""
        mean, variance = student.chunk(2, dim=1)
        return vid(mean, variance, teacher)
