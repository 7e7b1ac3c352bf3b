"""Which measurements correct a board's estimate, and which do not."""

from types import SimpleNamespace
from typing import Any

import pytest

from stillroom.cost.quantity import Work
from stillroom.recipes.cost_boards import board_figures

WORK = Work(macs=200_000, ops=15, kernels=7, bytes=100_000)
STUDENT: Any = SimpleNamespace(
    name="student",
    eager_ops=15,
    graph=SimpleNamespace(work=lambda ops: WORK, weight_bytes=80_000, peak_activation_bytes=6_000, input_bytes=1_200),
)
MEASURED = {"model": "student", "quantity": "latency", "value": 3.0, "device": "nano", "mode": "MAXN",
            "runtime": "tensorrt", "precision": "fp16", "loop": "synchronous"}  # fmt: skip


def tensorrt(*measured: dict[str, Any]) -> float:
    figures = board_figures([STUDENT], "nano", "MAXN", measured)
    return next(one["value"] for one in figures if one["runtime"] == "tensorrt" and one["quantity"] == "latency")


def test_a_measurement_of_the_board_in_that_mode_and_runtime_corrects_its_estimate() -> None:
    assert tensorrt(MEASURED) == pytest.approx(3.0, rel=0.05) != tensorrt()


@pytest.mark.parametrize(
    "change",
    [{"loop": "pipelined"}, {"precision": "int8"}, {"mode": "5W"}, {"runtime": "onnxruntime"}, {"device": "tx2"},
     {"runtime": "tensorrt, cuda graph"}, {"model": "teacher"}, {"quantity": "energy"}],
)  # fmt: skip
def test_what_is_no_such_measurement_leaves_it_alone(change: dict[str, str]) -> None:
    assert tensorrt({**MEASURED, **change}) == tensorrt()


def test_room_says_whose_it_is_and_what_there_is_and_is_no_band() -> None:
    room = [one for one in board_figures([STUDENT], "nrf52840", None) if one["quantity"] in ("flash", "RAM")]
    assert room and all(one["low"] is None and one["high"] is None and one["available"] > 0 for one in room)
    assert all(one["remark"].startswith("student on nrf52840, ") for one in room)
