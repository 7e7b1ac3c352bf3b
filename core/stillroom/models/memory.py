"""A memory that is asked by content: the modern Hopfield network (Ramsauer et al., arXiv 2008.02217).

A state xi is drawn towards the stored patterns K that are like it, and then reads what is kept beside them:

    xi <- softmax(beta xi K^T) K,    a = softmax(beta xi K^T),    o = a V

Here state and patterns are layer-normalised first, xi = W_q LN(z), K = W_k LN(bank), V = W_v LN(bank), and the bank is
learned. It needs more than one pattern: over a single one every softmax is 1 (see `released_head.py`).
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from stillroom.base.config import Config


class MemoryConfig(Config):
    """Settings of a memory.

    Attributes:
        per_class: patterns that it holds for each class; which class each is for is not told.
        updates: how often the state is moved before it reads.
        beta: how sharply it chooses, per unit of a dot product; `1 / sqrt(width)` where None.
    """

    per_class: int = Field(default=8, ge=1)
    updates: int = Field(default=1, ge=0, le=3)
    beta: float | None = Field(default=None, gt=0)

    def sharpness(self, features: int) -> float:
        """Beta for so wide a state."""
        return self.beta if self.beta is not None else 1 / math.sqrt(features)


def recalled(
    state: Float[Tensor, "batch feature"], stored: Float[Tensor, "pattern feature"], beta: float, updates: int
) -> Float[Tensor, "batch feature"]:
    """The state after it was moved so often; no move raises its energy `|xi|^2 / 2 - lse(beta, K xi)`.

    Args:
        state: `(batch, feature)`.
        stored: `(pattern, feature)`.
        beta: how sharply it chooses.
        updates: how often it is moved.
    """
    for _ in range(updates):
        state = torch.softmax(beta * state @ stored.T, dim=1) @ stored
    return state


class Memory(nn.Module):
    """A bank of learned patterns, and classes read from what is recalled.

    Args:
        features: width of the state and of every pattern.
        classes: number of classes.
        patterns: how many are stored.
        beta: how sharply it chooses.
        updates: how often the state is moved before it reads.
    """

    def __init__(self, features: int, classes: int, patterns: int, beta: float, updates: int) -> None:
        super().__init__()
        self.beta, self.updates = beta, updates
        self.bank = nn.Parameter(torch.randn(patterns, features))
        # without gains: they would be those of the layers that follow, and a frozen bank would move by them
        self.norm = nn.LayerNorm(features, elementwise_affine=False)
        self.query = nn.Linear(features, features)
        self.key = nn.Linear(
            features, features, bias=False
        )  # of a state that rests, a bias would drop out of the softmax
        self.value = nn.Linear(features, features)
        self.output = nn.Linear(features, classes)
        for layer in (self.query, self.key, self.value):
            nn.init.xavier_uniform_(layer.weight)

    def scores(self, z: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch pattern"]:
        """How like each pattern the state has become, `(batch, pattern)`: beta xi K^T, before the softmax."""
        stored = self.key(self.norm(self.bank))
        state = recalled(self.query(self.norm(z)), stored, self.beta, self.updates)
        scores: Tensor = self.beta * state @ stored.T
        return scores

    def read(self, scores: Float[Tensor, "batch pattern"]) -> Float[Tensor, "batch class"]:
        """Logits `(batch, class)` from `scores`."""
        kept = torch.softmax(scores, dim=1) @ self.value(self.norm(self.bank))
        logits: Tensor = self.output(kept)
        return logits

    def forward(self, z: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch class"]:
        """`(batch, feature)` to logits `(batch, class)`."""
        return self.read(self.scores(z))
