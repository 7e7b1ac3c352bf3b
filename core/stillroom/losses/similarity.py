"""Similarity-preserving distillation (arXiv 1907.09682): what is alike to the teacher should be alike to the student.

`|| G_s - G_t ||_F^2 / B^2` with `G = F F^T`, F being the samples' features laid flat, and each row of G brought to
length 1: to Euclid's in the paper, to a sum of absolute values in torchdistill, which makes the loss several times
smaller. Only samples are compared, so channels and times may differ.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from stillroom.losses.compared import FeatureTerm
from stillroom.losses.term import TERMS


def similarity(
    student: Float[Tensor, "batch channel *time"],
    teacher: Float[Tensor, "batch wide *long"],
    *,
    variant: Literal["paper", "torchdistill"] = "paper",
) -> Float[Tensor, ""]:
    """Mean squared difference of the similarities; zero where one's features are a multiple of the other's.

    Args:
        student: `(batch, channel, ...)`.
        teacher: of the same samples; no gradient flows to it.
        variant: `paper`, or `torchdistill`.

    Returns:
        One value.
    """
    length = 2.0 if variant == "paper" else 1.0
    ours, theirs = (_alike(one.flatten(1), length) for one in (student, teacher.detach()))
    return (ours - theirs).square().mean()


def _alike(flat: Tensor, length: float) -> Tensor:
    return normalize(flat @ flat.T, p=length, dim=1)


@TERMS.register("similarity")
class Similarity(FeatureTerm):
    """Similarity between samples; one value for a batch. The paper weighs it 3000.

    Attributes:
        variant: `paper`, or `torchdistill`.
    """

    between: ClassVar[bool] = True
    variant: Literal["paper", "torchdistill"] = "paper"

    def compare(
        self, student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
    ) -> Float[Tensor, ""]:
        """One value."""
        return similarity(student, teacher, variant=self.variant)
