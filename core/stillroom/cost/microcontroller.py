"""Latency of a network on a microcontroller: multiply-accumulates times published cycles for each, over the clock.

The runtime matters up to threefold, so a band without a named one is wider.
"""

from __future__ import annotations

import math

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.cost.devices import Microcontroller, Runtime
from stillroom.cost.quantity import Estimate, Work, two_digits

PRECISIONS = ("int8", "fp32")
NAMED, UNNAMED, FLOAT = 1.5, 2.5, 5.0

REMARK = "The cycles are of 2-D networks from 264 kMAC on; what a runtime adds to every call is not in it."


def latency(board: Microcontroller, mode_name: str | None, runtime: str | None, precision: str, work: Work) -> Estimate:
    """The time of one window, in ms.

    Args:
        board: its profile.
        mode_name: its clock; the default where None.
        runtime: one that the profile names; any of them where None.
        precision: "int8" or "fp32".
        work: what the network does.

    Raises:
        InputError: an unknown mode, runtime or precision, or a network without multiply-accumulates.
    """
    mode, served = board.mode(mode_name), _runtimes(board, runtime, precision)
    if not work.macs:
        raise InputError(
            f"{board.name}'s time is told from multiply-accumulates, and this model has none",
            mend="A forest compares; measure it on the board.",
        )
    low = min(one.cycles_per_mac_low for one in served)
    high = max(one.cycles_per_mac_high for one in served)
    value = math.sqrt(low * high) * work.macs / (1e3 * mode.cpu_mhz.value)
    sources = "; ".join(dict.fromkeys(one.source for one in served))
    band = max(_rule(precision, runtime, served), math.sqrt(high / low))
    return Estimate(
        low=two_digits(value / band),
        value=two_digits(value),
        high=two_digits(value * band),
        unit="ms",
        device=board.name,
        mode=mode.name,
        runtime=runtime or f"any of {', '.join(one.name for one in served)}",
        precision=precision,
        dominant="compute",
        provenance=f"estimate, {low:g} to {high:g} cycles for a MAC: {sources}",
        remark=REMARK,
    )


def _rule(precision: str, runtime: str | None, served: list[Runtime]) -> float:
    if precision == "fp32":
        return FLOAT
    return NAMED if runtime and not served[0].borrowed else UNNAMED


def _runtimes(board: Microcontroller, runtime: str | None, precision: str) -> list[Runtime]:
    if precision not in PRECISIONS:
        raise InputError(f"unknown precision {precision!r} of {board.name}", mend=f"Known: {', '.join(PRECISIONS)}")
    fit = [one for one in board.runtimes if one.precision == precision]
    if runtime is None:
        return fit
    named = [one for one in fit if one.name == runtime]
    if not named:
        known = [one.name for one in fit]
        raise InputError(
            f"unknown runtime {runtime!r} of {board.name} in {precision}", mend=did_you_mean(runtime, known)
        )
    return named
