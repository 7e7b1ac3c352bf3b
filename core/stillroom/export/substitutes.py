"""What stands in for a part of a model that cannot be traced as it is, for as long as the tracing lasts.

A spectrum (`torch.fft.rfft`) becomes a product with the matrix of the discrete Fourier transform, since TensorRT has
no DFT; bands chosen by `rfftfreq` become slices. A forest walks its tables a fixed number of steps. The model that is
given is copied, never changed.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from stillroom.base.errors import InputError

_TABLES = frozenset({"feature", "threshold", "branch", "share"})
DEEPEST = 64


class Substitutes(TorchFunctionMode):
    """Replaces what no exporter takes by what every runtime has."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Looks at every call while the mode is on."""
        named = kwargs or {}
        if func is torch.fft.rfft and (spectrum := _spectrum(*args, **named)) is not None:
            return spectrum
        if func is torch.fft.rfftfreq:
            return _Known(np.fft.rfftfreq(args[0], *args[1:2]).astype(np.float32))
        if func is torch.Tensor.__getitem__:
            return func(args[0], _sliced(args[1]))
        return func(*args, **named)


class _Known:
    """Numbers that are known while tracing, so that a choice among them is no part of the graph."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def __ge__(self, bound: float) -> _Known:
        return _Known(self.values >= bound)

    def __gt__(self, bound: float) -> _Known:
        return _Known(self.values > bound)

    def __le__(self, bound: float) -> _Known:
        return _Known(self.values <= bound)

    def __lt__(self, bound: float) -> _Known:
        return _Known(self.values < bound)

    def __and__(self, other: _Known) -> _Known:
        return _Known(self.values & other.values)


def _sliced(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(_sliced(part) for part in index) if any(isinstance(part, _Known) for part in index) else index
    if not isinstance(index, _Known):
        return index
    chosen = np.flatnonzero(index.values)
    if len(chosen) and len(chosen) == chosen[-1] - chosen[0] + 1:
        return slice(int(chosen[0]), int(chosen[-1]) + 1)
    return torch.from_numpy(chosen)


def _spectrum(x: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor | None:
    """`rfft` as two products; None for a spectrum that is padded or scaled."""
    width = int(x.shape[dim])
    if n not in (None, width) or norm not in (None, "backward"):
        return None
    turn = 2 * math.pi * np.outer(np.arange(width), np.arange(width // 2 + 1)) / width
    real, imaginary = (torch.from_numpy(part.astype(np.float32)) for part in (np.cos(turn), -np.sin(turn)))
    last = x.movedim(dim, -1)
    return torch.complex(last @ real, last @ imaginary).movedim(-1, dim)


def is_forest(module: nn.Module) -> bool:
    """Whether a module is a forest: tables of nodes, known by their names."""
    return {name for name, _ in module.named_buffers(recurse=False)} >= _TABLES


def traceable(model: nn.Module) -> nn.Module:
    """A copy in eval mode whose forests walk a fixed number of steps.

    Raises:
        InputError: a forest is deeper than a graph should be.
    """
    copied = copy.deepcopy(model).cpu().eval()
    for module in filter(is_forest, list(copied.modules())):
        # an instance's own attribute stands before the class's method
        module.__dict__["probabilities"] = _walk(module)
    return copied


def _walk(forest: nn.Module) -> Callable[[Tensor], Tensor]:
    tables = dict(forest.named_buffers(recurse=False))
    trees, nodes = tables["feature"].shape
    first = torch.arange(trees) * nodes
    branch = (tables["branch"].long() + first[:, None, None]).reshape(-1)
    feature, threshold = tables["feature"].long().reshape(-1), tables["threshold"].reshape(-1)
    share = tables["share"].flatten(0, 1)
    steps = _depth(tables["branch"].numpy())

    def probabilities(statistics: Tensor) -> Tensor:
        node = torch.zeros_like(statistics[:, :1], dtype=torch.int64) + first
        for _ in range(steps):
            side = statistics.gather(1, feature[node]) > threshold[node]
            node = branch[2 * node + side.long()]
        return share[node].float().mean(dim=1)

    return probabilities


def _depth(branch: NDArray[np.int32]) -> int:
    """Steps from the roots until every tree stands on a leaf."""
    here = [np.zeros(1, dtype=np.int64)] * len(branch)
    for step in range(DEEPEST + 1):
        below = [np.unique(tree[nodes]) for tree, nodes in zip(branch, here, strict=True)]
        if all(np.array_equal(np.unique(nodes), after) for nodes, after in zip(here, below, strict=True)):
            return step
        here = below
    raise InputError(
        f"a forest more than {DEEPEST} steps deep makes no sensible graph",
        where="the model's forest",
        mend="Export its networks alone (networks_only), or grow the forest with larger leaves",
    )


def networks_only(model: nn.Module) -> nn.Module:
    """A copy of an ensemble without its forests; the others' weights are scaled to sum to one.

    Raises:
        InputError: nothing else is in it.
    """
    copied = copy.deepcopy(model)
    members = list(copied.get_submodule("members").children())
    kept = [place for place, member in enumerate(members) if not any(map(is_forest, member.modules()))]
    if not kept:
        raise InputError("the model is a forest alone: without it nothing is left", mend="Export it whole")
    shares = copied.get_buffer("weights")[kept]
    copied.members = nn.ModuleList(members[place] for place in kept)
    copied.weights = shares / shares.sum()
    return copied
