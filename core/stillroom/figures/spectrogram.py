"""One channel of a recording as a spectrogram: power by frequency and moment, with what was done above it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.bands import Band, lane, within
from stillroom.figures.palette import activity_colours
from stillroom.figures.spectra import DEEP_DB, floor_of, in_db, ramp, spoken
from stillroom.figures.theme import LIGHT, Look, finish, plain

Floats = NDArray[np.float64]

_LEAST_DB = 20.0  # of the colours' range, lest noise look like structure
_CELLS = (700, 200)  # moments, bins
_BELOW = 0.9  # the share of power that the title speaks of
_LANE, _MAP = 40, 300
_ROW, _LETTER_PX, _MARK_PX, _WIDTH = 20, 7.2, 42, {False: 760, True: 340}  # of the legend


def spectrogram(
    hertz: ArrayLike,
    seconds: ArrayLike,
    density: ArrayLike,
    *,
    channel: str,
    unit: str,
    origin: str,
    bands: Sequence[Band] = (),
    classes: Sequence[str] = (),
    between_s: tuple[float, float] | None = None,
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """One channel of a recording: power by frequency and moment, with what was done above it.

    Args:
        hertz: `(bin,)` rising from 0.
        seconds: `(moment,)` middles of the segments, rising; where they pause, so does the picture.
        density: `(bin, moment)` in unit^2 / Hz.
        channel: what was measured.
        unit: of the signal.
        origin: which recording.
        bands: labelled stretches in seconds.
        classes: every class, so that colours agree between recordings; those of the bands by default.
        between_s: what is shown; everything by default.
        title: below which frequency most of the power lies, by default.
        look: ground and width.

    Raises:
        InputError: nothing to show, or shapes that do not fit.
    """
    bins, moments, power = _cells(hertz, seconds, density, between_s)
    step = float(np.diff(moments).min()) if len(moments) > 1 else 1 / float(bins[0])
    shown_s = between_s or (float(moments[0] - step / 2), float(moments[-1] + step / 2))
    figure, above = _frame(bands, classes, shown_s, look)
    done = list(dict.fromkeys(label for _, _, label in within(bands, shown_s)))
    shape = figure.layout["yaxis2" if bands else "yaxis"].domain
    figure.add_trace(_heat(bins, _pooled(moments, power), shape, look), row=1 + above, col=1)
    figure.update_yaxes(title_text="Hz", row=1 + above, col=1)
    figure.update_xaxes(range=list(shown_s), showgrid=False, zeroline=False)
    figure.update_xaxes(title_text="seconds", row=1 + above, col=1)
    found = f"{spoken(channel)}: {_most(bins, power.sum(axis=1))}"
    said = title or found[:1].upper() + found[1:]
    listed = _ROW * _legend_rows(done, look)
    height = _MAP + (_LANE if bands else 0) + 60 + listed
    finish(
        figure,
        title=said,
        note=f"Each moment is the middle of {1 / bins[0]:.3g} s; {'bright' if look.dark else 'dark'} is strong, in dB"
        f" (0 is 1 ({unit})²/Hz). What moves more slowly than {bins[0]:.3g} Hz is left out.",
        origin=origin,
        look=look,
        height=height,
        alt=f"{said}; activities in order: {', '.join(done) or 'none marked'}",
    )
    figure.update_traces(showlegend=listed > 0, selector={"mode": "markers"})
    place = {"y": -58 / (height - listed - 60), "yanchor": "top"}
    return figure.update_layout(showlegend=listed > 0, legend={**place, "itemclick": False, "itemdoubleclick": False})


def _frame(
    bands: Sequence[Band], classes: Sequence[str], shown_s: tuple[float, float], look: Look
) -> tuple[go.Figure, int]:
    """The empty picture with the ribbon above it where there is one, and how many rows that takes."""
    heights = [_LANE, _MAP] if bands else [_MAP]
    figure = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, vertical_spacing=0.02, row_heights=heights)
    if bands:
        colours = activity_colours(list(classes) or list(dict.fromkeys(label for _, _, label in bands)), look.dark)
        figure.add_trace(lane(bands, "activity", colours, between_s=shown_s, look=look), row=1, col=1)
        for name in dict.fromkeys(label for _, _, label in within(bands, shown_s)):
            figure.add_trace(_key(name, colours[name]), row=1, col=1)
        figure.update_yaxes(visible=False, row=1, col=1)
    return figure, len(heights) - 1


def _legend_rows(names: Sequence[str], look: Look) -> int:
    """How many lines the legend takes: each entry gets the longest one's width. Of one activity the title can tell."""
    if len(names) < 2:
        return 0
    entry = _MARK_PX + _LETTER_PX * max(map(len, names))
    return -(-len(names) // max(1, int(_WIDTH[look.narrow] // entry)))


def _key(name: str, colour: str) -> go.Scatter:
    """An entry of the legend: short stretches have no room for their names."""
    marker = {"symbol": "square", "size": 12, "color": colour}
    said = {"name": plain(name), "hoverinfo": "skip", "showlegend": False}
    return go.Scatter(x=[None], y=["activity"], mode="markers", marker=marker, **said)


def _cells(
    hertz: ArrayLike, seconds: ArrayLike, density: ArrayLike, between_s: tuple[float, float] | None
) -> tuple[Floats, Floats, Floats]:
    """What is shown, without the bin at 0 Hz."""
    bins, moments, power = (np.asarray(one, dtype=np.float64) for one in (hertz, seconds, density))
    low, high = between_s or (-np.inf, np.inf)
    if power.shape != (len(bins), len(moments)) or len(bins) < 2:
        told = f"a density of shape {power.shape} for {len(bins)} bins and {len(moments)} moments"
        raise InputError(told, where="spectrogram", mend="Give (bin, moment), as signal.spectra.spectrogram does")
    inside = (moments >= low) & (moments <= high)
    if not inside.any():
        raise InputError("there is no moment to show", where="spectrogram", mend="Show a longer stretch")
    return bins[1:], moments[inside], power[1:, inside]


def _most(bins: Floats, power: Floats) -> str:
    """Below which frequency most of the power lies."""
    if not power.sum() > 0:
        return "it never moves"
    edge = float(bins[np.searchsorted(np.cumsum(power), _BELOW * power.sum())] + bins[0] / 2)
    return f"{_BELOW:.0%} of the power lies below {edge:.3g} Hz"


def _pooled(moments: Floats, power: Floats) -> tuple[Floats, Floats]:
    """Mean powers of neighbouring moments, at most as many as are told apart; a pause is columns of nothing."""
    starts = np.arange(0, len(moments), -(-len(moments) // _CELLS[0]))
    counts = np.diff([*starts, len(moments)])
    middles, values = np.add.reduceat(moments, starts) / counts, np.add.reduceat(power, starts, axis=1) / counts
    steps = np.diff(middles)
    usual = float(np.median(steps)) if len(steps) else 0.0
    pauses = 1 + np.flatnonzero(steps > 1.6 * usual)
    edges = np.stack([middles[pauses - 1] + usual, middles[pauses] - usual], axis=1).ravel()
    where = np.repeat(pauses, 2)
    return np.insert(middles, where, edges), np.insert(values, where, np.nan, axis=1)


def _heat(bins: Floats, cells: tuple[Floats, Floats], domain: Sequence[float], look: Look) -> go.Heatmap:
    moments, power = cells
    height = -(-len(bins) // _CELLS[1])
    rows = np.arange(0, len(bins), height)
    counts = np.diff([*rows, len(bins)])
    loud = np.add.reduceat(power, rows, axis=0) / counts[:, None]
    shown = in_db(loud, floor_of([np.nan_to_num(loud)]))
    high = float(np.nanquantile(shown, 0.998))
    low = min(high - _LEAST_DB, max(high - DEEP_DB, float(np.nanquantile(shown, 0.05))))
    return go.Heatmap(
        x=moments, y=np.add.reduceat(bins, rows) / counts, z=np.round(shown, 1), zmin=low, zmax=high,
        colorscale=ramp(look), hovertemplate="%{y:.2f} Hz at %{x:.1f} s: %{z:.0f} dB<extra></extra>",
        colorbar={"thickness": 9, "len": domain[1] - domain[0], "y": (domain[0] + domain[1]) / 2, "outlinewidth": 0,
                  "tickfont": {"size": 11}, "nticks": 6, "xpad": 6, "title": {"text": "dB", "font": {"size": 11}}},
    )  # fmt: skip
