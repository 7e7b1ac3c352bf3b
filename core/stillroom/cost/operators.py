"""Which operators torch starts: how many of them are no views, and which ones nobody counts.

The counter gives an operator that it does not know nothing, silently. So what it does not know, and what is neither
element-wise nor a sum, a norm or a move, is named here when it handles a good share of the bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

SHARE = 0.03

_VIEWS = {"alias", "detach", "_unsafe_view", "unsafe_chunk", "unsafe_split"}
_ROOM = {"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided"}

# Neither tagged as element-wise nor as a view by torch, and no multiply-accumulates in any of them.
_PLAIN = {
    "_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "_assert_tensor_metadata", "_local_scalar_dense", "_log_softmax",
    "_native_batch_norm_legit", "_native_batch_norm_legit_no_training", "_safe_softmax", "_softmax", "_to_copy",
    "_unsafe_index", "adaptive_max_pool2d", "all", "amax", "amin", "aminmax", "any", "arange", "argmax", "argmin",
    "avg_pool1d", "avg_pool2d", "batch_norm", "bernoulli", "cat", "clone", "constant_pad_nd", "copy", "cumsum",
    "embedding", "empty", "empty_like", "empty_strided", "eye", "fill", "flip", "full", "full_like", "gather",
    "group_norm", "index", "index_add", "index_put", "index_select", "layer_norm", "linalg_vector_norm", "linspace",
    "logcumsumexp", "logsumexp", "masked_fill", "max", "max_pool2d_with_indices", "mean", "median", "min",
    "native_batch_norm", "native_dropout", "native_group_norm", "native_layer_norm", "new_empty", "new_full",
    "new_ones", "new_zeros", "nonzero", "norm", "ones", "ones_like", "prod", "quantile", "rand", "randn",
    "reflection_pad1d", "repeat", "replication_pad1d", "roll", "scalar_tensor", "scatter", "scatter_add",
    "slice_scatter", "sort", "stack", "std", "sum", "tensor", "topk", "tril", "triu", "upsample_linear1d",
    "upsample_nearest1d", "var", "var_mean", "zero", "zeros", "zeros_like",
}  # fmt: skip


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes every operator that comes by: how often, and how many bytes it gave.

    Attributes:
        calls: how often, by operator.
        moved: bytes that it gave, by operator.
        held: how many reasons there are to look away.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: Counter[Any] = Counter()
        self.moved: Counter[Any] = Counter()
        self.held = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Runs the operator and notes it."""
        out = func(*args, **(kwargs or {}))
        if not self.held and not _starts_nothing(func):
            self.calls[func] += 1
            self.moved[func] += sum(tensor.numel() * tensor.element_size() for tensor in _tensors(out))
        return out


def unknown_operators(recorder: Recorder, counted: set[Any]) -> list[str]:
    """Sentences about operators that were counted as nothing though they handle a good share of the bytes.

    Args:
        recorder: what came by.
        counted: operators that are counted besides those that torch counts.
    """
    whole = sum(recorder.moved.values()) or 1
    shares = {func: size / whole for func, size in recorder.moved.items() if not _is_plain(func, counted)}
    return [
        f"{_name(func)} is counted as nothing: no count is known for it, and it gives {share:.0%} of the bytes"
        for func, share in sorted(shares.items(), key=lambda pair: -pair[1])
        if share > SHARE
    ]


def count_eager_ops(model: nn.Module, example: Tensor) -> int:
    """Operators that eager torch starts for one window, views left out.

    A recurrent layer counts each of its steps once and attention is taken apart, whatever this machine does: what one
    machine does in a single call is many launches on another.

    Args:
        model: in the mode that it is to be counted in.
        example: one window, `(1, channel, time)`.
    """
    steps: list[int] = []
    recorder = Recorder()
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with _looking_away(model, recorder, steps), torch.no_grad(), recorder:
            model(example)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return sum(recorder.calls.values()) + sum(steps)


@contextmanager
def _looking_away(model: nn.Module, recorder: Recorder, steps: list[int]) -> Iterator[None]:
    """Counts recurrent layers by their steps, and nothing of what happens inside them."""

    def before(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        recorder.held += 1

    def after(layer: nn.Module, inputs: tuple[Tensor, ...], output: object) -> None:
        recorder.held -= 1
        assert isinstance(layer, nn.RNNBase)
        time = inputs[0].shape[1 if layer.batch_first and inputs[0].ndim == 3 else 0]
        steps.append(time * layer.num_layers * (2 if layer.bidirectional else 1))

    layers = [module for module in model.modules() if isinstance(module, nn.RNNBase)]
    hooks = [
        hook
        for layer in layers
        for hook in (layer.register_forward_pre_hook(before), layer.register_forward_hook(after))
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _starts_nothing(func: Any) -> bool:
    """Whether it starts nothing: it looks at what is there, or makes room."""
    named = _name(func).removeprefix("aten.") in _VIEWS | _ROOM
    return named or bool(getattr(func, "is_view", False)) or "inplace_view" in _tags(func)


def _is_plain(func: Any, counted: set[Any]) -> bool:
    packet = getattr(func, "overloadpacket", func)
    if packet in flop_registry or packet in counted:
        return True
    if _tags(func) & {"pointwise", "reduction"}:
        return True
    space, _, name = _name(func).partition(".")
    return space in {"aten", "prim", "prims"} and name.rstrip("_") in _PLAIN


def _tags(func: Any) -> set[str]:
    return {str(tag).rsplit(".", 1)[-1] for tag in getattr(func, "tags", ())}


def _name(func: Any) -> str:
    return str(getattr(func, "overloadpacket", func))


def _tensors(out: object) -> list[Tensor]:
    if isinstance(out, Tensor):
        return [out]
    return [one for one in out if isinstance(one, Tensor)] if isinstance(out, (tuple, list)) else []
