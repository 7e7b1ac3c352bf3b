"""How long models take, on this computer and on boards: a dot and a band for each way to run them.

What was measured is filled, with its spread as a thin line; what was estimated is open, on a wide pale band, and is
never written as a bare number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from stillroom.figures.cost_wording import (
    HEADING,
    HERE,
    MODELS,
    amount,
    broken,
    label_rows,
    measured,
    origin,
    runtime_of,
    small,
    upright,
)
from stillroom.figures.palette import face_of, faded
from stillroom.figures.theme import BETWEEN, LIGHT, Look, finish, ink_of, plain

_TITLES = {
    "latency": "How long the models take",
    "energy": "How much energy the models take",
    "signal latency": "How long the signal takes before the network",
}
_PIXELS = {False: 38, True: 52}  # of a row; a narrow one has its label above its dots
_BESIDE = {False: {"teacher": -0.17, "student": 0.17}, True: {"teacher": -0.08, "student": 0.2}}

Key = tuple[Any, ...]
Shown = Sequence[Mapping[str, Any]]


def latency(
    told: dict[str, Any], look: Look = LIGHT, *, quantity: str = "latency", hop_s: float | None = None
) -> go.Figure:
    """Every figure of a quantity with its band, by device and by how the model is run there.

    Args:
        told: what `stillroom cost` tells.
        look: ground and width.
        quantity: `latency`, `energy` or `signal latency`.
        hop_s: from one window to the next, by when an answer must be there; half the student's window by default,
            as `stillroom predict` goes.

    Raises:
        ValueError: another quantity.
    """
    if quantity not in _TITLES:
        raise ValueError(f"{quantity!r} has no band to draw; known: {', '.join(_TITLES)}")
    shown = [one for one in told["figures"] if one["quantity"] == quantity]
    unit = shown[0]["unit"] if shown else "mJ" if quantity == "energy" else "ms"
    hop_s = told["student"]["window_s"] / 2 if hop_s is None else hop_s
    hop_ms = None if quantity == "energy" else 1e3 * hop_s
    places, labels = _rows(shown, str(told.get("computer") or HERE))
    bottom = max([0.0, *places.values()]) + 0.6
    figure = go.Figure()
    if hop_ms:
        figure.add_trace(upright(hop_ms, (-0.45, bottom), look, dash="dash"))
        figure.add_annotation(
            x=math.log10(hop_ms), y=-0.75, xanchor="right", **_quiet(f"a window every {hop_s:g} s", look)
        )
    figure.add_traces([trace for name in MODELS for trace in _marks(name, shown, places, look)])
    _write_student(figure, shown, places, unit, look)
    _write_ways(figure, places, labels, look)
    _scale(figure, [value for one in shown for value in _ends(one)] + ([hop_ms] if hop_ms else []), unit, look)
    return finish(
        figure,
        title=_TITLES[quantity],
        note=_how_to_read(shown, bool(hop_ms)),
        origin=_sources(told, shown),
        look=look,
        height=round(_PIXELS[look.narrow] * (bottom + 1) + 44),
        alt=f"{_TITLES[quantity]}, {unit}: "
        + "; ".join(f"{one['model']}, {one['device']}, {one['runtime']}: {_said(one)}" for one in shown[:12]),
    )


def _key(one: Mapping[str, Any]) -> Key:
    return one["device"], one["runtime"], one["precision"], one["mode"], one.get("batch") or 1


def _rows(shown: Shown, computer: str) -> tuple[dict[Key, float], list[tuple[float, str]]]:
    """Where each way to run lies, and each device's heading above its ways; this computer comes first."""
    places: dict[Key, float] = {}
    headings: list[tuple[float, str]] = []
    place = 0.0
    for device in sorted(dict.fromkeys(str(one["device"]) for one in shown), key=HERE.__ne__):
        headings.append((place, f"<b>{plain(computer if device == HERE else device)}</b>"))
        place += HEADING
        for key in dict.fromkeys(_key(one) for one in shown if one["device"] == device):
            places[key] = place
            place += 1
    return places, headings


def _write_ways(figure: go.Figure, places: Mapping[Key, float], headings: list[tuple[float, str]], look: Look) -> None:
    """Names beside the axis, or in a narrow figure inside it, above the dots."""
    if not look.narrow:
        told = [
            (place, _way(key) + (f"<br>{small(_how(key), look)}" if _how(key) else "")) for key, place in places.items()
        ]
        label_rows(figure, sorted([*headings, *told]), top=1.0)
        return
    label_rows(figure, [(place, "") for place in places.values()], top=1.0)
    told = [(place - 0.46, f"{_way(key)} {small(_how(key), look)}") for key, place in places.items()]
    for place, text in [*headings, *told]:
        figure.add_annotation(
            x=0, xref="paper", xanchor="left", y=place, text=text, showarrow=False, font={"size": 12},
            bgcolor=ink_of(look).plot, borderpad=0,
        )  # fmt: skip


def _way(key: Key) -> str:
    return f"{plain(runtime_of(key[1]))}, {plain(key[2])}"


def _how(key: Key) -> str:
    mode, batch = key[3:]
    return ", ".join([str(mode)] * (mode is not None) + [f"{batch} windows at once"] * (batch > 1))


def _marks(name: str, shown: Shown, places: Mapping[Key, float], look: Look) -> Iterable[go.Scatter]:
    """A model's bands and dots; what was estimated first, so that what was measured lies on top."""
    own = [one for one in shown if one["model"] == name]
    for is_measured in (False, True):
        of = [one for one in own if measured(one) == is_measured]
        yield _bands(name, [one for one in of if one["low"] and one["high"]], is_measured, places, look)
        yield _dots(name, [one for one in of if one["value"]], is_measured, places, look)
    if own:
        face = face_of(name)
        marker = {"color": face.colour(look.dark), "size": 10, "symbol": face.symbol}
        yield go.Scatter(x=[None], y=[None], mode="markers", marker=marker, name=face.title)


def _bands(name: str, of: Shown, is_measured: bool, places: Mapping[Key, float], look: Look) -> go.Scatter:
    colour = face_of(name).colour(look.dark)
    heights = [places[_key(one)] + _BESIDE[look.narrow][name] for one in of]
    return go.Scatter(
        x=broken((one["low"], one["high"]) for one in of),
        y=broken((height, height) for height in heights),
        mode="lines",
        line={"color": colour if is_measured else faded(colour, 0.3), "width": 2.5 if is_measured else 9},
        customdata=[about for one in of for about in (_about(one), _about(one), "")],
        hovertemplate="%{customdata}<extra>" + face_of(name).title + "</extra>",
        showlegend=False,
    )


def _dots(name: str, of: Shown, is_measured: bool, places: Mapping[Key, float], look: Look) -> go.Scatter:
    face = face_of(name)
    open_ = {} if is_measured else {"symbol": f"{face.symbol}-open", "line": {"width": 2}}
    return go.Scatter(
        x=[one["value"] for one in of],
        y=[places[_key(one)] + _BESIDE[look.narrow][name] for one in of],
        mode="markers",
        marker={"color": face.colour(look.dark), "size": 10, "symbol": face.symbol, **open_},
        customdata=[_about(one) for one in of],
        hovertemplate="%{customdata}<extra>" + face.title + "</extra>",
        showlegend=False,
    )


def _write_student(figure: go.Figure, shown: Shown, places: Mapping[Key, float], unit: str, look: Look) -> None:
    """The student's numbers in a column at the right: the middle where measured, the band where estimated."""
    own = sorted((one for one in shown if one["model"] == "student"), key=measured)
    said = {places[_key(one)] + _BESIDE[look.narrow]["student"]: _said(one) for one in own}
    column = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 8}
    for place, text in said.items():
        figure.add_annotation(y=place, text=text, showarrow=False, font={"size": 12}, **column)
    if said:
        heading = f"student, {unit}"
        figure.add_annotation(y=-0.75, **column, **_quiet(heading, look))
        figure.update_layout(margin={"r": 20 + round(6.6 * max(map(len, (heading, *said.values()))))})


def _scale(figure: go.Figure, ends: Sequence[float], unit: str, look: Look) -> None:
    low, high = (min(ends) / 1.6, max(ends) * 1.6) if ends else (0.1, 10.0)
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    powers = powers[:: 2 if len(powers) > (5 if look.narrow else 12) else 1]
    figure.update_xaxes(
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickvals=[10.0**power for power in powers],
        ticktext=[amount(10.0**power) for power in powers],
        zeroline=False,
        title_text=unit,
    )


def _how_to_read(shown: Shown, hop: bool) -> str:
    there = {measured(one) for one in shown}
    said = ["Filled: measured, with its spread."] * (True in there)
    said += ["Open: estimated, on its band."] * (False in there)
    said += ["There is no such figure; name a board."] * (not there)
    said += ["Left of the dashed line a model keeps up with the windows."] * hop
    busy = any(one.get("busy") for one in shown)
    return " ".join(said + ["The machine was busy."] * busy)


def _sources(told: dict[str, Any], shown: Shown) -> str:
    there = ", ".join(dict.fromkeys(str(one["device"]) for one in shown if measured(one) and one["device"] != HERE))
    more = [f"measured there: {there}"] * bool(there)
    more += ["estimates: from published measurements of other networks"] * (not all(map(measured, shown)))
    here = any(one["device"] == HERE for one in shown)
    return origin(told, "Measured here" if here else "Counted here", *more)


def _about(one: Mapping[str, Any]) -> str:
    """What is told on hovering, in short lines."""
    head = BETWEEN.join(filter(None, (plain(one["device"]), _way(_key(one)), plain(_how(_key(one))))))
    best = f"{amount(one['value'])}, " if one["value"] else ""
    band = f"{best}band {amount(one['low'])} to {amount(one['high'])} {one['unit']}"
    mostly = [f"mostly {plain(one['dominant'])}"] if one.get("dominant") else []
    return "<br>".join([head, band, *mostly, *map(plain, wrap(str(one["provenance"]), 72))])


def _ends(one: Mapping[str, Any]) -> list[float]:
    return [value for value in (one["low"], one["value"], one["high"]) if value]


def _said(one: Mapping[str, Any]) -> str:
    if measured(one):
        return amount(one["value"])
    return "not known" if one["high"] is None else f"{amount(one['low'])} to {amount(one['high'])}"


def _quiet(text: str, look: Look) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "font": {"color": ink_of(look).muted, "size": 11}}
