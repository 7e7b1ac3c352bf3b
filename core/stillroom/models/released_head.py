"""SMLDist's memory as it was released, kept to show that it is none.

The released head hands the feature z to a Hopfield layer as a sequence of length 1 that is query, stored pattern and
value at once. A softmax over one pattern is 1 whatever is asked, so that what comes out is

    W_o (W_v LN(z) + b_v) + b_o

and neither W_q, W_k, beta nor the updates have any say in it. `memory.py` has the memory with a bank of its own.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class ReleasedHead(nn.Module):
    """Association of a feature with itself alone.

    Args:
        features: width of its input.
        classes: number of classes.
        beta: how sharply it would choose.
        updates: how often the state would be moved.
    """

    def __init__(self, features: int, classes: int, beta: float, updates: int) -> None:
        super().__init__()
        self.beta, self.updates = beta, updates
        self.norms = nn.ModuleDict({name: nn.LayerNorm(features) for name in ("query", "key", "value")})
        self.query, self.key, self.value = (nn.Linear(features, features) for _ in range(3))
        self.output = nn.Linear(features, classes)
        for layer in (self.query, self.key, self.value):
            nn.init.xavier_uniform_(layer.weight)

    def forward(self, z: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch class"]:
        """`(batch, feature)` to logits `(batch, class)`."""
        token = z[:, None]
        state, stored = self.query(self.norms["query"](token)), self.key(self.norms["key"](token))
        for _ in range(self.updates):
            state = self._shares(state, stored) @ stored
        kept = self._shares(state, stored) @ self.value(self.norms["value"](token))
        logits: Tensor = self.output(kept[:, 0])
        return logits

    def _shares(self, state: Tensor, stored: Tensor) -> Tensor:
        return torch.softmax(self.beta * state @ stored.transpose(1, 2), dim=2)
