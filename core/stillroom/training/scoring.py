"""Asking a model about windows: probabilities, and the validation score that stops a training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float32, Int64, Shaped
from numpy.typing import NDArray
from torch import Tensor, nn

from stillroom.evaluation.metrics import scores
from stillroom.models.output import Output
from stillroom.models.recogniser import Recogniser
from stillroom.training.views import Ids, Inputs

_BATCH = 512
HEAD = "probabilities."


class Anywhere(Protocol):
    """What gives windows that begin anywhere."""

    def at(self, starts: Ids) -> Tensor:
        """`(window, channel, time)` in physical units of what begins at some samples of the bank."""


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


def probabilities(model: nn.Module, view: Inputs, ids: Ids) -> Float32[NDArray[np.float32], "window class"]:
    """`(window, class)` for windows as recorded; the model is left in eval mode."""
    return _asked(model, view.batch, ids)


def probabilities_at(model: nn.Module, view: Anywhere, starts: Ids) -> Float32[NDArray[np.float32], "window class"]:
    """`(window, class)` for what begins at some samples of the bank; the model is left in eval mode."""
    return _asked(model, view.at, starts)


def _asked(model: nn.Module, give: Callable[[Ids], Tensor], of: Ids) -> NDArray[np.float32]:
    model.eval()
    parts = []
    with torch.no_grad():
        for begin in range(0, len(of), _BATCH):
            output = model(give(of[begin : begin + _BATCH]))
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


def head_probabilities(
    model: Recogniser, view: Inputs, ids: Ids, heads: Iterable[str]
) -> dict[str, Float32[NDArray[np.float32], "window class"]]:
    """What each head of a model's first network says of windows as recorded, as `probabilities.HEAD`.

    Args:
        model: its own logits are the head `combined`, without the other members of an ensemble.
        view: what it sees.
        ids: which windows.
        heads: names of the parts that hold a head's logits, as `attention_logits`; nothing comes back without one.
    """
    network, wanted = model.members[0], list(heads)
    if not wanted:
        return {}
    network.eval()
    parts: dict[str, list[NDArray[np.float32]]] = {}
    with torch.no_grad():
        for begin in range(0, len(ids), _BATCH):
            output: Output = network(view.batch(ids[begin : begin + _BATCH]))
            named = {name.removesuffix("_logits"): output.parts[name] for name in wanted} | {"combined": output.logits}
            for name, logits in named.items():
                parts.setdefault(name, []).append(torch.softmax(logits, dim=1).cpu().numpy())
    return {f"{HEAD}{name}": np.concatenate(shares) for name, shares in parts.items()}
