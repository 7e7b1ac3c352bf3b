"""Hinton's distillation: the divergence between softened teacher and student (arXiv 1503.02531).

`T^2 sum_k p_t log(p_t / p_s)` with `p = softmax(z / T)`. The factor T^2 keeps the gradient's size as T grows; a weight
multiplies after it. The classes are summed, so the mean over a batch is the usual `batchmean`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from stillroom.losses.compared import LogitTerm
from stillroom.losses.term import TERMS


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
    values = _divergence(student, *soften(teacher.detach(), temperature), temperature)
    return values.flatten(1).mean(dim=1) if values.ndim > 1 else values


def soften(
    teacher: Float[Tensor, "batch class *rest"], temperature: float
) -> tuple[Float[Tensor, "batch class *rest"], Float[Tensor, "batch class *rest"]]:
    """The teacher's side: `T^2 p_t`, and `log p_t`. T^2 stands here, where no gradient is carried through it."""
    log_teacher = torch.log_softmax(teacher / temperature, dim=1)
    return log_teacher.exp().mul_(temperature**2), log_teacher


def _divergence(student: Tensor, weight: Tensor, log_teacher: Tensor, temperature: float) -> Tensor:
    return (weight * (log_teacher - torch.log_softmax(student / temperature, dim=1))).sum(dim=1)


@TERMS.register("hinton")
class Hinton(LogitTerm):
    """Hinton's term.

    Attributes:
        temperature: T.
    """

    temperature: float = Field(default=4.0, gt=0)

    def prepare(self, answers: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """The source's logits, softened."""
        return soften(answers[f"{self.source}.logits"], self.temperature)

    def compare(
        self, student: Float[Tensor, "batch class"], taught: Sequence[Tensor], label: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        weight, log_teacher = taught
        return _divergence(student, weight, log_teacher, self.temperature)
