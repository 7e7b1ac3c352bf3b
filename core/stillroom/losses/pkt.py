"""Probabilistic knowledge transfer (arXiv 1803.10837): who is whose neighbour, as a distribution.

    k = (cos + 1) / 2 of two samples' features,  p = k over its row's sum
    mean over all pairs of p_t log((p_t + 1e-7) / (p_s + 1e-7))

A sample's likeness to itself counts, and 1e-7 is added to lengths too, as released. Only samples are compared, so
channels and times may differ.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from stillroom.losses.compared import FeatureTerm
from stillroom.losses.term import TERMS

_LEAST = 1e-7


def neighbours(features: Float[Tensor, "batch channel *time"]) -> Float[Tensor, "batch batch"]:
    """How likely each sample takes each for its neighbour; rows sum to one."""
    flat = features.flatten(1)
    unit = flat / (torch.linalg.vector_norm(flat, dim=1, keepdim=True) + _LEAST)
    likeness: Tensor = ((unit @ unit.T + 1) / 2).clamp_min(0)  # rounding goes below -1
    return likeness / likeness.sum(dim=1, keepdim=True)


def pkt(student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]) -> Float[Tensor, ""]:
    """Divergence of the neighbourhoods; zero where features are turned, or a sample's are scaled.

    Args:
        student: `(batch, channel, ...)`.
        teacher: of the same samples; no gradient flows to it.

    Returns:
        One value.
    """
    ours, theirs = neighbours(student), neighbours(teacher.detach())
    return (theirs * ((theirs + _LEAST) / (ours + _LEAST)).log()).mean()


@TERMS.register("pkt")
class Pkt(FeatureTerm):
    """Neighbourhoods of samples; one value for a batch. RepDistiller weighs it 30000."""

    between: ClassVar[bool] = True

    def compare(
        self, student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
    ) -> Float[Tensor, ""]:
        """One value."""
        return pkt(student, teacher)
