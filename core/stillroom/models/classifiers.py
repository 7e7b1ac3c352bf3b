"""Classifiers of different kinds on one pooled feature, for a network to choose among (`heads.py`).

`linear`; `mlp`, two layers; `cosine`, the likeness to a prototype of each class; `hopfield`, a memory (`memory.py`);
and `released`, which is what SMLDist's code has for a memory (`released_head.py`).
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stillroom.models.memory import Memory, MemoryConfig
from stillroom.models.released_head import ReleasedHead

Classifier = Literal["linear", "cosine", "mlp", "hopfield", "released"]

_SHORTEST = 1e-8


class CosineHead(nn.Module):
    """Logits s cos(z, p_c), by a prototype of each class; s is learned (Gidaris and Komodakis, arXiv 1804.09458).

    Args:
        features: width of its input.
        classes: number of classes.
    """

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.prototypes = nn.Parameter(torch.randn(classes, features))
        self.scale = nn.Parameter(torch.tensor(10.0))

    def forward(self, z: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch class"]:
        """`(batch, feature)` to logits `(batch, class)`."""
        return self.scale * (_unit(z) @ _unit(self.prototypes).T)


def make_classifier(kind: Classifier, features: int, classes: int, memory: MemoryConfig) -> nn.Module:
    """A new classifier, from `(batch, features)` to logits `(batch, classes)`.

    A layer that gives logits is drawn from N(0, 0.01), as in SMLDist's code, and its bias is zero.

    Args:
        kind: which.
        features: width of its input.
        classes: number of classes.
        memory: settings of the two kinds of memory.
    """
    beta = memory.sharpness(features)
    match kind:
        case "linear":
            return _last(nn.Linear(features, classes))
        case "mlp":
            return nn.Sequential(nn.Linear(features, features), nn.ReLU(), _last(nn.Linear(features, classes)))
        case "cosine":
            return CosineHead(features, classes)
        case "hopfield":
            made = Memory(features, classes, memory.per_class * classes, beta, memory.updates)
            _last(made.output)
            return made
        case "released":
            released = ReleasedHead(features, classes, beta, memory.updates)
            _last(released.output)
            return released


def _unit(rows: Tensor) -> Tensor:
    unit: Tensor = rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True).clamp_min(_SHORTEST)
    return unit


def _last(layer: nn.Linear) -> nn.Linear:
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.zeros_(layer.bias)
    return layer
