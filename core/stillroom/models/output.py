"""What every model returns: logits, the pooled representation that they were read from, and what else it has to say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

NO_PARTS: Mapping[str, Tensor] = MappingProxyType({})


class Output(NamedTuple):
    """A model's answer to a batch.

    Attributes:
        logits: `(batch, class)`.
        representation: `(batch, feature)`, pooled over time; what a representation term compares.
        parts: further representations and logits by name, each `(batch, feature)`.
    """

    logits: Float[Tensor, "batch class"]
    representation: Float[Tensor, "batch feature"]
    parts: Mapping[str, Tensor] = NO_PARTS

    def answers(self) -> dict[str, Tensor]:
        """Everything by name."""
        return {"logits": self.logits, "representation": self.representation, **self.parts}
