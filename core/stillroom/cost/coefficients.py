"""What a Jetson's latency is made of, as fitted (`calibration.py`) and kept in the package as JSON."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean

OVERLAP = 1.5

T = TypeVar("T", float, NDArray[np.float64])


def overlapped(compute: T, memory: T) -> T:
    """Time of computing and moving together: more than the longer one, less than the sum."""
    together: T = (compute**OVERLAP + memory**OVERLAP) ** (1 / OVERLAP)
    return together


class Coefficients(Config):
    """What `t` is made of on one board with one runtime.

    Attributes:
        mode: the power mode of the measurements.
        precisions: what they were taken in.
        fixed_ms: t0.
        launch_ms: a, for each launch.
        compute_share: eta_c, of the dense peak.
        memory_share: eta_b, of the bandwidth.
        wait_ms: added where every window is waited for.
        scale: on the whole; not 1 where only few measurements of the board were at hand.
        rows: measurements behind it.
        held_out_error: mean relative error on families of networks that the fit had not seen.
        held_out_low: the least that was predicted of what such a network then took, as a ratio.
        held_out_high: the most.
        provenance: which measurements those are.
    """

    device: str
    mode: str
    runtime: str
    precisions: tuple[str, ...] = ("fp16",)
    fixed_ms: float = Field(ge=0)
    launch_ms: float = Field(ge=0)
    compute_share: float = Field(gt=0)
    memory_share: float = Field(gt=0)
    wait_ms: float = Field(default=0.0, ge=0)
    scale: float = Field(default=1.0, gt=0)
    rows: int
    held_out_error: float | None = None
    held_out_low: float | None = None
    held_out_high: float | None = None
    provenance: str


def stored(board: str, runtime: str) -> Coefficients:
    """The package's coefficients of a board that has been fitted.

    Raises:
        InputError: it has not been fitted with that runtime.
    """
    known = [name for fitted, name in _stored() if fitted == board]
    if runtime not in known:
        raise InputError(f"unknown runtime {runtime!r} of {board}", mend=did_you_mean(runtime, known))
    return _stored()[board, runtime]


@cache
def _stored() -> dict[tuple[str, str], Coefficients]:
    text = resources.files("stillroom.cost").joinpath("coefficients.json").read_text(encoding="utf-8")
    kept = [Coefficients.model_validate(one) for one in json.loads(text)]
    return {(one.device, one.runtime): one for one in kept}
