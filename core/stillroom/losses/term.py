"""Terms: a loss with a name, settings and a weight, as a recipe declares it; and what a term may look at."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
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

    logits: Float[Tensor, "batch class"]
    representation: Float[Tensor, "batch feature"]
    label: Int[Tensor, " batch"]
    class_weight: Float[Tensor, " class"]
    teacher_logits: Float[Tensor, "batch class"] | None = None
    teacher_representation: Float[Tensor, "batch teacher_feature"] | None = None


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
    def values(self, evidence: Evidence) -> Float[Tensor, " batch"]:
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


def weighted_sum(
    terms: Mapping[str, Term], evidence: Evidence
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ...]]]:
    """The loss of a batch and each term's values, unweighted and detached.

    Returns:
        A scalar with gradient, and `(batch,)` by name.
    """
    values = {name: term.values(evidence) for name, term in terms.items()}
    total: Tensor | None = None
    for name, value in values.items():
        weight = terms[name].weight
        total = weight * value if total is None else torch.add(total, value, alpha=weight)
    if total is None:
        raise ValueError("no term")
    return total.mean(), {name: value.detach() for name, value in values.items()}
