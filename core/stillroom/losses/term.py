"""Terms: a loss with a name, settings and a weight, as a recipe declares it; and what a term may look at."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import Registry


class Evidence(NamedTuple):
    """What a term may look at of the student's side.

    Attributes:
        logits: `(batch, class)` of the student.
        representation: `(batch, feature)` of the student.
        label: `(batch,)`.
        class_weight: `(class,)` by inverse frequency over training windows, mean one over windows.
    """

    logits: Float[Tensor, "batch class"]
    representation: Float[Tensor, "batch feature"]
    label: Int[Tensor, " batch"]
    class_weight: Float[Tensor, " class"]


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

    def prepare(
        self, logits: Float[Tensor, "batch class"], representation: Float[Tensor, "*any"]
    ) -> tuple[Float[Tensor, "batch ..."], ...]:
        """What follows from the teacher's answers alone, worked out for many windows at once; windows come first.

        Args:
            logits: of the teacher; no gradient flows to it.
            representation: of the teacher; empty where no term needs it.
        """
        return ()

    @abstractmethod
    def values(self, evidence: Evidence, taught: Sequence[Tensor]) -> Float[Tensor, " batch"]:
        """Unweighted values.

        Args:
            evidence: the student's side of a batch.
            taught: the batch's part of what `prepare` gave; empty without a teacher.
        """


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
    terms: Mapping[str, Term], evidence: Evidence, taught: Mapping[str, Sequence[Tensor]]
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, "*any"]]]:
    """The loss of a batch and each term's values, unweighted and detached.

    Args:
        terms: at least one.
        evidence: the student's side.
        taught: by term, what `prepare` gave for these windows; empty without a teacher.

    Returns:
        A scalar with gradient, and `(batch,)` by name.
    """
    values = {name: term.values(evidence, taught.get(name, ())) for name, term in terms.items()}
    total: Tensor | None = None
    for name, value in values.items():
        weight = terms[name].weight
        total = weight * value if total is None else torch.add(total, value, alpha=weight)
    if total is None:
        raise ValueError("no term")
    return total.mean(), {name: value.detach() for name, value in values.items()}
