"""What models look at over all windows: shares of |attribution| by sensor, channel or site, and by activity.

Shares are of magnitudes. They say where a model looks, not whether it is right to, and they follow how loud a sensor
is as well as what was learned: the checks (`figures.sanity`) belong beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.heat import ROW, cells
from stillroom.figures.intervals import Estimate, broken, called, estimate_of, mark_of, marks, told, upper
from stillroom.figures.palette import face_of, faded
from stillroom.figures.spectra import spoken
from stillroom.figures.theme import LIGHT, Look, finish

Shares = Mapping[str, Mapping[str, Estimate]]  # by role and name

LEVELS = {"sensors": "sensor", "channels": "channel", "sites": "site"}

_BAR, _GAP = 19, 1.0  # pixels of a bar; bars between two rows


def sensors(
    models: Mapping[str, Mapping[str, Any]],
    *,
    origin: str,
    level: str = "sensors",
    units: str = "people",
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """Shares of |attribution| with their intervals, a bar for each model and sensor; the first model's largest on top.

    Args:
        models: by role, as `stillroom explain` tells under `windows.models`; one that sees a single sensor has no
            share to show and is named in the note instead.
        origin: which run.
        level: a key of `LEVELS`.
        units: what intervals are over.
        title: the first model's leader, by default.
        look: ground and width.

    Raises:
        InputError: no model that sees two, or another level.
    """
    if level not in LEVELS:
        raise InputError(f"no level {level!r}", where="level", mend=f"Choose one of {', '.join(LEVELS)}")
    shares = {
        role: {one["name"]: estimate_of(one, "importance") for one in model[level]} for role, model in models.items()
    }
    drawn = {role: own for role, own in shares.items() if len(own) > 1}
    if not drawn:
        raise InputError(f"no model sees two {level}", where=level, mend="Show their channels")
    first = next(iter(drawn))
    rows = sorted({name for own in drawn.values() for name in own}, key=lambda name: -_value(drawn[first].get(name)))
    figure, middles = go.Figure(), _middles(drawn, rows)
    for role in drawn:
        figure.add_traces(_bars(role, drawn, rows, middles, look))
    shown = broken([spoken(name) for name in rows], look)
    figure.update_yaxes(
        tickvals=middles, ticktext=shown, range=[_length(drawn, rows), 0], showgrid=False, zeroline=False
    )
    figure.update_xaxes(title_text="share of |attribution|", tickformat=".0%", rangemode="tozero", zeroline=True)
    figure.update_layout(barmode="overlay")
    said = title or _leader(upper(called(first)), drawn[first])
    note = f"{_asked(models[first])}; intervals over {units}. Each model's shares sum to 1." + _caution(models, shares)
    height = round(_BAR * _length(drawn, rows)) + 50
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def activities(
    model: Mapping[str, Any], *, role: str, origin: str, units: str = "people", title: str = "", look: Look = LIGHT
) -> go.Figure:
    """A row for each activity and a column for each sensor: the sensor's share of |attribution| in its windows.

    Args:
        model: as `stillroom explain` tells of one under `windows.models`.
        role: whose it is.
        origin: which run.
        units: what intervals are over.
        title: the largest share, by default.
        look: ground and width.

    Raises:
        InputError: no activity, or rows that do not fit the sensors.
    """
    classes: Mapping[str, Sequence[Mapping[str, Any]]] = model["classes"]
    names = [one["name"] for one in model["sensors"]]
    shares = [[estimate_of(one, "importance") for one in parts] for parts in classes.values()]
    if not shares or any([one["name"] for one in parts] != names for parts in classes.values()):
        raise InputError("activities' shares do not fit the sensors", where="classes")
    hover = [
        [f"{name}, {spoken(sensor)}: {told(one, '.0%')}" for sensor, one in zip(names, line, strict=True)]
        for name, line in zip(classes, shares, strict=True)
    ]
    written = [[f"{100 * one.value:.0f}" for one in line] for line in shares]
    values = np.array([[one.value for one in line] for line in shares])
    figure = cells(values, list(classes), [spoken(name) for name in names], told=hover, written=written, look=look)
    row, column = map(int, np.unravel_index(int(values.argmax()), values.shape))
    largest = told(shares[row][column], ".0%")
    said = (
        title
        or f"{upper(called(role))}: its largest share is {spoken(names[column])} in {list(classes)[row]}, {largest}"
    )
    note = (
        f"Per cent of |attribution| in the windows of each activity; {_asked(model)}. The largest of {values.size}"
        f" cells looks larger than it is: hovering tells intervals over {units}."
    )
    height = ROW[look.narrow] * len(classes) + 110
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def _length(drawn: Shares, rows: Sequence[str]) -> float:
    """Of all rows, in bars: a row is as high as it has bars, and a gap."""
    return sum(_GAP + sum(name in own for own in drawn.values()) for name in rows)


def _middles(drawn: Shares, rows: Sequence[str]) -> list[float]:
    """Where each row's middle stands."""
    return [_length(drawn, rows[: place + 1]) - _length(drawn, [name]) / 2 for place, name in enumerate(rows)]


def _bars(role: str, drawn: Shares, rows: Sequence[str], middles: Sequence[float], look: Look) -> list[Any]:
    """A faint bar from zero, and the estimate with its interval at its end."""
    colour, shown = face_of(role).colour(look.dark), {}
    for name, middle in zip(rows, middles, strict=True):
        present = [other for other, own in drawn.items() if name in own]
        if role in present:
            shown[middle + present.index(role) - (len(present) - 1) / 2] = drawn[role][name]
    bar = go.Bar(
        x=[one.value for one in shown.values()], y=list(shown), orientation="h", width=0.94, showlegend=False,
        marker={"color": faded(colour, 0.3), "line": {"width": 0}}, hoverinfo="skip",
    )  # fmt: skip
    names = [spoken(name) for name in rows if name in drawn[role]]
    return [bar, marks(shown, mark_of(role, look), form=".0%", names=names)]


def _value(one: Estimate | None) -> float:
    return -1.0 if one is None else one.value


def _leader(who: str, shares: Mapping[str, Estimate]) -> str:
    """Who leads, and whether that is clear."""
    name, first = max(shares.items(), key=lambda pair: pair[1].value)
    reach = [
        one for other, one in shares.items() if other != name and (first.low is None or (one.high or 1.0) >= first.low)
    ]
    said = f"{who}: {spoken(name)} has the largest share, {told(first, '.0%')}"
    if first.low is None or not reach:
        return said
    return f"{said}; {len(reach)} of {len(shares) - 1} others reach into that interval"


def _asked(model: Mapping[str, Any]) -> str:
    return f"{str(model['method']).replace('_', ' ').capitalize()}, {model['windows']} windows"


def _caution(models: Mapping[str, Mapping[str, Any]], shares: Shares) -> str:
    """What must stand beside shares: who has none, and how far untrained weights give the same."""
    alone = [called(role) for role, own in shares.items() if len(own) < 2]
    said = f" Not shown, for one alone is all: {', '.join(alone)}." if alone else ""
    random = next(iter(models.values())).get("sanity", {}).get("randomised") or {}
    if random.get("magnitude") is not None:
        said += (
            f" Magnitudes follow loud signals too: with untrained weights they are ranked alike by"
            f" {random['magnitude']:+.2f}."
        )
    return said
