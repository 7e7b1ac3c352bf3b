"""What every model returns: logits, and the pooled representation that they were read from."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Output(NamedTuple):
    """A model's answer to a batch.

    Attributes:
        logits: `(batch, class)`.
        representation: `(batch, feature)`, pooled over time; what a representation term compares.
    """

    logits: Tensor
    representation: Tensor
