"""What every model returns: logits, and the pooled representation that they were read from."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

PARTS = ("logits", "representation")


class Output(NamedTuple):
    """A model's answer to a batch.

    Attributes:
        logits: `(batch, class)`.
        representation: `(batch, feature)`, pooled over time; what a representation term compares.
    """

    logits: Float[Tensor, "batch class"]
    representation: Float[Tensor, "batch feature"]
