"""Neuron selectivity transfer (arXiv 1707.01219): the student's channels, as a set, should be the teacher's.

`MMD^2 = mean k(s, s') + mean k(t, t') - 2 mean k(s, t)` over pairs of channels of a sample, each channel's course in
time brought to unit length, with the polynomial kernel `k(a, b) = (a . b)^2`. The teacher's part is constant; with it
the loss is a distance. The products of all pairs are one batched matrix product. As channels are a set, their number
may differ.
"""

from __future__ import annotations

from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from stillroom.losses.compared import FeatureTerm, over_time
from stillroom.losses.term import TERMS


def nst(
    student: Float[Tensor, "batch channel time *more"], teacher: Float[Tensor, "batch wide time *more"]
) -> Float[Tensor, " batch"]:
    """Squared distance of the two sets of channels; zero where channels are scaled or change places.

    Args:
        student: `(batch, channel, time, ...)`.
        teacher: as long; no gradient flows to it.

    Returns:
        `(batch,)`.
    """
    ours, theirs = (normalize(one.flatten(2), dim=2) for one in (student, teacher.detach()))
    return _kernel(ours, ours) + _kernel(theirs, theirs) - 2 * _kernel(ours, theirs)


def _kernel(one: Tensor, other: Tensor) -> Tensor:
    return (one @ other.mT).square().mean(dim=(1, 2))


@TERMS.register("nst")
class Nst(FeatureTerm):
    """Neuron selectivity of features over time."""

    of: str = Field(default="teacher.anchor_0", pattern=r"^\w+\.\w+$")

    def compare(
        self, student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        return nst(*over_time(student, teacher))
