"""Flow of the solution procedure (Yim et al., CVPR 2017): how features early and late in a network go together.

    G = F_1 F_2^T / positions,  (channel of F_1, channel of F_2), of each sample
    released:  mean (G_s - G_t)^2          torchdistill:  the sum of the lengths of the columns of G_s - G_t

F_1 and F_2 are two features of one network; the longer one is pooled to the length of the shorter. Positions are
averaged out, so student and teacher may differ in time, but not in channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field, field_validator
from torch import Tensor, nn

from stillroom.base.errors import StillroomError
from stillroom.losses.compared import FeatureTerm, as_long, with_teacher
from stillroom.losses.term import TERMS, Evidence


def flow(
    first: Float[Tensor, "batch channel *time"], second: Float[Tensor, "batch late *time"]
) -> Float[Tensor, "batch channel late"]:
    """How each channel of one feature goes with each of the other, `(batch, channel, late)`."""
    early, late = (one.reshape(*one.shape[:2], -1) for one in (first, second))
    return early @ late.mT / early.shape[2]


def fsp(
    student: Float[Tensor, "batch channel late"],
    teacher: Float[Tensor, "batch channel late"],
    *,
    variant: Literal["released", "torchdistill"] = "released",
) -> Float[Tensor, " batch"]:
    """Distance of two flows.

    Args:
        student: what `flow` gives.
        teacher: the same shape; no gradient flows to it.
        variant: `released`, or `torchdistill`.

    Returns:
        `(batch,)`.
    """
    apart = student - teacher.detach()
    if variant == "torchdistill":
        columns: Tensor = torch.linalg.vector_norm(apart, dim=1)
        return columns.sum(dim=1)
    return apart.square().mean(dim=(1, 2))


@TERMS.register("fsp")
class Fsp(FeatureTerm):
    """The flow between two features.

    Attributes:
        of: the teacher's first feature, and `at` the student's.
        of_end: the teacher's second.
        at_end: the student's second; that of the same name by default.
        variant: `released`, or `torchdistill`.
    """

    of: str = Field(default="teacher.anchor_0", pattern=r"^\w+\.\w+$")
    of_end: str = Field(default="teacher.anchor_1", pattern=r"^\w+\.\w+$")
    at_end: str = ""
    variant: Literal["released", "torchdistill"] = "released"

    @field_validator("of_end")
    @classmethod
    def _ends_in_an_answer(cls, of_end: str) -> str:
        return cls._is_an_answer(of_end)

    @property
    def needs(self) -> frozenset[str]:
        """Both of the teacher's answers."""
        return frozenset({self.of, self.of_end})

    def prepare(self, answers: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """The teacher's flow."""
        return (flow(*as_long(answers[self.of], answers[self.of_end])),)

    def values(
        self, evidence: Evidence, taught: Sequence[Tensor], helper: nn.Module | None = None
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        with_teacher(self, taught)
        late = evidence.answer(self.at_end or self.of_end.partition(".")[2])
        return self.compare(flow(*as_long(evidence.answer(self.ours), late)), taught[0])

    def compare(
        self, student: Float[Tensor, "batch channel *late"], teacher: Float[Tensor, "batch wide *more"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`; of flows."""
        if student.shape != teacher.shape:
            raise StillroomError(
                f"{student.shape[1]} x {student.shape[2]} channels cannot be compared with "
                f"{teacher.shape[1]} x {teacher.shape[2]}",
                where="a flow term",
                mend="Choose features of as many channels in student and teacher",
            )
        return fsp(student, teacher, variant=self.variant)
