"""Estimates of sets of sensors held against what was measured after training, and a rival beside them.

A point on the diagonal was estimated right. A large set nearly always beats a small one, so what counts is the order
*within* a size; points of a size share a colour and a symbol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.intervals import estimate_of, told
from stillroom.figures.spectra import ramp, spoken
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "hexagon", "pentagon")
_TITLES = {"estimate": "estimated, nothing trained for the set", "forest": "a random forest for each set"}
_SIDE = {False: 380, True: 320}


def against_truth(
    rows: Sequence[Mapping[str, Any]],
    calibration: Mapping[str, Mapping[str, Any]],
    *,
    origin: str,
    units: str = "people",
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """A panel for the estimate and one for the forest: what was said of each set against what was measured.

    Args:
        rows: of each set `{sensors, size, truth, estimate, forest}`, scores as `{macro_f1, low, high}`, as a study of
            sensors tells under `table`.
        calibration: of `estimate` and its rivals, as it tells under `calibration`.
        origin: which study.
        units: what intervals are over.
        title: the estimate's error and its order within sizes, by default.
        look: ground and width.

    Raises:
        InputError: no set was measured.
    """
    if not rows:
        raise InputError("no set was measured", where="table", mend="Let the study's runs end first")
    across = not look.narrow
    figure = make_subplots(
        rows=1 if across else 2, cols=2 if across else 1, horizontal_spacing=0.08, vertical_spacing=0.16
    )
    low, high = _room(rows)
    for number, (key, name) in enumerate(_TITLES.items()):
        where = {"row": 1 if across else number + 1, "col": number + 1 if across else 1}
        figure.add_shape(
            type="line", x0=low, x1=high, y0=low, y1=high, line={"color": ink_of(look).line, "width": 1.5}, **where
        )
        for trace in _by_size(rows, key, look):
            figure.add_trace(trace.update(showlegend=number == 0), **where)
        figure.update_xaxes(title_text=name, range=[low, high], zeroline=False, **where)
        figure.update_yaxes(range=[low, high], zeroline=False, **where)
    figure.update_yaxes(title_text="macro-F1, measured", col=1)
    said = title or _finding(calibration["estimate"], len(rows))
    rivals = "; ".join(
        f"{name} {_rho(calibration[key]['rho_within'])}, over all {_rho(calibration[key]['rho'])}"
        for key, name in (("estimate", "the estimate"), ("forest", "the forest"), ("count", "counting sensors"))
        if key in calibration
    )
    note = (
        f"Rank correlation within a size: {rivals}. Sets share sensors and {units}; bounds come from drawing {units}"
        f" again. Crosses: intervals over {units}; the line: said is measured."
    )
    height = _SIDE[look.narrow] if across else 2 * _SIDE[look.narrow] + 60
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def _by_size(rows: Sequence[Mapping[str, Any]], key: str, look: Look) -> list[go.Scatter]:
    sizes = sorted({row["size"] for row in rows})
    found = []
    for number, size in enumerate(sizes):
        own = [row for row in rows if row["size"] == size]
        colour = _tone((number + 1) / len(sizes), look)
        hover = [_told(row, key) for row in own]
        bars = {
            f"error_{axis}": {**_reach([row[of] for row in own]), "color": colour, "thickness": 0.6, "width": 0}
            for axis, of in (("x", key), ("y", "truth"))
        }
        found.append(
            go.Scatter(
                x=[row[key]["macro_f1"] for row in own], y=[row["truth"]["macro_f1"] for row in own], mode="markers",
                name=f"{size} sensor{'s' if size != 1 else ''}", legendgroup=str(size), customdata=hover,
                hovertemplate="%{customdata}<extra></extra>", **bars,
                marker={"color": colour, "symbol": _SYMBOLS[number % len(_SYMBOLS)], "size": 10,
                        "line": {"color": ink_of(look).plot, "width": 1}},
            )
        )  # fmt: skip
    return found


def _told(row: Mapping[str, Any], key: str) -> str:
    names = plain(" + ".join(spoken(name) for name in row["sensors"]))
    said, truth = (told(estimate_of(row[of], "macro_f1")) for of in (key, "truth"))
    return f"{names}<br>said {said}<br>measured {truth}"


def _reach(scores: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    up, down = (
        [0.0 if one[edge] is None else abs(one[edge] - one["macro_f1"]) for one in scores] for edge in ("high", "low")
    )
    return {"array": up, "arrayminus": down}


def _tone(share: float, look: Look) -> str:
    """From a quarter of the ramp on: what is nearer to the ground is not seen."""
    scale = ramp(look)
    return scale[min(round(1 + share * (len(scale) - 2)), len(scale) - 1)][1]


def _finding(one: Mapping[str, Any], sets: int) -> str:
    said = f"Over {sets} sets the estimate misses by {one['mae']:.3f} macro-F1 on average"
    if one["rho_within"]["value"] is None:
        return f"{said}; within a size no order can be told"
    return f"{said}; within a size it ranks them with rho {_rho(one['rho_within'])}"


def _rho(one: Mapping[str, float | None]) -> str:
    if one["value"] is None:
        return "none"
    bounds = "" if one["low"] is None or one["high"] is None else f" ({one['low']:.2f} to {one['high']:.2f})"
    return f"{one['value']:.2f}{bounds}"


def _room(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    values = [row[of]["macro_f1"] for row in rows for of in ("truth", *_TITLES)]
    low, high = min(values), max(values)
    edge = 0.08 * max(high - low, 0.1)
    return low - edge, high + edge
