"""A representation term: the student's representation, projected, beside one of the teacher's.

`|| W g / ||W g|| - r / ||r|| ||^2 = 2 - 2 cos(W g, r)`: FitNets' hint (arXiv 1412.6550) on pooled vectors, both sides
brought to unit length; our reading of TSAK's Attn-Rep, Causal-Rep and Combi-Rep (arXiv 2408.14146, whose form is not
public). W has no bias, is trained with the student and thrown away afterwards. Cross-fitted teachers have nothing in
common but the classes, so each of them has a W of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int
from pydantic import Field, field_validator
from torch import Tensor, nn
from torch.nn.functional import normalize

from stillroom.base.errors import StillroomError
from stillroom.losses.term import TERMS, Evidence, Term, Widths, part_of


def representation_distance(
    projected: Float[Tensor, "batch feature"], taught: Float[Tensor, "batch feature"]
) -> Float[Tensor, " batch"]:
    """Squared distance of the two directions, from 0 (the same) to 4 (opposite); no gradient flows to `taught`.

    Returns:
        `(batch,)`.
    """
    return (normalize(projected, dim=1) - normalize(taught.detach(), dim=1)).square().sum(dim=1)


class Projection(nn.Module):
    """A linear map for each group of people.

    Args:
        groups: how many.
        inputs: features in.
        outputs: features out.
    """

    def __init__(self, groups: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.empty(groups, outputs, inputs).uniform_(-bound, bound))

    def forward(
        self, x: Float[Tensor, "batch feature"], group: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch projected"]:
        """`(batch, inputs)` to `(batch, outputs)`, each row by its group's map."""
        if len(self.weight) == 1:
            return x @ self.weight[0].T
        return torch.einsum("boi,bi->bo", self.weight[group], x)


@TERMS.register("representation")
class Representation(Term):
    """The representation term.

    Attributes:
        of: which of the teachers' answers, as `role.part`.
    """

    of: str = Field(default="teacher.representation", pattern=r"^\w+\.\w+$")

    @field_validator("of")
    @classmethod
    def _is_an_answer(cls, of: str) -> str:
        if of.endswith(".group"):
            raise ValueError("`group` says whose answer it is, and is none itself")
        return of

    @property
    def needs(self) -> frozenset[str]:
        """The answer, and whose it is."""
        return frozenset({self.of, f"{self.of.partition('.')[0]}.group"})

    def prepare(self, answers: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """The answer, and whose it is."""
        return answers[self.of], answers[f"{self.of.partition('.')[0]}.group"]

    def helper(self, widths: Widths) -> nn.Module:
        """The projection."""
        return Projection(widths.groups, widths.student["representation"], part_of(widths.taught, self.of))

    def values(
        self, evidence: Evidence, taught: Sequence[Tensor], helper: nn.Module | None = None
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        if not taught or helper is None:
            raise StillroomError("a representation term needs a teacher", mend="Drop the term, or give a teacher")
        representation, group = taught
        return representation_distance(helper(evidence.representation, group), representation)
