"""SMLDist's memory term: what a student's memory associates with a window, beside what the teacher's does.

`T^2 KL(softmax(s_t / T) || softmax(s_s / T))`, s being the scores of the stored patterns, `beta q K^T`. It means
something where both ask the same bank: the student's head begins as a copy of the teacher's, and its bank rests at
first. Our reading of arXiv 2107.07331, whose released code copies the head and has no term of this kind.
"""

from __future__ import annotations

from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from stillroom.base.errors import StillroomError
from stillroom.losses.compared import FeatureTerm
from stillroom.losses.hinton import hinton
from stillroom.losses.term import TERMS


@TERMS.register("memory")
class Memory(FeatureTerm):
    """The memory term.

    Attributes:
        temperature: T.
    """

    of: str = Field(default="teacher.association", pattern=r"^\w+\.\w+$")
    temperature: float = Field(default=1.0, gt=0)

    def compare(
        self, student: Float[Tensor, "batch pattern"], teacher: Float[Tensor, "batch stored"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        if student.shape != teacher.shape:
            raise StillroomError(
                f"a memory of {student.shape[1]} patterns cannot be compared with one of {teacher.shape[1]}",
                where="a memory term",
                mend="Give both networks heads of the same settings",
            )
        return hinton(student, teacher, temperature=self.temperature)
