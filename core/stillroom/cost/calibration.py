"""Coefficients of the latency of a Jetson board, fitted on published measurements.

`t = t0 + a N + (compute^p + memory^p)^(1/p)` with `compute = 2 MAC / (eta_c P)` and `memory = bytes / (eta_b BW)`; N
counts what is launched: eager operators, or fused kernels of TensorRT. With p = 1 the two add up, with p = infinity
the larger one hides the other (a plain roofline). A network has layers of both kinds, so neither holds; p = 1.5
predicts held-out families better than a plain roofline on every board, and was chosen with those errors in view. All
errors are relative, the fit minimises their squares.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.optimize import least_squares

from stillroom.base.errors import InputError
from stillroom.cost.coefficients import Coefficients, overlapped
from stillroom.cost.devices import Jetson, device

FAMILIES = ("alexnet", "densenet", "mnasnet", "mobilenet", "resnet", "shufflenet", "squeezenet", "vgg")
RUNTIMES = ("eager", "tensorrt")

_STARTS = ((1e-3, 5e-5, 3.0, 2.0), (1e-4, 3e-5, 2.5, 1.2), (1e-3, 1e-4, 3.0, 4.0))

Seconds = Float[NDArray[np.float64], " row"]


@dataclass(frozen=True)
class Row:
    """One measured network.

    Attributes:
        launches: eager operators or fused kernels, as the runtime has it.
        bytes: weights and activations in the precision that was measured.
        latency_ms: one window after another, without waiting in between.
        wait_ms: how much longer it took when each was waited for.
    """

    device: str
    network: str
    runtime: str
    macs: float
    launches: int
    bytes: float
    latency_ms: float
    wait_ms: float = 0.0

    @property
    def family(self) -> str:
        """The family of networks that it belongs to."""
        return next((name for name in FAMILIES if self.network.startswith(name)), self.network)


def read_table(path: Path) -> list[Row]:
    """The published table, one row a network and runtime.

    Raises:
        InputError: a column is missing or a field is no number.
    """
    rows: list[Row] = []
    with path.open(newline="", encoding="utf-8") as lines:
        for number, line in enumerate(csv.DictReader(lines), start=2):
            try:
                rows += [_row(line, "eager", "eager_ops"), _row(line, "tensorrt", "fused_kernels")]
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(f"no measurement: {error}", where=f"{path.name}, line {number}") from error
    return rows


def _row(line: dict[str, str], runtime: str, launches: str) -> Row:
    latency, waited = float(line[f"{runtime}_ms_per_image"]), float(line[f"{runtime}_latency_ms"])
    return Row(
        device=line["board"],
        network=line["network"],
        runtime=runtime,
        macs=float(line["gmac"]) * 1e9,
        launches=int(line[launches]),
        bytes=2 * (float(line["params"]) + float(line["activations"])),
        latency_ms=latency,
        wait_ms=waited - latency,
    )


def fit(rows: Sequence[Row], board: str, runtime: str) -> Coefficients:
    """Coefficients of a board from its rows of that runtime, with the errors on families that were held out.

    Raises:
        InputError: there are fewer than five rows.
    """
    own = _own(rows, board, runtime)
    t0, a, compute, memory = _solve(own, board)
    held = leave_one_family_out(own, board, runtime)
    return Coefficients(
        device=board,
        mode=device(board).modes[0].name,
        runtime=runtime,
        fixed_ms=1e3 * t0,
        launch_ms=1e3 * a,
        compute_share=1 / compute,
        memory_share=1 / memory,
        wait_ms=max(0.0, float(np.median([row.wait_ms for row in own]))),
        rows=len(own),
        held_out_error=mean_error(held),
        held_out_low=min(min(ratios) for ratios in held.values()),
        held_out_high=max(max(ratios) for ratios in held.values()),
        provenance=f"fitted on {len(own)} networks of NVIDIA-AI-IOT/torch2trt's benchmark tables, FP16, batch 1",
    )


def leave_one_family_out(rows: Sequence[Row], board: str, runtime: str) -> dict[str, list[float]]:
    """For each family, predicted over measured of each of its networks, from a fit on all other families."""
    own = _own(rows, board, runtime)
    ratios: dict[str, list[float]] = {}
    for family in sorted({row.family for row in own}):
        held = [row for row in own if row.family == family]
        solution = _solve([row for row in own if row.family != family], board)
        ratios[family] = list(map(float, _predict(solution, held, board) / _measured(held)))
    return ratios


def mean_error(ratios: dict[str, list[float]]) -> float:
    """The mean absolute relative error over all networks."""
    return float(np.mean([abs(ratio - 1) for family in ratios.values() for ratio in family]))


def _own(rows: Sequence[Row], board: str, runtime: str) -> list[Row]:
    own = [row for row in rows if row.device == board and row.runtime == runtime]
    if len(own) < 5:
        raise InputError(f"{len(own)} measurements of {board} with {runtime} are too few to fit", mend="Take five.")
    return own


def _ideal(rows: Sequence[Row], board: str) -> tuple[Seconds, Seconds]:
    """Seconds at the peaks that the profile names: of computing and of moving."""
    profile = device(board)
    assert isinstance(profile, Jetson)
    compute = np.array([2 * row.macs for row in rows]) / (1e12 * profile.fp16_tflops.value)
    return compute, np.array([row.bytes for row in rows]) / (1e9 * profile.modes[0].memory_gb_s.value)


def _measured(rows: Sequence[Row]) -> Seconds:
    return np.array([row.latency_ms for row in rows]) / 1e3


def _predict(solution: Sequence[float], rows: Sequence[Row], board: str) -> Seconds:
    compute, memory = _ideal(rows, board)
    launches = np.array([row.launches for row in rows])
    return solution[0] + solution[1] * launches + overlapped(solution[2] * compute, solution[3] * memory)


def _solve(rows: Sequence[Row], board: str) -> list[float]:
    """t0 and a in seconds, and how many times slower than the peaks; from several starts, for there are valleys."""
    measured = _measured(rows)

    def errors(x: Seconds) -> Seconds:
        return (_predict(list(x), rows, board) - measured) / measured

    bounds = ([0, 0, 1, 1], [np.inf] * 4)
    found = [least_squares(errors, start, bounds=bounds, x_scale=[1e-3, 1e-4, 1, 1]) for start in _STARTS]
    return list(map(float, min(found, key=lambda one: float(one.cost)).x))
