"""Asking a model about windows: probabilities, and the validation score that stops a training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64, Shaped
from numpy.typing import NDArray
from torch import nn

from stillroom.evaluation.metrics import scores
from stillroom.training.views import Ids, View

_BATCH = 512


@dataclass(frozen=True)
class Scored:
    """Windows with their truth.

    Attributes:
        ids: which windows.
        truth: `(window,)` their classes.
        unit: `(window,)` whose they are (or which stretch); the score is a mean over units.
        classes: the class names.
    """

    ids: Ids
    truth: Int64[NDArray[np.int64], " window"]
    unit: Shaped[NDArray[np.str_], " window"]
    classes: tuple[str, ...]


def probabilities(model: nn.Module, view: View, ids: Ids) -> Float32[NDArray[np.float32], "window class"]:
    """`(window, class)` for windows as recorded; the model is left in eval mode."""
    model.eval()
    parts = []
    with torch.no_grad():
        for begin in range(0, len(ids), _BATCH):
            output = model(view.batch(ids[begin : begin + _BATCH]))
            parts.append(torch.softmax(output.logits, dim=1).cpu().numpy())
    return np.concatenate(parts)


def macro_f1_by_unit(shares: Float32[NDArray[np.float32], "window class"], scored: Scored) -> float:
    """Macro-F1 of each unit, averaged over units.

    Args:
        shares: `(window, class)` of the windows of `scored`.
        scored: their truth.
    """
    predicted = shares.argmax(axis=1)
    rows = [scored.unit == unit for unit in np.unique(scored.unit)]
    return float(np.mean([scores(scored.truth[row], predicted[row], scored.classes).macro_f1 for row in rows]))
