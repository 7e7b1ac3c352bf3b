"""Time on this computer: eager torch and ONNX Runtime, one thread and all, one window and many, the models in turn.

What the signal needs before the net (a window of the recorded rate brought to the model's) is timed apart. The
network's own normalisation is inside the graph, and in the model's time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from stillroom.base.machine import cores
from stillroom.cost.latency import Timing, time_interleaved
from stillroom.export.sessions import opened
from stillroom.models.recogniser import Interface
from stillroom.recipes.costed import Costed
from stillroom.signal.resampling import resample

HERE, EAGER, ONNX = "this computer", "eager", "onnxruntime"
MANY = 32
Figure = dict[str, Any]


def here_figures(costed: Sequence[Costed], rounds: int) -> list[Figure]:
    """Latencies of all models as figures.

    Args:
        costed: the models, in the order of their figures.
        rounds: of each measurement.
    """
    figures = []
    for threads in sorted({1, cores()}):
        calls = {
            (one.name, runtime, batch): call
            for one in costed
            for batch in (1, MANY)
            for runtime, call in _calls(one, batch, threads).items()
        }
        with _threads(threads):
            timed = time_interleaved({repr(key): call for key, call in calls.items()}, rounds=rounds)
        figures += [_figure(*key, threads, timed[repr(key)]) for key in calls]
    signal = {one.name: _before_the_net(one.model.interface) for one in costed}
    timed = time_interleaved(signal, rounds=rounds)
    return figures + [_signal_figure(one, timed[one.name]) for one in costed]


def speedup(figures: Sequence[Figure]) -> dict[str, float | None]:
    """How many times sooner the student answers, one window, one thread, by runtime."""
    found: dict[str, float | None] = {}
    for runtime in (ONNX, EAGER):
        of = {
            figure["model"]: figure["value"]
            for figure in figures
            if (figure["quantity"], figure["runtime"], figure["threads"], figure["batch"]) == ("latency", runtime, 1, 1)
        }
        found[runtime] = of["teacher"] / of["student"] if {"teacher", "student"} <= set(of) else None
    return found


def _calls(one: Costed, batch: int, threads: int) -> dict[str, Callable[[], Any]]:
    face = one.model.interface
    window = np.random.default_rng(0).standard_normal((batch, len(face.layout), face.width)).astype(np.float32)
    tensor, session = torch.from_numpy(window), opened(one.proto, threads=threads)

    def eager() -> None:
        with torch.no_grad():
            one.model(tensor)

    return {EAGER: eager, ONNX: lambda: session(window)}


def _before_the_net(face: Interface) -> Callable[[], Any]:
    """One window brought from the recorded rate to the model's; a copy where they are the same."""
    recorded_hz = max(channel.rate_hz for channel in face.layout)
    span_s = face.width / face.rate_hz
    values = np.random.default_rng(0).standard_normal((len(face.layout), round(span_s * recorded_hz)))
    times_s = np.arange(face.width) / face.rate_hz
    if recorded_hz == face.rate_hz:
        return lambda: np.ascontiguousarray(values, dtype=np.float32)
    return lambda: resample(values, rate_hz=recorded_hz, start_s=0.0, times_s=times_s, new_rate_hz=face.rate_hz).astype(
        np.float32
    )


def _figure(model: str, runtime: str, batch: int, threads: int, timing: Timing) -> Figure:
    windows = "one window" if batch == 1 else f"{batch} windows at once"
    return {
        "model": model,
        "quantity": "latency",
        "value": timing.median_ms,
        "low": timing.low_ms,
        "high": timing.high_ms,
        "p95": timing.p95_ms,
        "unit": "ms",
        "device": HERE,
        "mode": f"{threads} thread{'s' * (threads > 1)}",
        "runtime": runtime,
        "precision": "fp32",
        "dominant": None,
        "threads": threads,
        "batch": batch,
        "n": timing.n,
        "provenance": f"measured here, {windows}, median of {timing.n} rounds, band: quartiles",
        "busy": timing.busy,
        "remark": timing.remark,
    }


def _signal_figure(one: Costed, timing: Timing) -> Figure:
    figure = _figure(one.name, "numpy", 1, 1, timing)
    said = "measured here: one window brought to the model's rate, before the net"
    return {**figure, "quantity": "signal latency", "precision": "fp64", "provenance": said}


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
