"""A recording as a person reads it: one row for each sensor, its channels over time, activities as bands behind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from stillroom.figures.bands import Band, lane, shade, within
from stillroom.figures.palette import activity_colours, axis_colour
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain
from stillroom.figures.thinning import thin

_ROW, _LANE = 92, 38
_SHADED = 120  # more bands are a wash of colour, and slow: the ribbon above tells them


def recording(
    signal: ArrayLike,
    channels: Sequence[str],
    *,
    rate_hz: float,
    origin: str,
    bands: Sequence[Band] = (),
    classes: Sequence[str] = (),
    units: Sequence[str] = (),
    segments: ArrayLike | None = None,
    between_s: tuple[float, float] | None = None,
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """Channels stacked by sensor, with activity bands.

    Args:
        signal: `(channel, time)`.
        channels: names as `site.kind.axis`.
        rate_hz: samples per second.
        origin: where it comes from.
        bands: labelled stretches in seconds.
        classes: every class, so that colours agree between recordings; those of the bands by default.
        units: of each channel.
        segments: `(segment, 2)` first and one-past-last samples without a gap; lines break between them.
        between_s: what is shown; everything by default.
        title: the sensors' number by default.
        look: ground and width.
    """
    values = np.asarray(signal, dtype=np.float64)
    shown_s = between_s or (0.0, values.shape[1] / rate_hz)
    first, stop = (round(min(max(edge * rate_hz, 0), values.shape[1])) for edge in shown_s)
    times = np.arange(first, stop) / rate_hz
    broken = np.where(_inside(segments, values.shape[1])[first:stop], values[:, first:stop], np.nan)
    rows = by_sensor(channels)
    names = list(classes) or list(dict.fromkeys(label for _, _, label in bands))
    figure = _frame(len(rows), bool(bands))
    above = 1 if bands else 0
    if bands:
        colours = activity_colours(names, look.dark)
        figure.add_trace(lane(bands, "activity", colours, between_s=shown_s, look=look), row=1, col=1)
        if len(within(bands, shown_s)) <= _SHADED:
            shade(figure, bands, colours, shown_s)
    for number, (sensor, members) in enumerate(rows.items(), start=1 + above):
        for place, channel in enumerate(members):
            figure.add_trace(line(times, broken[channel], channels[channel], place, look), row=number, col=1)
        unit = f" [{units[members[0]]}]" if units else ""
        name_row(figure, number, sensor, look, unit=unit)
        figure.update_yaxes(range=_room(broken[members]), row=number, col=1)
    figure.update_xaxes(range=list(shown_s), showgrid=False, zeroline=False)
    figure.update_xaxes(title_text="seconds", row=len(rows) + above, col=1)
    return finish(
        figure,
        title=title or f"{len(channels)} channels of {len(rows)} sensors",
        origin=origin,
        look=look,
        height=_ROW * len(rows) + (_LANE if bands else 0) + 60,
        alt=f"{len(channels)} channels ({', '.join(rows)}) over {shown_s[1] - shown_s[0]:.0f} s;"
        f" activities in order: {', '.join(dict.fromkeys(label for _, _, label in bands)) or 'none marked'}",
    )


def by_sensor(channels: Sequence[str]) -> dict[str, list[int]]:
    """Where each sensor's channels stand, in order of first appearance."""
    rows: dict[str, list[int]] = {}
    for number, name in enumerate(channels):
        rows.setdefault(name.rpartition(".")[0] or name, []).append(number)
    return rows


def _inside(segments: ArrayLike | None, samples: int) -> NDArray[np.bool_]:
    if segments is None:
        return np.ones(samples, dtype=bool)
    edges = np.zeros(samples + 1, dtype=np.int64)
    for first, stop in np.asarray(segments, dtype=np.int64):
        edges[first] += 1
        edges[stop] -= 1
    return np.cumsum(edges)[:-1] > 0


def _frame(sensors: int, lanes: bool) -> go.Figure:
    heights = [*([_LANE] if lanes else []), *([_ROW] * sensors)]
    figure = make_subplots(
        rows=len(heights),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=min(0.03, 0.3 / len(heights)),
        row_heights=heights,
    )
    if lanes:
        figure.update_yaxes(visible=False, row=1, col=1)
    return figure


def line(times: NDArray[np.float64], values: NDArray[np.float64], name: str, place: int, look: Look) -> go.Scatter:
    """One channel as a thinned line; `place` is its number within its sensor, which decides its colour."""
    x, y = thin(times, values)
    axis = name.rpartition(".")[2]
    return go.Scatter(
        x=x,
        y=y.astype(np.float32),  # what sensors deliver has no more digits, and half the bytes go to the browser
        name=plain(axis),
        mode="lines",
        showlegend=False,
        line={"color": axis_colour(place, look.dark), "width": 1.1},
        hovertemplate="%{y:.3g} at %{x:.2f} s<extra>" + plain(name) + "</extra>",
    )


def name_row(figure: go.Figure, row: int, sensor: str, look: Look, *, columns: int = 1, unit: str = "") -> None:
    """Writes a sensor's name inside its row's upper left corner: beside the axis it would take much of a narrow figure.

    Args:
        figure: made by `make_subplots`.
        row: counted from 1.
        sensor: `site.kind`.
        look: ground and width.
        columns: of the figure.
        unit: behind the name.
    """
    ink, number = ink_of(look), (row - 1) * columns + 1
    top = figure.layout["yaxis" if number == 1 else f"yaxis{number}"].domain[1]
    figure.add_annotation(
        text=plain(sensor.replace("_", " ").replace(".", ", ") + unit), xref="paper", yref="paper", x=0, y=top,
        xanchor="left", yanchor="top", showarrow=False, font={"size": 11, "color": ink.muted}, bgcolor=ink.paper,
        opacity=0.9, borderpad=1,
    )  # fmt: skip
    figure.update_yaxes(nticks=4, row=row)


def _room(values: NDArray[np.float64]) -> list[float] | None:
    """A range with room above the lines for the sensor's name; none where nothing was measured."""
    if np.isnan(values).all():
        return None
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    span = (high - low) or 1.0
    return [low - 0.06 * span, high + 0.3 * span]
