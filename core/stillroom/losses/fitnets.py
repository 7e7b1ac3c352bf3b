"""FitNets' hint (arXiv 1412.6550): the student's features, connected, should be the teacher's.

`mean (W f_s - f_t)^2` over channel and time, W being the 1x1 map of `ConnectedTerm`. The paper trains the hint first
and the rest afterwards; here it is a term among others, in one stage.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from stillroom.losses.compared import ConnectedTerm
from stillroom.losses.term import TERMS


def hint(
    student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch channel *time"]
) -> Float[Tensor, " batch"]:
    """Mean squared difference of each sample.

    Args:
        student: `(batch, channel, ...)`.
        teacher: the same shape; no gradient flows to it.

    Returns:
        `(batch,)`.
    """
    return (student - teacher.detach()).square().flatten(1).mean(dim=1)


@TERMS.register("fitnets")
class FitNets(ConnectedTerm):
    """FitNets' hint; RepDistiller weighs it 100."""

    def compare(
        self, student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch channel *time"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        return hint(student, teacher)
