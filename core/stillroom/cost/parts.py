"""Where a network's cost lies: parameters, bytes and multiply-accumulates of each of its parts.

Fourier transforms are counted by formula, 2.5 N log2 N real FLOPs for N real samples (twice that for complex ones),
a FLOP as half a multiply-accumulate, and stand apart as analytic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from stillroom.cost.counting import countable, example_of, in_eval
from stillroom.cost.division import FFT, Division, Part, part_of
from stillroom.cost.operators import Recorder, count_eager_ops, unknown_operators


@dataclass(frozen=True)
class Count:
    """A network's cost for one window; its parts add up to the whole.

    Attributes:
        ops: operators that eager torch starts, views left out.
        warnings: operators that nobody counts.
    """

    parameters: int
    size_bytes: int
    macs: int
    analytic_macs: int
    ops: int
    parts: tuple[Part, ...]
    warnings: tuple[str, ...]


def count_parts(model: nn.Module, channels: int, width: int, depth: int = 2) -> Count:
    """The cost of each part.

    Args:
        model: takes `(1, channels, width)`; every module is left in the mode it had.
        channels: of the window.
        width: samples of the window.
        depth: how far to go down; wrappers with a single child are gone through first.
    """
    example = example_of(model, channels, width)
    recorder = Recorder()
    formulas = {packet: _formula(each) for packet, each in FFT.items()}
    with in_eval(model), torch.no_grad():
        ops = count_eager_ops(model, example)
        with countable(), recorder, FlopCounterMode(display=False, custom_mapping=formulas) as counter:
            model(example)
    flops = counter.get_flop_counts()
    parts = tuple(part for part in Division(model, flops).below(model, "", depth) if _weighs(part))
    whole = part_of("", [*model.parameters(), *model.buffers()], flops.get("Global", {}))
    return Count(
        parameters=whole.parameters,
        size_bytes=whole.size_bytes,
        macs=whole.macs,
        analytic_macs=whole.analytic_macs,
        ops=ops,
        parts=parts,
        warnings=tuple(unknown_operators(recorder, set(FFT))),
    )


def _formula(each: float) -> Any:
    def flops(shape: torch.Size, dims: list[int], *rest: Any, out_shape: torch.Size, **settings: Any) -> int:
        # the real side of a transform has all its samples, the other one half of them
        full = shape if math.prod(shape) >= math.prod(out_shape) else out_shape
        length = math.prod(full[dim] for dim in dims)
        return round(math.prod(full) / length * each * length * math.log2(max(length, 1)))

    return flops


def _weighs(part: Part) -> bool:
    return bool(part.size_bytes or part.macs or part.analytic_macs)
