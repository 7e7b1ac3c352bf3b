"""Attention across channels: whom each channel, or each sensor, listens to; rows share out one whole.

Shares of attention say where a network looked, not what decided its answer: a channel may be listened to and ignored
afterwards. That is why the figure may also be drawn as a difference, what one activity changes against all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError
from stillroom.figures.palette import axis_colour, face_of
from stillroom.figures.signals import by_sensor
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

Floats = NDArray[np.float64]

_CELL, _FEWEST_PX = {False: 46, True: 34}, {False: 430, True: 290}
_WRITTEN = {False: 12, True: 7}  # rows that leave room for numbers


def between_channels(
    shares: ArrayLike,
    channels: Sequence[str],
    *,
    origin: str,
    title: str = "Whom each channel listens to",
    against: ArrayLike | None = None,
    look: Look = LIGHT,
) -> go.Figure:
    """A cell for each pair of channels, those of a sensor side by side.

    Args:
        shares: `(channel, channel)`; rows listen and sum to one.
        channels: names as `site.kind.axis`.
        origin: which model, which windows.
        title: of the figure.
        against: other shares of the same form; the difference is drawn then.
        look: ground and width.

    Raises:
        InputError: no channel, shares of another form, or rows that do not sum to one.
    """
    values = _checked(shares, channels)
    rows = by_sensor(channels)
    order = [place for members in rows.values() for place in members]
    change = None if against is None else _checked(against, channels)[np.ix_(order, order)]
    names = [plain(channels[place].replace("_", " ").replace(".", ", ")) for place in order]
    figure = _squares(values[np.ix_(order, order)], names, change, look)
    ends = np.cumsum([len(members) for members in rows.values()])
    middles = [float(end - (len(members) + 1) / 2) for end, members in zip(ends, rows.values(), strict=True)]
    labels = list(rows)
    for end in ends[:-1].tolist():
        for axis, other in (("x", "y"), ("y", "x")):
            figure.add_shape(
                type="line", **{f"{axis}0": end - 0.5, f"{axis}1": end - 0.5, f"{other}0": -0.5,
                f"{other}1": len(order) - 0.5}, line={"color": ink_of(look).text, "width": 1},
            )  # fmt: skip
    told = f"evenly, each channel would get {100 / len(order):.1f} %"
    return _finished(figure, len(order), (middles, labels), "channel", told, change is not None, origin, title, look)


def between_sensors(
    shares: ArrayLike,
    channels: Sequence[str],
    *,
    origin: str,
    title: str = "Whom each sensor listens to",
    against: ArrayLike | None = None,
    look: Look = LIGHT,
) -> go.Figure:
    """A cell for each pair of sensors: what the channels of one give to all channels of the other, on the average.

    Args:
        shares: `(channel, channel)`; rows listen and sum to one.
        channels: names as `site.kind.axis`.
        origin: which model, which windows.
        title: of the figure.
        against: other shares of the same form; the difference is drawn then.
        look: ground and width.

    Raises:
        InputError: no channel, shares of another form, or rows that do not sum to one.
    """
    rows = by_sensor(channels)
    names = [plain(name.replace("_", " ").replace(".", ", ")) for name in rows]
    change = None if against is None else _pooled(_checked(against, channels), rows)
    figure = _squares(_pooled(_checked(shares, channels), rows), names, change, look)
    ticks = [float(place) for place in range(len(rows))], list(rows)
    even = sorted({round(100 * len(members) / len(channels), 1) for members in rows.values()})
    told = (
        f"evenly, each sensor would get {' to '.join(f'{value:g}' for value in dict.fromkeys((even[0], even[-1])))} %"
    )
    return _finished(figure, len(rows), ticks, "sensor", told, change is not None, origin, title, look)


def _checked(shares: ArrayLike, channels: Sequence[str]) -> Floats:
    values = np.asarray(shares, dtype=np.float64)
    if not channels or values.shape != (len(channels), len(channels)):
        raise InputError(
            f"shares of shape {values.shape} for {len(channels)} channels",
            where="attention",
            mend="Give a square of as many rows as there are channels",
        )
    if not np.allclose(values.sum(axis=1), 1, atol=1e-3):
        raise InputError(
            "the shares of a row do not sum to one", where="attention", mend="Average windows and heads, never add them"
        )
    return values


def _pooled(values: Floats, rows: dict[str, list[int]]) -> Floats:
    """`(sensor, sensor)`: the mean over who listens, the sum over who is listened to."""
    given = np.stack([values[:, members].sum(axis=1) for members in rows.values()], axis=1)
    return np.stack([given[members].mean(axis=0) for members in rows.values()])


def _squares(values: Floats, names: list[str], against: Floats | None, look: Look) -> go.Figure:
    ink, steps = ink_of(look), list(range(len(names)))
    shown = 100 * (values if against is None else values - against)
    most = float(np.abs(shown).max()) or 1.0
    low, high = axis_colour(2, look.dark), face_of("teacher").colour(look.dark)
    scale = [[0, ink.paper], [1, high]] if against is None else [[0, low], [0.5, ink.paper], [1, high]]
    unit = "%{customdata[2]:.1f} %" + ("" if against is None else ", %{z:+.1f} points against all windows")
    told = [[[row, column, 100 * value] for column, value in zip(names, line, strict=True)]
            for row, line in zip(names, values.tolist(), strict=True)]  # fmt: skip
    return go.Figure(
        go.Heatmap(
            z=shown, x=steps, y=steps, zmin=0 if against is None else -most, zmax=most, colorscale=scale, xgap=1,
            ygap=1, showscale=False, customdata=told,
            hovertemplate="%{customdata[0]} listens to %{customdata[1]}<br>" + unit + "<extra></extra>",
            **_written(shown, against is not None, look),
        )
    )  # fmt: skip


def _written(shown: Floats, signed: bool, look: Look) -> dict[str, Any]:
    if len(shown) > _WRITTEN[look.narrow]:
        return {}
    text = [[f"{value:+.1f}" if signed else f"{value:.0f}" for value in line] for line in shown.tolist()]
    return {"text": text, "texttemplate": "%{text}", "textfont": {"size": 10 if look.narrow else 12}}


def _sensor(name: str, between: str) -> str:
    site, _, kind = name.rpartition(".")
    return between.join(plain(part.replace("_", " ")) for part in (site, kind) if part)


def _finished(
    figure: go.Figure,
    cells: int,
    ticks: tuple[list[float], list[str]],
    what: str,
    told: str,
    signed: bool,
    origin: str,
    title: str,
    look: Look,
) -> go.Figure:
    axes = {"tickvals": ticks[0], "showgrid": False, "zeroline": False}
    below, beside = ([_sensor(name, between) for name in ticks[1]] for between in (" ", "<br>" if look.narrow else " "))
    figure.update_xaxes(title_text=f"the {what} that is listened to", tickangle=-45, ticktext=below, **axes)
    figure.update_yaxes(title_text=f"the {what} that listens", autorange="reversed", ticktext=beside, **axes)
    colours = "Dark is more, pale is less" if not signed else "Percentage points more (blue) or less (red) than usual"
    if look.dark and not signed:
        colours = "Bright is more, dark is less"
    return finish(
        figure,
        title=title,
        note=f"{colours}; a row shares out 100 %, and {told}. Where it looks is not yet what decides.",
        origin=origin,
        look=look,
        height=max(_FEWEST_PX[look.narrow], _CELL[look.narrow] * min(cells, 8)) + 100,
    )
