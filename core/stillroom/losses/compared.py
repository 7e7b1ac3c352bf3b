"""What most terms have in common: one of the student's answers is compared with one of a teacher's.

`LogitTerm` compares logits. `FeatureTerm` compares any other answer, a tapped tensor as well. `ConnectedTerm` first
brings the student's features to the teacher's shape: a 1x1 map, one for each group of teachers, trained beside the
student and thrown away, where channels differ; adaptive mean pooling of the longer one, where lengths differ.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int
from pydantic import Field, field_validator
from torch import Tensor, nn

from stillroom.base.errors import StillroomError
from stillroom.losses.projection import Projection
from stillroom.losses.term import GROUP, Evidence, Shapes, Term, part_of


class LogitTerm(Term):
    """A term over logits.

    Attributes:
        source: whose logits: `teacher`, or `semantic` for those of TSAK's semantic classifier.
    """

    source: str = Field(default="teacher", pattern=r"^\w+$")

    @property
    def needs(self) -> frozenset[str]:
        """It compares with the source's logits."""
        return frozenset({f"{self.source}.logits"})

    def prepare(self, answers: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """The source's logits."""
        return (answers[f"{self.source}.logits"],)

    def values(
        self, evidence: Evidence, taught: Sequence[Tensor], helper: nn.Module | None = None
    ) -> Float[Tensor, "*batch"]:
        """`(batch,)`, or `()` between samples."""
        with_teacher(self, taught)
        return self.compare(evidence.logits, taught, evidence.label)

    @abstractmethod
    def compare(
        self, student: Float[Tensor, "batch class"], taught: Sequence[Tensor], label: Int[Tensor, " batch"]
    ) -> Float[Tensor, "*batch"]:
        """Unweighted values.

        Args:
            student: `(batch, class)` logits.
            taught: what `prepare` gave.
            label: `(batch,)`.
        """


class FeatureTerm(Term):
    """A term over features.

    Attributes:
        of: which of the teachers' answers, as `role.part`.
        at: which of the student's; that of the same name by default.
    """

    of: str = Field(default="teacher.representation", pattern=r"^\w+\.\w+$")
    at: str = ""

    @field_validator("of")
    @classmethod
    def _is_an_answer(cls, of: str) -> str:
        if of.endswith(f".{GROUP}"):
            raise ValueError("`group` says whose answer it is, and is none itself")
        return of

    @property
    def needs(self) -> frozenset[str]:
        """The teacher's answer."""
        return frozenset({self.of})

    @property
    def ours(self) -> str:
        """The name of the student's answer."""
        return self.at or self.of.partition(".")[2]

    def prepare(self, answers: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """The teacher's answer."""
        return (answers[self.of],)

    def values(
        self, evidence: Evidence, taught: Sequence[Tensor], helper: nn.Module | None = None
    ) -> Float[Tensor, "*batch"]:
        """`(batch,)`, or `()` between samples."""
        with_teacher(self, taught)
        return self.compare(evidence.answer(self.ours), taught[0])

    @abstractmethod
    def compare(
        self, student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
    ) -> Float[Tensor, "*batch"]:
        """Unweighted values.

        Args:
            student: `(batch, channel)` or `(batch, channel, time)`.
            teacher: the same kind; its channels and times may differ.
        """


class ConnectedTerm(FeatureTerm):
    """A term over features of one shape; the student's are connected to the teacher's."""

    @property
    def needs(self) -> frozenset[str]:
        """The teacher's answer, and whose it is."""
        return frozenset({self.of, f"{self.of.partition('.')[0]}.{GROUP}"})

    def prepare(self, answers: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """The teacher's answer, and whose it is."""
        return answers[self.of], answers[f"{self.of.partition('.')[0]}.{GROUP}"]

    def helper(self, shapes: Shapes) -> nn.Module | None:
        """The 1x1 map, where channels differ or several teachers answer."""
        ours, theirs = part_of(shapes.student, self.ours)[0], part_of(shapes.taught, self.of)[0]
        return None if ours == theirs and shapes.groups == 1 else Projection(shapes.groups, ours, theirs)

    def values(
        self, evidence: Evidence, taught: Sequence[Tensor], helper: nn.Module | None = None
    ) -> Float[Tensor, "*batch"]:
        """`(batch,)`."""
        with_teacher(self, taught)
        teacher, group = taught
        student = evidence.answer(self.ours)
        return self.compare(*as_long(student if helper is None else helper(student, group), teacher))


def as_long(
    student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
) -> tuple[Tensor, Tensor]:
    """Both of one length: the longer one is averaged over time to the length of the shorter.

    Raises:
        StillroomError: one has a time and the other has none.
    """
    if student.ndim != teacher.ndim:
        raise StillroomError(
            f"features of shape {tuple(student.shape[1:])} cannot be compared with {tuple(teacher.shape[1:])}",
            where="a feature term",
            mend="Compare pooled features with pooled ones, and features over time with features over time",
        )
    if student.ndim < 3 or student.shape[2] == teacher.shape[2]:
        return student, teacher
    length = min(student.shape[2], teacher.shape[2])
    return _pooled(student, length), _pooled(teacher, length)


def _pooled(features: Tensor, length: int) -> Tensor:
    """Adaptive mean pooling over the last axis; as a product, which takes a fifth of the time of torch's own here."""
    if features.shape[-1] == length:
        return features
    step = torch.arange(features.shape[-1], device=features.device)
    part = torch.arange(length, device=features.device)[:, None]
    begin, end = part * len(step) // length, -(-(part + 1) * len(step) // length)
    inside = ((step >= begin) & (step < end)).to(features)
    return features @ (inside / inside.sum(dim=1, keepdim=True)).T


def over_time(
    student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
) -> tuple[Tensor, Tensor]:
    """As `as_long`, for a term that says nothing of pooled features.

    Raises:
        StillroomError: one of them has no time.
    """
    if min(student.ndim, teacher.ndim) < 3:
        raise StillroomError(
            f"features of shape {tuple(student.shape[1:])} and {tuple(teacher.shape[1:])} do not both lie over time",
            where="a feature term",
            mend="Set `of` and `at` to features that do; pooled ones have one position, where all agree",
        )
    return as_long(student, teacher)


def with_teacher(term: Term, taught: Sequence[Tensor]) -> None:
    """Refuses a term that has no teacher.

    Raises:
        StillroomError: nothing is taught.
    """
    if not taught:
        raise StillroomError(
            f"{type(term).__name__} needs a teacher", mend="Give the phase a teacher, or drop the term"
        )
