"""DIST (arXiv 2205.10536): the student's probabilities should rise and fall with the teacher's, whatever their size.

    beta (1 - r over the classes of a sample) + gamma (1 - r over the samples of a class),  of p = softmax(z / T)

r is Pearson's correlation; each part is a mean, over samples and over classes. For centred rows of unit length
1 - r is half their squared distance, which is what is computed: it is exactly zero where both agree, and a row that
does not vary (any class in a batch of one) is nothing instead of 0 / 0. The released code multiplies by T^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from stillroom.losses.compared import LogitTerm
from stillroom.losses.term import TERMS

_LEAST = 1e-6  # a spread of probabilities below it is rounding


def correlation_distances(
    student: Float[Tensor, "batch class"], teacher: Float[Tensor, "batch class"], *, temperature: float
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """One minus the correlation, over the classes of a sample and over the samples of a class.

    Args:
        student: `(batch, class)` logits.
        teacher: the same shape; no gradient flows to it.
        temperature: T > 0.

    Returns:
        Two means, from 0 (they rise and fall together) to 2; the second is 0 for a batch of one.
    """
    ours, theirs = (torch.softmax(one / temperature, dim=1) for one in (student, teacher.detach()))
    return _apart(ours, theirs), _apart(ours.T, theirs.T)


def _apart(ours: Tensor, theirs: Tensor) -> Tensor:
    one, other = (normalize(rows - rows.mean(dim=1, keepdim=True), dim=1, eps=_LEAST) for rows in (ours, theirs))
    return (one - other).square().sum(dim=1).mean() / 2


@TERMS.register("dist")
class Dist(LogitTerm):
    """DIST; one value for a batch, since it compares samples with one another.

    Attributes:
        beta: weight of the part over classes.
        gamma: weight of the part over samples.
        temperature: T.
        variant: `paper`, or `released`, which multiplies by T^2.
    """

    between: ClassVar[bool] = True
    beta: float = Field(default=1.0, ge=0)
    gamma: float = Field(default=1.0, ge=0)
    temperature: float = Field(default=1.0, gt=0)
    variant: Literal["paper", "released"] = "paper"

    def compare(
        self, student: Float[Tensor, "batch class"], taught: Sequence[Tensor], label: Int[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """One value."""
        classes, samples = correlation_distances(student, taught[0], temperature=self.temperature)
        value = self.beta * classes + self.gamma * samples
        return value * self.temperature**2 if self.variant == "released" else value
