"""A linear map over channels, one for each group of people: what brings a student's features to a teacher's.

Cross-fitted teachers have nothing in common but the classes, so each of them has a map of its own. It has no bias, is
trained beside the student, and is thrown away afterwards.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class Projection(nn.Module):
    """A linear map for each group of people.

    Args:
        groups: how many.
        inputs: channels in.
        outputs: channels out.
    """

    def __init__(self, groups: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.empty(groups, outputs, inputs).uniform_(-bound, bound))

    def forward(
        self, x: Float[Tensor, "batch channel *time"], group: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch projected *time"]:
        """`(batch, inputs, ...)` to `(batch, outputs, ...)`, each sample by its group's map, each step by the same."""
        if len(self.weight) > 1:
            return torch.einsum("boi,bi...->bo...", self.weight[group], x)
        if x.ndim == 2:
            return x @ self.weight[0].T
        return torch.einsum("oi,bi...->bo...", self.weight[0], x)
