"""How quickly two students of some 35,000 parameters answer, in torch, in ONNX Runtime and in INT8: `bench latency`.

Ratios of one run: one window, one thread, all forms in turn, the order turning round. The nets are drawn, not trained;
how long an operator takes does not depend on the numbers in it. What INT8 loses is told by `stillroom export`, on a
trained student.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from stillroom.base.events import Emit, Event, silent
from stillroom.base.seeding import generator
from stillroom.cost.latency import time_interleaved
from stillroom.export.converting import shaped
from stillroom.export.extra import need_extra
from stillroom.export.quantising import quantise
from stillroom.export.sessions import opened
from stillroom.export.tracing import traced
from stillroom.models.blocks import ConvBlock

CHANNELS, WIDTH, CLASSES = 9, 125, 19
_CALIBRATION = 64


class Sketch(nn.Module):
    """A student of blocks, a mean over time, and a head.

    Args:
        widths: of the blocks, each of which halves the time.
        separable: depthwise convolutions after the first block.
    """

    def __init__(self, widths: tuple[int, ...], *, separable: bool) -> None:
        super().__init__()
        pairs = zip((CHANNELS, *widths), widths, strict=False)
        self.blocks = nn.Sequential(*(ConvBlock(i, o, 5, 2, separable=separable and i != CHANNELS) for i, o in pairs))
        self.head = nn.Linear(widths[-1], CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`(batch, channel, time)` to logits."""
        logits: torch.Tensor = self.head(self.blocks(x).mean(dim=2))
        return logits


SKETCHES = {"convolutions": ((32, 48, 100), False), "depthwise": ((64, 96, 128, 96), True)}


def bench_latency(*, rounds: int = 31, repeats: int = 3, emit: Emit = silent) -> dict[str, Any]:
    """Times both students.

    Args:
        rounds: of each measurement, whose median counts.
        repeats: measurements of each student.
        emit: hears what is measured.

    Returns:
        `{rows: [{name, median, low, high, n}]}`: parameters, microseconds of each form, and three ratios.
    """
    need_extra()
    torch.set_num_threads(1)
    rows = []
    for name, (widths, separable) in SKETCHES.items():
        emit(Event("note", f"exporting and timing the {name} student"))
        torch.manual_seed(0)
        net = Sketch(widths, separable=separable).eval()
        calls = _forms(net)
        taken = [{form: one.median_ms for form, one in time_interleaved(calls, rounds=rounds).items()}
                 for _ in range(repeats)]  # fmt: skip
        size = sum(parameter.numel() for parameter in net.parameters())
        rows.append(_row(f"{name}: parameters", [size]))
        rows += [_row(f"{name}: {form}, us", [1e3 * one[form] for one in taken]) for form in calls]
        rows += [_row(f"{name}: {what}", [ratio(one) for one in taken]) for what, ratio in _RATIOS.items()]
    return {"rows": rows}


_RATIOS: dict[str, Callable[[dict[str, float]], float]] = {
    "eager / fastest float (aim: 8)": lambda ms: ms["eager"] / min(ms["float over time"], ms["float as image"]),
    "float over time / INT8 (aim: 1.5)": lambda ms: ms["float over time"] / ms["INT8"],
    "INT8 / fastest float (aim: 1)": lambda ms: ms["INT8"] / min(ms["float over time"], ms["float as image"]),
}


def _forms(net: nn.Module) -> dict[str, Callable[[], object]]:
    trace = traced(net, CHANNELS, WIDTH)
    draw = generator(0, "bench latency")
    windows: NDArray[np.float32] = draw.standard_normal((_CALIBRATION, CHANNELS, WIDTH)).astype(np.float32)
    one, tensor = windows[:1], torch.from_numpy(windows[:1])
    over_time = shaped(trace, opset=17, form="conv1d", fold=False)
    protos = {
        "float over time": over_time,
        "float as image": shaped(trace),
        "INT8": quantise(over_time, windows, "u8"),
    }
    sessions = {form: opened(proto) for form, proto in protos.items()}

    def eager() -> None:
        with torch.no_grad():
            net(tensor)

    def asked(form: str) -> Callable[[], object]:
        return lambda: sessions[form](one)

    return {"eager": eager, **{form: asked(form) for form in sessions}}


def _row(name: str, values: list[float]) -> dict[str, Any]:
    return {"name": name, "median": median(values), "low": min(values), "high": max(values), "n": len(values)}
