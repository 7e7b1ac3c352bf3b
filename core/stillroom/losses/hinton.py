"""Hinton's distillation: the divergence between softened teacher and student (arXiv 1503.02531).

`T^2 sum_k p_t log(p_t / p_s)` with `p = softmax(z / T)`. The factor T^2 keeps the gradient's size as T grows; a weight
multiplies after it. The classes are summed, so the mean over a batch is the usual `batchmean`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from stillroom.base.errors import StillroomError
from stillroom.losses.term import TERMS, Evidence, Term


def hinton(
    student: Float[Tensor, "batch class *rest"], teacher: Float[Tensor, "batch class *rest"], *, temperature: float
) -> Float[Tensor, " batch"]:
    """Softened divergence of each sample; zero where the two softened outputs agree.

    Args:
        student: `(batch, class, ...)` logits.
        teacher: the same shape; no gradient flows to it.
        temperature: T > 0.

    Returns:
        `(batch,)`; the mean over any further axes, so that a dense output weighs as much as a single one.
    """
    log_teacher = torch.log_softmax(teacher.detach() / temperature, dim=1)
    log_student = torch.log_softmax(student / temperature, dim=1)
    # T^2 goes to the teacher's side, where no gradient has to be carried through it
    weight = log_teacher.exp().mul_(temperature**2)
    values = (weight * (log_teacher - log_student)).sum(dim=1)
    return values.flatten(1).mean(dim=1) if values.ndim > 1 else values


@TERMS.register("hinton")
class Hinton(Term):
    """Hinton's term.

    Attributes:
        temperature: T.
    """

    temperature: float = Field(default=4.0, gt=0)

    @property
    def needs(self) -> frozenset[str]:
        """It compares with the teacher's logits."""
        return frozenset({"logits"})

    def values(self, evidence: Evidence) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        if evidence.teacher_logits is None:
            raise StillroomError("Hinton's term needs a teacher", mend="Give the phase a teacher, or drop the term")
        return hinton(evidence.logits, evidence.teacher_logits, temperature=self.temperature)
