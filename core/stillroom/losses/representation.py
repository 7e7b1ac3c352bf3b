"""A representation term: the student's representation, projected, beside one of the teacher's.

`|| W g / ||W g|| - r / ||r|| ||^2 = 2 - 2 cos(W g, r)`: FitNets' hint (arXiv 1412.6550) on pooled vectors, both sides
brought to unit length; our reading of TSAK's Attn-Rep, Causal-Rep and Combi-Rep (arXiv 2408.14146, whose form is not
public). W is trained with the student and thrown away afterwards (see `projection`).
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from stillroom.losses.compared import ConnectedTerm
from stillroom.losses.projection import Projection
from stillroom.losses.term import TERMS, Shapes, part_of


def representation_distance(
    projected: Float[Tensor, "batch feature"], taught: Float[Tensor, "batch feature"]
) -> Float[Tensor, " batch"]:
    """Squared distance of the two directions, from 0 (the same) to 4 (opposite); no gradient flows to `taught`.

    Returns:
        `(batch,)`.
    """
    return (normalize(projected, dim=1) - normalize(taught.detach(), dim=1)).square().sum(dim=1)


@TERMS.register("representation")
class Representation(ConnectedTerm):
    """The representation term; the student's representation is projected even where it is as wide as the teacher's."""

    at: str = "representation"

    def helper(self, shapes: Shapes) -> nn.Module:
        """The projection."""
        return Projection(shapes.groups, part_of(shapes.student, self.ours)[0], part_of(shapes.taught, self.of)[0])

    def compare(
        self, student: Float[Tensor, "batch feature"], teacher: Float[Tensor, "batch feature"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        return representation_distance(student, teacher)
