"""Terms: a loss with a name, settings and a weight, as a recipe declares it; and what a term may look at.

What teachers answer is named `role.part`: `teacher.logits`, `teacher.attention`, `semantic.logits`. A term says which
of these it needs, prepares its own targets from them for many windows at once, and may have a helper: a small module
that is trained beside the student and thrown away with the training.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import Registry, did_you_mean

_T = TypeVar("_T")
GROUP = "group"  # the name under which a role says whose answer it gave


class Evidence(NamedTuple):
    """What a term may look at of the student's side.

    Attributes:
        logits: `(batch, class)` of the student.
        representation: `(batch, feature)` of the student.
        parts: what else it says or is tapped, by name, each `(batch, feature)` or `(batch, channel, time)`.
        label: `(batch,)`.
        class_weight: `(class,)` by inverse frequency over training windows, mean one over windows.
    """

    logits: Float[Tensor, "batch class"]
    representation: Float[Tensor, "batch feature"]
    parts: Mapping[str, Tensor]
    label: Int[Tensor, " batch"]
    class_weight: Float[Tensor, " class"]

    def answer(self, name: str) -> Tensor:
        """One of the student's answers: its logits, its representation, a part, or what is tapped.

        Raises:
            InputError: it has no such answer.
        """
        known = {"logits": self.logits, "representation": self.representation}
        return known[name] if name in known else part_of(self.parts, name)


class Shapes(NamedTuple):
    """How answers are shaped, without their batch, for terms that build a helper.

    Attributes:
        student: of each of the student's answers, by name.
        taught: of each of the teachers' answers, by `role.part`.
        groups: how many teachers answer, each for some of the people; their features have nothing in common.
    """

    student: Mapping[str, tuple[int, ...]]
    taught: Mapping[str, tuple[int, ...]]
    groups: int = 1


class Term(Config):
    """A loss with its weight.

    Attributes:
        weight: what its mean over the batch is multiplied by.
        warm_up: the share of the training over which the weight grows from nothing, as DKD has it; 0: it is whole.
        fade: the share of the training over which the weight falls to nothing; 0: it stays.
        between: whether it compares samples with one another; it is then one value for a batch, and means nothing
            where several teachers answer, each for some of the samples.
    """

    between: ClassVar[bool] = False
    weight: float = 1.0
    warm_up: float = Field(default=0.0, ge=0, le=1)
    fade: float = Field(default=0.0, ge=0, le=1)

    def weight_at(self, done: float) -> float:
        """The weight when a share of the training is done."""
        grown = min(1.0, done / self.warm_up) if self.warm_up else 1.0
        left = max(0.0, 1.0 - done / self.fade) if self.fade else 1.0
        return self.weight * grown * left

    @property
    def needs(self) -> frozenset[str]:
        """Which of the teachers' answers must be there, as `role.part`; `role.group` says whose answer it is."""
        return frozenset()

    def prepare(self, answers: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """What follows from the teachers' answers alone, worked out for many windows at once; windows come first.

        Args:
            answers: `(window, ...)` by `role.part`, at least what it needs; no gradient flows to them.
        """
        return ()

    def helper(self, shapes: Shapes) -> nn.Module | None:
        """A new module that is trained with the student and discarded afterwards; None where none is wanted."""
        return None

    @abstractmethod
    def values(
        self, evidence: Evidence, taught: Sequence[Tensor], helper: nn.Module | None = None
    ) -> Float[Tensor, "*batch"]:
        """Unweighted values, `(batch,)`, or `()` where it compares samples with one another.

        Args:
            evidence: the student's side of a batch.
            taught: the batch's part of what `prepare` gave; empty without a teacher.
            helper: what `helper` made.
        """


TERMS: Registry[type[Term]] = Registry("loss")


def make_terms(declared: Mapping[str, Mapping[str, Any]], where: str) -> dict[str, Term]:
    """Builds the terms that a recipe declares as `{name: settings}`.

    A name is a loss, or one's own beside a setting `loss`, so that a loss can stand there twice.

    Raises:
        InputError: an unknown loss or setting, or no term at all.
    """
    if not declared:
        raise InputError("a phase needs at least one loss", where=where, mend=f"Losses: {', '.join(TERMS)}")
    made = {}
    for name, settings in declared.items():
        own = dict(settings)
        made[name] = TERMS[str(own.pop("loss", name))].from_input(own, where=f"{where}.{name}")
    return made


def part_of(answers: Mapping[str, _T], name: str) -> _T:
    """One of a model's answers, or what is known of it.

    Raises:
        InputError: the model has no such answer.
    """
    if name not in answers:
        mend = did_you_mean(name, list(answers)) if answers else "It has no further answers: drop the term"
        raise InputError(f"the model has no answer {name!r}", where="the terms of a phase", mend=mend)
    return answers[name]


def needs_of(terms: Mapping[str, Term]) -> frozenset[str]:
    """Which of the teachers' answers any of the terms needs, as `role.part`."""
    return frozenset[str]().union(*(term.needs for term in terms.values()))


def weighted_sum(
    terms: Mapping[str, Term],
    evidence: Evidence,
    taught: Mapping[str, Sequence[Tensor]],
    helpers: Mapping[str, nn.Module] | None = None,
    done: float = 0.0,
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, "*any"]]]:
    """The loss of a batch and each term's values, unweighted and detached.

    Args:
        terms: at least one.
        evidence: the student's side.
        taught: by term, what `prepare` gave for these windows; empty without a teacher.
        helpers: by term, where it has one.
        done: the share of the training that lies behind, for weights that change.

    Returns:
        A scalar with gradient, and `(batch,)` or `()` by name.
    """
    given = helpers or {}
    values = {name: term.values(evidence, taught.get(name, ()), given.get(name)) for name, term in terms.items()}
    total: Tensor | None = None
    for name, value in values.items():
        weight = terms[name].weight_at(done)
        total = weight * value if total is None else torch.add(total, value, alpha=weight)
    if total is None:
        raise ValueError("no term")
    return total.mean(), {name: value.detach() for name, value in values.items()}
