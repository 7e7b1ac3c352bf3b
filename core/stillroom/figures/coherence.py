"""What varies together: coherence between channels, and how much of one sensor another one tells.

Both are squares of cells, darker (on a dark ground brighter) where more is shared. What two share is no proof that one
can go: a classifier may live on the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError
from stillroom.figures.signals import by_sensor
from stillroom.figures.spectra import ramp, spoken
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

Floats = NDArray[np.float64]

_CELL, _MOST_PX, _BELOW = {False: 44, True: 38}, {False: 520, True: 330}, 120
_WRITTEN = {False: 20, True: 8}  # cells in a row that have room for a number
_TURN = {False: 0.633, True: 0.504}  # of the colour scale: where black and white are read equally well


def between_channels(
    shared: ArrayLike,
    channels: Sequence[str],
    *,
    between_hz: tuple[float, float],
    origin: str,
    chance: float | None = None,
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """Coherence of all pairs of channels, sensor by sensor.

    Args:
        shared: `(channel, channel)` in 0..1, the mean over a band of frequencies.
        channels: names as `site.kind.axis`; those of one sensor stand together.
        between_hz: the band.
        origin: whose recordings.
        chance: what unrelated channels would show.
        title: which two sensors' channels share most, by default.
        look: ground and width.

    Raises:
        InputError: no two channels, or values that are no square of shares.
    """
    values, rows = _checked(shared, channels), by_sensor(channels)
    sensor = np.empty(len(channels), dtype=np.int64)
    for number, members in enumerate(rows.values()):
        sensor[members] = number
    order = [place for members in rows.values() for place in members]
    values, sensor, names = values[np.ix_(order, order)], sensor[order], [channels[place] for place in order]
    apart = np.where(sensor[:, None] != sensor, values, -1.0)
    one, other = map(int, np.unravel_index(int(apart.argmax()), apart.shape))
    most = f"{spoken(names[one])} and {spoken(names[other])} share most: {values[one, other]:.0%}"
    said = title or (most if len(rows) > 1 else f"Coherence of {len(channels)} channels")
    figure = _squares(values, names, "%{customdata[0]} and %{customdata[1]}: %{z:.1%}", look)
    _label(figure, [float(np.flatnonzero(sensor == number).mean()) for number in range(len(rows))], list(rows), look)
    for edge in np.flatnonzero(np.diff(sensor)) + 0.5:
        line = {"color": ink_of(look).line, "width": 1}
        figure.add_hline(y=float(edge), line=line).add_vline(x=float(edge), line=line)
    low, high = between_hz
    note = (
        f"Magnitude-squared coherence in per cent, mean over {low:g} to {high:g} Hz; a filtered copy has 100."
        f"{_by_chance(chance)}"
    )
    return _finished(figure, len(names), said, note, origin, look)


def between_sensors(
    explained: ArrayLike,
    sensors: Sequence[str],
    *,
    origin: str,
    chance: float | None = None,
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """Which share of each sensor's variance another sensor tells.

    Args:
        explained: `(sensor told, sensor that tells)` in 0..1, as `signal.spectra.explained` gives it.
        sensors: names as `site.kind`.
        origin: whose recordings.
        chance: what unrelated sensors would show.
        title: the sensor that is told best, by default.
        look: ground and width.

    Raises:
        InputError: no two sensors, or values that are no square of shares.
    """
    values = _checked(explained, sensors)
    others = np.where(np.eye(len(sensors), dtype=bool), -1.0, values)
    one, by = map(int, np.unravel_index(int(others.argmax()), others.shape))
    told = f"{spoken(sensors[one])} is told best: {others[one, by]:.0%} of it by {spoken(sensors[by])}"
    figure = _squares(values, sensors, "%{customdata[1]} tells %{z:.0%} of %{customdata[0]}", look)
    _label(figure, list(range(len(sensors))), sensors, look)
    figure.update_yaxes(title_text="what is told").update_xaxes(title_text="by what")
    note = (
        "Per cent of a row's variance that a linear filter of the column's best channel explains, so a whole sensor"
        f" explains no less.{_by_chance(chance)} That a sensor is told does not yet mean that it can go."
    )
    return _finished(figure, len(sensors), title or told, note, origin, look)


def _checked(values: ArrayLike, names: Sequence[str]) -> Floats:
    square = np.asarray(values, dtype=np.float64)
    fits = len(names) > 1 and square.shape == (len(names), len(names)) and np.isfinite(square).all()
    if not fits or square.min() < 0 or square.max() > 1 + 1e-9:
        what = f"values of shape {square.shape} for {len(names)} names"
        raise InputError(what, where="coherence", mend="Give a square of numbers from 0 to 1, of at least two")
    return square


def _squares(values: Floats, names: Sequence[str], told: str, look: Look) -> go.Figure:
    """Cells with their numbers where they have room; nothing is said of one with itself."""
    steps, shown = list(range(len(names))), np.where(np.eye(len(names), dtype=bool), np.nan, values)
    pairs = [[[plain(spoken(row)), plain(spoken(column))] for column in names] for row in names]
    gap = 1 if len(names) <= 30 else 0
    figure = go.Figure(
        go.Heatmap(
            z=shown, x=steps, y=steps, zmin=0, zmax=1, colorscale=ramp(look), showscale=False, xgap=gap, ygap=gap,
            customdata=pairs, hovertemplate=told + "<extra></extra>", hoverongaps=False,
        )
    )  # fmt: skip
    if len(names) <= _WRITTEN[look.narrow]:
        figure.add_traces(_numbers(shown, look))
    return figure


def _numbers(shown: Floats, look: Look) -> list[go.Scatter]:
    """The values as per cent, in black or white, whichever is read better on its cell."""
    found, faint = [], "#ffffff" if look.dark else "#000000"
    strong = "#000000" if look.dark else "#ffffff"
    for colour, which in ((faint, shown < _TURN[look.dark]), (strong, shown >= _TURN[look.dark])):
        y, x = np.nonzero(which)
        text = [f"{100 * value:.0f}" for value in shown[which].tolist()]
        font: dict[str, Any] = {"color": colour, "size": 11 if look.narrow else 12}
        found.append(go.Scatter(x=x, y=y, text=text, mode="text", textfont=font, hoverinfo="skip", showlegend=False))
    return found


def _label(figure: go.Figure, places: Sequence[float], sensors: Sequence[str], look: Look) -> None:
    """Sensors by name on the left; below by name too, or by number where it is narrow."""
    names = [plain(spoken(name)) for name in sensors]
    broken = [plain(name.replace(".", "\n")).replace("\n", "<br>").replace("_", " ") for name in sensors]
    numbered = [f"{name}  {number}" for number, name in enumerate(broken, start=1)]
    axes: dict[str, Any] = {"tickvals": list(places), "showgrid": False, "zeroline": False}
    beside = numbered if look.narrow else names
    below = [str(number) for number in range(1, len(names) + 1)] if look.narrow else names
    figure.update_yaxes(autorange="reversed", ticktext=beside, **axes)
    figure.update_xaxes(ticktext=below, tickangle=0 if look.narrow else -45, **axes)


def _by_chance(chance: float | None) -> str:
    return "" if chance is None else f" By chance alone it would be about {chance:.0%}."


def _finished(figure: go.Figure, cells: int, title: str, note: str, origin: str, look: Look) -> go.Figure:
    side = min(_CELL[look.narrow] * cells, _MOST_PX[look.narrow])
    told = title[:1].upper() + title[1:]
    return finish(figure, title=told, note=note, origin=origin, look=look, height=side + _BELOW, alt=told)
