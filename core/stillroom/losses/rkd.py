"""Relational distillation (arXiv 1904.05068): distances between samples, and angles between three, as the teacher's.

    distance:  huber(d_ij / mean d, student, teacher)      mean over pairs, mean d over the positive ones
    angle:     huber(cos of the angle at i between j and k)     mean over triples

Pairs and triples of a sample with itself count with 0, as released. The cosines come from the distances, by the law of
cosines, so the features' width is paid for once a pair; still there are B^3 of them: 1 MB a tensor at a batch of 64,
0.5 GB at 512. Two samples in one place have no angle and send no gradient.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize, smooth_l1_loss

from stillroom.losses.compared import FeatureTerm
from stillroom.losses.term import TERMS


def distances(features: Float[Tensor, "batch channel *time"]) -> Float[Tensor, "batch batch"]:
    """Distances between all pairs of samples, over their mean; all 0 where all samples are alike."""
    flat = features.flatten(1)
    # differences and no Gram matrix, which cancels: neighbours far from the origin would come out as one
    found = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist")
    mean = found.sum() / (found > 0).sum().clamp_min(1)
    return found / mean.masked_fill(mean == 0, math.inf)


def cosines(distance: Float[Tensor, "batch batch"]) -> Float[Tensor, "batch batch batch"]:
    """`[i, j, k]`: the cosine of the angle at i between j and k; 0 where i is in the place of either."""
    inverse = 1 / distance.masked_fill(distance == 0, math.inf)
    square = distance.square()
    return (square[:, :, None] + square[:, None, :] - square[None]) * (inverse / 2)[:, :, None] * inverse[:, None, :]


def relations(
    student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """How far distances and angles are from the teacher's; zero where features are moved, turned or scaled.

    Args:
        student: `(batch, channel, ...)`.
        teacher: of the same samples; no gradient flows to it.

    Returns:
        Two values, for distances and for angles.
    """
    ours, theirs = distances(student), distances(teacher.detach())
    return smooth_l1_loss(ours, theirs), smooth_l1_loss(cosines(ours), cosines(theirs))


@TERMS.register("rkd")
class Rkd(FeatureTerm):
    """Distances and angles between samples; one value for a batch.

    Attributes:
        distance: weight of the distances.
        angle: weight of the angles.
        normalise: first bring each sample's features to unit length, as mmrazor does.
    """

    between: ClassVar[bool] = True
    distance: float = Field(default=25.0, ge=0)
    angle: float = Field(default=50.0, ge=0)
    normalise: bool = False

    def compare(
        self, student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
    ) -> Float[Tensor, ""]:
        """One value."""
        if self.normalise:
            student, teacher = normalize(student.flatten(1), dim=1), normalize(teacher.flatten(1), dim=1)
        distance, angle = relations(student, teacher)
        return self.distance * distance + self.angle * angle
