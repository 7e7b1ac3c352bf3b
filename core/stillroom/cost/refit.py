"""A board's coefficients, corrected by measurements of a user's own networks on it.

Five measurements or more move t0 and a, which are nearly all of a small network's time, and leave the shares of the
peaks alone; fewer only scale the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from stillroom.base.errors import InputError
from stillroom.cost.coefficients import Coefficients, overlapped, stored
from stillroom.cost.devices import Jetson, device
from stillroom.cost.jetson import ENOUGH, terms, total
from stillroom.cost.quantity import Work


@dataclass(frozen=True)
class Measured:
    """One network as it was measured on the board, each window waited for."""

    work: Work
    precision: str
    latency_ms: float


def refit(board: str, runtime: str, mode: str | None, rows: Sequence[Measured]) -> Coefficients:
    """Coefficients of the board itself.

    Args:
        board: name of a Jetson's profile.
        runtime: "eager" or "tensorrt", of all rows.
        mode: the power mode of all rows; the board's default where None.
        rows: at least one; of different networks, or t0 and a cannot be told apart.

    Raises:
        InputError: the board is no Jetson, there are no rows, or a time is not positive.
    """
    profile = device(board)
    if not isinstance(profile, Jetson):
        raise InputError(
            f"{board} is a microcontroller; only a Jetson's estimate is re-fitted", mend="Import the rows."
        )
    if not rows or min(row.latency_ms for row in rows) <= 0:
        raise InputError("a re-fit needs measurements, each above 0 ms", where=f"{len(rows)} rows")
    known = _at_home(stored(profile.calibrated_like, runtime), profile, mode, rows)
    told = [terms(profile, profile.mode(mode), row.precision, row.work, known) for row in rows]
    taken = np.array([row.latency_ms for row in rows])
    launches = np.array([row.work.ops if runtime == "eager" else row.work.kernels for row in rows])
    if len(rows) < ENOUGH or np.ptp(launches) == 0:
        ratio = taken / np.array([total(parts) for parts in told])
        return known.changed(scale=float(np.exp(np.log(ratio).mean())), provenance=_said(rows, known, "scaled by"))
    roof = np.array([overlapped(parts["compute"], parts["memory"]) for parts in told])
    weighed = np.stack([np.ones(len(rows)), launches], axis=1) / taken[:, None]
    (fixed, launch), _ = nnls(weighed, (taken - roof) / taken)
    said = _said(rows, known, "fixed time and time for a launch re-fitted on")
    return known.changed(fixed_ms=float(fixed), launch_ms=float(launch), provenance=said)


def _at_home(base: Coefficients, profile: Jetson, mode: str | None, rows: Sequence[Measured]) -> Coefficients:
    """The base's coefficients as they would have been fitted on this board in this mode."""
    there, here = device(base.device).mode(base.mode), profile.mode(mode)
    slower = there.cpu_mhz.value / here.cpu_mhz.value
    return base.changed(
        device=profile.name,
        mode=here.name,
        precisions=tuple(sorted({row.precision for row in rows})),
        fixed_ms=(base.fixed_ms + base.wait_ms) * slower,
        launch_ms=base.launch_ms * slower,
        wait_ms=0.0,
        rows=len(rows),
        held_out_error=None,
        held_out_low=None,
        held_out_high=None,
    )


def _said(rows: Sequence[Measured], known: Coefficients, how: str) -> str:
    return f"{how} {len(rows)} measurements of {known.device} itself ({known.mode}); before that {known.provenance}"
