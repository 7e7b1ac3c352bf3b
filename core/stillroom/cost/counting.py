"""Exact multiply-accumulates of a network for one window.

torch's operator counter, in a context where every fused path is taken apart (attention, LSTM), so that it sees the
matrix products. We count MACs (FLOPs are twice as many); element-wise work and batch norms are not counted.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_macs(model: nn.Module, channels: int, width: int) -> int:
    """MACs of one window `(1, channels, width)`; every module is left in the mode it had."""
    example = example_of(model, channels, width)
    with in_eval(model), countable(), torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(example)
    return int(counter.get_total_flops() // 2)


def example_of(model: nn.Module, channels: int, width: int) -> Tensor:
    """One window of zeros, of the kind that the model's own numbers are of, and where they lie."""
    own = next((t for t in chain(model.parameters(), model.buffers()) if t.is_floating_point()), torch.zeros(0))
    return own.new_zeros(1, channels, width)


@contextmanager
def in_eval(model: nn.Module) -> Iterator[None]:
    """Puts a model into eval for as long as it lasts; every module is left in the mode it had."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


@contextmanager
def countable() -> Iterator[None]:
    """Takes fused operators apart for as long as it lasts."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="TF32 acceleration")  # of a build for GPUs that are not there
            with torch.backends.mkldnn.flags(enabled=False), sdpa_kernel(SDPBackend.MATH):
                yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
