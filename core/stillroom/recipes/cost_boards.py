"""Figures for a board that is not at hand: estimates as bands, re-fitted where the board was measured, and whether
a microcontroller has room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stillroom.cost.coefficients import Coefficients
from stillroom.cost.devices import Jetson, Microcontroller, device
from stillroom.cost.estimate import energy, estimate, fits
from stillroom.cost.quantity import Estimate
from stillroom.cost.refit import Measured, refit
from stillroom.recipes.costed import Costed

Figure = dict[str, Any]
RUNTIME_CODE_BYTES = 15 * 1024  # of a microcontroller's inference library; cost.md's upper figure of ST's
_JETSON_WAYS = (("eager", "fp32"), ("tensorrt", "fp16"))


def board_figures(
    costed: Sequence[Costed], board: str, mode: str | None, measured: Sequence[Figure] = ()
) -> list[Figure]:
    """Latency and energy of each model on a board, and the room it needs on a microcontroller.

    Args:
        costed: the models.
        board: name of a profile.
        mode: its power mode; the default where None.
        measured: what was measured on boards; a board's own figures correct its estimate (`cost.refit`).
    """
    profile = device(board)
    if isinstance(profile, Microcontroller):
        ways = [(runtime.name, runtime.precision) for runtime in profile.runtimes]
        return [
            figure
            for one in costed
            for way in ways
            for figure in [*_pair(one, board, mode, *way, None), *_room(one, profile, *way)]
        ]
    return [
        figure
        for runtime, precision in _JETSON_WAYS
        for known in [_refitted(costed, profile, mode, runtime, measured)]
        for one in costed
        for figure in _pair(one, board, mode, runtime, precision, known)
    ]


def _pair(
    one: Costed, board: str, mode: str | None, runtime: str, precision: str, known: Coefficients | None
) -> list[Figure]:
    latency = estimate(board, mode, runtime, precision, one.graph.work(one.eager_ops), coefficients=known)
    return [_figure(one.name, "latency", latency), _figure(one.name, "energy", energy(latency))]


def _figure(model: str, quantity: str, found: Estimate) -> Figure:
    names = ("value", "low", "high", "unit", "device", "mode", "runtime", "precision", "dominant", "remark")
    plain = {name: getattr(found, name) for name in names}
    return {"model": model, "quantity": quantity, **plain, "provenance": found.provenance}


def _refitted(
    costed: Sequence[Costed], profile: Jetson, mode: str | None, runtime: str, measured: Sequence[Figure]
) -> Coefficients | None:
    """The board's coefficients corrected by what was measured on it in that mode; None where nothing was."""
    here = profile.mode(mode).name
    rows = [
        Measured(one.graph.work(one.eager_ops), figure["precision"], figure["value"])
        for figure in measured
        for one in costed
        if figure["model"] == one.name
        and figure["quantity"] == "latency"
        and (figure["device"], figure["mode"], figure["runtime"]) == (profile.name, here, runtime)
        and figure["loop"] == "synchronous"  # a pipeline's figure is not what a caller waits for
        and (figure["precision"] != "int8" or profile.int8_tops is not None)
    ]
    return refit(profile.name, runtime, mode, rows) if rows else None


def _room(one: Costed, profile: Microcontroller, runtime: str, precision: str) -> list[Figure]:
    share = 4 if precision == "int8" else 1
    flash = one.graph.weight_bytes // share + RUNTIME_CODE_BYTES
    ram = one.graph.peak_activation_bytes // share + one.graph.input_bytes
    found = fits(profile, flash, ram)
    common = {
        "model": one.name,
        "low": None,
        "high": None,
        "unit": "bytes",
        "device": profile.name,
        "mode": None,
        "runtime": runtime,
        "precision": precision,
        "dominant": None,
        "fits": found.fits,
        "provenance": "estimate from the float graph"
        + (", a quarter of it for INT8" if share == 4 else "")
        + "; flash with 15 KiB of runtime, RAM with the input buffer, un-fused",
        "remark": f"{one.name} on {profile.name}, {runtime} {precision}: {found.sentence()}",
    }
    return [
        {**common, "quantity": "flash", "value": flash, "available": found.flash_there},
        {**common, "quantity": "RAM", "value": ram, "available": found.ram_there},
    ]
