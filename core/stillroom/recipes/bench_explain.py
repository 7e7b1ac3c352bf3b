"""What an explanation costs: integrated gradients on the default teacher, and how memory and time grow with windows.

The teacher is drawn, not trained, and so are the windows: how long an operator takes does not depend on the numbers.
Seconds hold for this machine as it was; the ratios are of one run. A model is never asked more than a batch of rows,
whatever the number of windows: the largest question is told beside the times.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stillroom.base.events import Emit, Event, silent
from stillroom.base.seeding import generator
from stillroom.explain.asking import quiet
from stillroom.explain.attribution import attribute
from stillroom.explain.extra import need_extra
from stillroom.models.architecture import Shape
from stillroom.models.teacher import TsakTeacherConfig
from stillroom.sensors.channel import Channel
from stillroom.sensors.layout import Layout

SITES, WIDTH, CLASSES, RATE_HZ = 5, 125, 19, 25.0
WINDOWS, STEPS, FEWER = 256, 32, 4
_KINDS = {"acc": "m/s^2", "gyro": "rad/s", "magn": "uT"}


def bench_explain(*, rounds: int = 3, threads: int = 2, emit: Emit = silent) -> dict[str, Any]:
    """Times integrated gradients of few windows and of four times as many, in turn.

    Args:
        rounds: of each; the median counts.
        threads: of torch.
        emit: hears of progress.

    Returns:
        `rows` of `{name, median, low, high, n}`: seconds for 256 windows of 45 channels and 125 samples, the ratio of
        these to a quarter of them, and the most rows that the model was asked at once.

    Raises:
        InputError: captum is missing.
    """
    need_extra()
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return _measured(rounds, emit)
    finally:
        torch.set_num_threads(before)


def _measured(rounds: int, emit: Emit) -> dict[str, Any]:
    layout = _layout()
    teacher = TsakTeacherConfig().build(Shape(layout, WIDTH, CLASSES, RATE_HZ))
    draw = generator(0, "bench explain")
    windows = torch.from_numpy(draw.normal(size=(WINDOWS, len(layout), WIDTH)).astype(np.float32))
    targets = torch.from_numpy(draw.integers(0, CLASSES, WINDOWS))
    asked: list[int] = []

    def ask(x: Tensor) -> Tensor:
        asked.append(len(x))
        logits: Tensor = teacher(x).logits
        return logits

    def seconds(count: int) -> float:
        began = time.perf_counter()
        baseline = torch.zeros(len(layout), WIDTH)
        attribute("integrated_gradients", ask, windows[:count], targets[:count], baseline, layout, steps=STEPS)
        return time.perf_counter() - began

    whole, ratios = [], []
    with quiet(teacher):
        seconds(1)  # the first question of a process also loads the library
        for number in range(rounds):
            emit(Event("bench", data={"part": "integrated gradients", "done": number, "of": rounds}))
            few, many = seconds(WINDOWS // FEWER), seconds(WINDOWS)
            whole.append(many)
            ratios.append(many / few)
    named = f"integrated gradients, {WINDOWS} windows x {len(layout)} channels x {WIDTH}, {STEPS} steps"
    return {
        "rows": [
            _row(f"{named}: seconds", whole),
            _row(f"{WINDOWS} windows over {WINDOWS // FEWER}: time", ratios),
            _row("most rows that the model was asked at once", [float(max(asked))]),
        ]
    }


def _layout() -> Layout:
    """Five sites of three sensors, as DSADS has them."""
    return Layout(
        channels=tuple(
            Channel(site=f"site{site}", kind=kind, axis=axis, unit=unit, rate_hz=RATE_HZ)
            for site in range(SITES)
            for kind, unit in _KINDS.items()
            for axis in "xyz"
        )
    )


def _row(name: str, values: list[float]) -> dict[str, Any]:
    return {"name": name, "median": median(values), "low": min(values), "high": max(values), "n": len(values)}
