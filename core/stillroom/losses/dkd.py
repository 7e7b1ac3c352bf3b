"""Decoupled distillation (arXiv 2203.08679): the label's class against all others, and the others among themselves.

    alpha TCKD + beta NCKD
    TCKD = T^2 KL([p_y, 1 - p_y] of the teacher || of the student),  p = softmax(z / T)
    NCKD = T^2 KL(softmax of the other classes' z / T, teacher || student)

All stays in logarithms: p_y is the sigmoid of z_y / T over the log-sum-exp of the others, and the label's column is
dropped, not masked, so no gap between logits makes it infinite. The authors' warm-up is every term's `warm_up`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor
from torch.nn.functional import logsigmoid, one_hot

from stillroom.losses.compared import LogitTerm
from stillroom.losses.term import TERMS


def decoupled(
    student: Float[Tensor, "batch class"],
    teacher: Float[Tensor, "batch class"],
    label: Int[Tensor, " batch"],
    *,
    temperature: float,
) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
    """TCKD and NCKD of each sample; with two classes NCKD is 0.

    Args:
        student: `(batch, class)` logits.
        teacher: the same shape; no gradient flows to it.
        label: `(batch,)`.
        temperature: T > 0.

    Returns:
        Two times `(batch,)`.
    """
    ours = _split(student / temperature, label)
    theirs = _split(teacher.detach() / temperature, label)
    target, others = (
        temperature**2 * (one.exp() * (one - other)).sum(dim=1) for one, other in zip(theirs, ours, strict=True)
    )
    return target, others


def _split(scaled: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """`[log p_y, log(1 - p_y)]`, `(batch, 2)`, and the log shares of the other classes, `(batch, class - 1)`."""
    batch, classes = scaled.shape
    others = scaled[one_hot(label, classes) == 0].view(batch, classes - 1)
    lead = scaled.gather(1, label[:, None])[:, 0] - torch.logsumexp(others, dim=1)
    return torch.stack([logsigmoid(lead), logsigmoid(-lead)], dim=1), torch.log_softmax(others, dim=1)


@TERMS.register("dkd")
class Dkd(LogitTerm):
    """Decoupled distillation.

    Attributes:
        alpha: weight of TCKD.
        beta: weight of NCKD.
        temperature: T.
    """

    alpha: float = Field(default=1.0, ge=0)
    beta: float = Field(default=8.0, ge=0)
    temperature: float = Field(default=4.0, gt=0)

    def compare(
        self, student: Float[Tensor, "batch class"], taught: Sequence[Tensor], label: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        target, others = decoupled(student, taught[0], label, temperature=self.temperature)
        return self.alpha * target + self.beta * others
