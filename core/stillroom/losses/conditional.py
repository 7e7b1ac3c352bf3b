"""SMLDist's smoothed conditional rule: the teacher's answer where it is right, the label where it is wrong.

Sound (ours, after arXiv 2107.07331):

    t = softmax(z_t / T)  if argmax z_t = y,  else (1 - eps) onehot(y) + eps / K
    T^2 KL(t || softmax(z_s / T))

Released (the authors' code of 2021, read literally):

    p = softmax(z_t / |z_t|), u = softmax(z_s / |z_s|);  t = p if argmax p = y, else h onehot(y)
    -log q_y - sum_k softmax(t)_k log q_k,   q = softmax(u)

There the student's answer passes two softmaxes: with K = 8, q_y cannot exceed 0.148, the gradient is tiny, and where
the teacher is wrong its replacement is the sharper target. The cross-entropy is part of it; declare no other beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor
from torch.nn.functional import kl_div, normalize, one_hot

from stillroom.losses.compared import LogitTerm
from stillroom.losses.term import TERMS


def conditional_target(
    teacher: Float[Tensor, "batch class"], label: Int[Tensor, " batch"], *, temperature: float, smoothing: float
) -> Float[Tensor, "batch class"]:
    """What the student is taught: `(batch, class)`, each row summing to one."""
    classes = teacher.shape[1]
    corrected = one_hot(label, classes).to(teacher.dtype) * (1 - smoothing) + smoothing / classes
    right = (teacher.argmax(dim=1) == label)[:, None]
    return torch.where(right, torch.softmax(teacher.detach() / temperature, dim=1), corrected)


def conditional(
    student: Float[Tensor, "batch class"],
    teacher: Float[Tensor, "batch class"],
    label: Int[Tensor, " batch"],
    *,
    temperature: float,
    smoothing: float,
) -> Float[Tensor, " batch"]:
    """The sound rule; zero where the student gives the target.

    Args:
        student: `(batch, class)` logits.
        teacher: the same shape; no gradient flows to it.
        label: `(batch,)`.
        temperature: T > 0.
        smoothing: eps in [0, 1), of the label where the teacher is wrong.

    Returns:
        `(batch,)`.
    """
    target = conditional_target(teacher, label, temperature=temperature, smoothing=smoothing)
    log_student = torch.log_softmax(student / temperature, dim=1)
    return temperature**2 * kl_div(log_student, target, reduction="none").sum(dim=1)


def conditional_released(
    student: Float[Tensor, "batch class"],
    teacher: Float[Tensor, "batch class"],
    label: Int[Tensor, " batch"],
    *,
    hardness: float,
) -> Float[Tensor, " batch"]:
    """The rule as released, its hard part included.

    Args:
        student: `(batch, class)` logits.
        teacher: the same shape; no gradient flows to it.
        label: `(batch,)`.
        hardness: h, what stands for the label where the teacher is wrong.

    Returns:
        `(batch,)`.
    """
    shares = torch.softmax(normalize(teacher.detach(), dim=1), dim=1)
    right = (shares.argmax(dim=1) == label)[:, None]
    target = torch.where(right, shares, hardness * one_hot(label, teacher.shape[1]).to(shares.dtype))
    log_student = torch.log_softmax(torch.softmax(normalize(student, dim=1), dim=1), dim=1)
    soft = -(torch.softmax(target, dim=1) * log_student).sum(dim=1)
    return soft - log_student.gather(1, label[:, None])[:, 0]


@TERMS.register("conditional")
class Conditional(LogitTerm):
    """The smoothed conditional rule.

    Attributes:
        temperature: T.
        smoothing: eps.
        variant: `sound`, or `released` for the literal rule, which has neither T nor eps.
        hardness: h of the literal rule.
    """

    temperature: float = Field(default=4.0, gt=0)
    smoothing: float = Field(default=0.1, ge=0, lt=1)
    variant: Literal["sound", "released"] = "sound"
    hardness: float = Field(default=1.0, gt=0)

    def compare(
        self, student: Float[Tensor, "batch class"], taught: Sequence[Tensor], label: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        if self.variant == "released":
            return conditional_released(student, taught[0], label, hardness=self.hardness)
        return conditional(student, taught[0], label, temperature=self.temperature, smoothing=self.smoothing)
