"""Tables of numbers as cells of colour: from nothing to much, or from against over nothing to for.

Two hues tell for from against, blue-green and brown, which everybody tells apart; the ground lies between them. A
number is written in black or white, whichever is read better on its cell, where cells have room for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError
from stillroom.figures.intervals import broken
from stillroom.figures.spectra import ramp
from stillroom.figures.theme import Look, plain

Floats = NDArray[np.float64]
Scale = list[tuple[float, str]]

ROW = {False: 30, True: 32}
_ACROSS = {False: 700, True: 280}  # pixels of a usual plot, without the names beside it
_LEAST = 24  # pixels of a cell that has room for a number
_BOTH = {
    False: ("#7a4408", "#c98f3e", "#fbfaf7", "#4fa3a6", "#0a4f59"),
    True: ("#f2b96a", "#8a5a1c", "#15181d", "#1f7178", "#8fe0d8"),
}


def for_and_against(look: Look) -> Scale:
    """A colour scale around zero: brown speaks against, blue-green for; the ground says nothing."""
    colours = _BOTH[look.dark]
    return [(place / (len(colours) - 1), colour) for place, colour in enumerate(colours)]


def cells(
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    told: Sequence[Sequence[str]],
    written: Sequence[Sequence[str]],
    look: Look,
    around_zero: bool = False,
    most: float = 0.0,
) -> go.Figure:
    """A cell for each number, rows from above; not finished yet.

    Args:
        values: `(row, column)`.
        rows: their names.
        columns: their names.
        told: of each cell on hovering.
        written: in each cell.
        look: ground and width.
        around_zero: both signs are told apart, on one scale; otherwise colours begin at 0.
        most: the value whose colour is the last; the largest that is there by default.

    Raises:
        InputError: no cell, or another shape than the names'.
    """
    shown = np.asarray(values, dtype=np.float64)
    if shown.shape != (len(rows), len(columns)) or not shown.size or not np.isfinite(shown).all():
        what = f"values of shape {shown.shape} for {len(rows)} rows and {len(columns)} columns"
        raise InputError(what, where="cells", mend="Give one number for each row and column")
    most = most or float(np.abs(shown).max()) or 1.0
    least, scale = (-most, for_and_against(look)) if around_zero else (0.0, ramp(look))
    down, across = list(range(len(rows))), list(range(len(columns)))
    figure = go.Figure(
        go.Heatmap(
            z=shown, x=across, y=down, zmin=least, zmax=most, colorscale=scale, showscale=False, xgap=1, ygap=1,
            customdata=[[plain(one) for one in line] for line in told], hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    if _ACROSS[look.narrow] / len(columns) >= _LEAST:
        figure.add_traces(_numbers((shown - least) / (most - least), written, scale, look))
    _name(figure, rows, columns, look)
    return figure


def _numbers(places: Floats, written: Sequence[Sequence[str]], scale: Scale, look: Look) -> list[go.Scatter]:
    """The text of all cells, in two traces: black and white."""
    bright = np.array([[_luminance(place, scale) for place in line] for line in places.tolist()])
    found = []
    for colour, which in (("#000000", bright >= 0.179), ("#ffffff", bright < 0.179)):  # equal contrast to both there
        y, x = np.nonzero(which)
        text = [plain(written[row][column]) for row, column in zip(y.tolist(), x.tolist(), strict=True)]
        font = {"color": colour, "size": 11 if look.narrow else 12}
        found.append(go.Scatter(x=x, y=y, text=text, mode="text", textfont=font, hoverinfo="skip", showlegend=False))
    return found


def _luminance(place: float, scale: Scale) -> float:
    """Relative luminance (WCAG 2) of a place on a colour scale."""
    stops = [stop for stop, _ in scale]
    channels = [[int(colour[at : at + 2], 16) / 255 for _, colour in scale] for at in (1, 3, 5)]
    mixed = np.array([np.interp(place, stops, channel) for channel in channels])
    linear = np.where(mixed <= 0.04045, mixed / 12.92, ((mixed + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _name(figure: go.Figure, rows: Sequence[str], columns: Sequence[str], look: Look) -> None:
    below = [plain(name) for name in columns]
    longest = max(map(len, columns))
    room = _ACROSS[look.narrow] / len(columns) / 6.6  # letters
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=broken(rows, look),
        autorange="reversed",
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(
        tickvals=list(range(len(columns))), ticktext=below, tickangle=0 if longest <= room else -60, showgrid=False,
        zeroline=False,
    )  # fmt: skip
