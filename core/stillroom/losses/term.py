"""Terms: a loss with a name, settings and a weight, as a recipe declares it; and what a term may look at."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import Registry


class Evidence(NamedTuple):
    """What a term may look at; the teacher's tensors carry no gradient and are None where there is no teacher.

    Attributes:
        logits: `(batch, class)` of the student.
        representation: `(batch, feature)` of the student.
        label: `(batch,)`.
        class_weight: `(class,)` by inverse frequency over training windows, mean one over windows.
        teacher_logits: `(batch, class)`.
        teacher_representation: `(batch, feature)`.
    """

    logits: Tensor
    representation: Tensor
    label: Tensor
    class_weight: Tensor
    teacher_logits: Tensor | None = None
    teacher_representation: Tensor | None = None


class Term(Config):
    """A loss with its weight.

    Attributes:
        weight: what its mean over the batch is multiplied by.
    """

    weight: float = 1.0

    @property
    def needs(self) -> frozenset[str]:
        """Which of the teacher's tensors must be there: `logits`, `representation`."""
        return frozenset()

    @abstractmethod
    def values(self, evidence: Evidence) -> Tensor:
        """`(batch,)`, unweighted."""


TERMS: Registry[type[Term]] = Registry("loss")


def make_terms(declared: Mapping[str, Mapping[str, Any]], where: str) -> dict[str, Term]:
    """Builds the terms that a recipe declares as `{name: settings}`.

    Raises:
        InputError: an unknown loss or setting, or no term at all.
    """
    if not declared:
        raise InputError("a phase needs at least one loss", where=where, mend=f"Losses: {', '.join(TERMS)}")
    return {
        name: TERMS[name].from_input(dict(settings), where=f"{where}.{name}") for name, settings in declared.items()
    }


def weighted_sum(terms: Mapping[str, Term], evidence: Evidence) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a batch and each term's mean, unweighted and detached.

    Returns:
        A scalar with gradient, and scalars by name.
    """
    means = {name: term.values(evidence).mean() for name, term in terms.items()}
    parts: Sequence[Tensor] = [terms[name].weight * mean for name, mean in means.items()]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total, {name: mean.detach() for name, mean in means.items()}
