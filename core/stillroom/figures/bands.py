"""Stretches of time that carry a label: as coloured bars in lanes, and as faint bands behind signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from stillroom.figures.palette import faded
from stillroom.figures.theme import Look, ink_of, plain

Band = tuple[float, float, str]

_PIXELS = {False: 660, True: 260}  # of a usual plot, without what stands beside it
_PIXELS_A_LETTER = 6.2
_TOLD = "%{customdata[0]}, %{customdata[1]:.1f} to %{customdata[2]:.1f} s"


def bands_of_windows(
    starts_s: ArrayLike, window_s: float, labels: Sequence[str], truth: Sequence[str] = ()
) -> tuple[list[Band], list[bool]]:
    """What was said window by window as stretches; neighbours of one label, and equally right, become one.

    Each window speaks for the time around its middle, half-way to the next window's; where two windows lie more than
    a window apart the time between them stays empty.

    Args:
        starts_s: `(window,)` seconds, rising.
        window_s: length of a window.
        labels: `(window,)`.
        truth: `(window,)` what was to be said; nothing is wrong without it.

    Returns:
        The stretches, and of each whether it is wrong.
    """
    middle = np.asarray(starts_s, dtype=np.float64) + window_s / 2
    half = np.minimum(np.diff(middle) / 2, window_s / 2)
    edge = float(np.median(half)) if len(half) else window_s / 2
    low, high = middle - np.append(edge, half), middle + np.append(half, edge)
    found: list[Band] = []
    wrong: list[bool] = []
    for first, last, label, true in zip(low.tolist(), high.tolist(), labels, truth or labels, strict=True):
        if found and found[-1][2] == label and wrong[-1] == (label != true) and first - found[-1][1] < 1e-6:
            found[-1] = (found[-1][0], last, label)
        else:
            found.append((first, last, label))
            wrong.append(label != true)
    return found, wrong


def within(bands: Sequence[Band], between_s: tuple[float, float]) -> list[Band]:
    """The parts of bands that lie inside a stretch of time."""
    low, high = between_s
    return [(max(a, low), min(b, high), label) for a, b, label in bands if a < high and b > low]


def lane(
    bands: Sequence[Band],
    row: str,
    colours: Mapping[str, str],
    *,
    between_s: tuple[float, float],
    look: Look,
    wrong: Sequence[bool] | None = None,
    pixels: int = 0,
) -> go.Bar:
    """One row of labelled bars; a label is written where it has room, and told on hovering everywhere.

    Args:
        bands: the stretches.
        row: the row's name.
        colours: of each label.
        between_s: what is shown, which decides how much room there is.
        look: ground and width.
        wrong: of each stretch, whether it is hatched as an error.
        pixels: how wide it will be; 0 for the look's usual width.
    """
    ink, shown = ink_of(look), within(bands, between_s)
    a_second = (pixels or _PIXELS[look.narrow]) / max(between_s[1] - between_s[0], 1e-9)
    written = [_fitted(label, (b - a) * a_second) for a, b, label in shown]
    hatch: dict[str, Any] = {}
    if wrong is not None:
        inside = [flag for band, flag in zip(bands, wrong, strict=True) if within([band], between_s)]
        hatch = {"pattern": {"shape": ["/" if flag else "" for flag in inside], "fgcolor": ink.text, "size": 6,
                             "solidity": 0.22, "fgopacity": 0.5, "fillmode": "overlay"}}  # fmt: skip
    return go.Bar(
        orientation="h",
        y=[row] * len(shown),
        base=[a for a, _, _ in shown],
        x=[b - a for a, b, _ in shown],
        marker={"color": [colours.get(label, ink.faint) for _, _, label in shown],
                "line": {"color": ink.paper, "width": 1.5}, **hatch},
        text=written,
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        textfont={"color": ink.text, "size": 11},
        customdata=[(plain(label), a, b) for a, b, label in shown],
        hovertemplate=f"{_TOLD}<extra>{plain(row)}</extra>",
        showlegend=False,
        width=0.86,
    )  # fmt: skip


def _fitted(label: str, pixels: float) -> str:
    """A label on one line, on two, or not at all, by the room there is."""
    for lines in ([label], label.split(maxsplit=1)):
        if max(map(len, lines)) * _PIXELS_A_LETTER < pixels:
            return "<br>".join(map(plain, lines))
    return ""


def shade(figure: go.Figure, bands: Sequence[Band], colours: Mapping[str, str], between_s: tuple[float, float]) -> None:
    """Lays bands faintly behind the whole plot, from its top to its bottom."""
    shapes = [
        {
            "type": "rect", "xref": "x", "yref": "paper", "x0": a, "x1": b, "y0": 0, "y1": 1, "layer": "below",
            "line": {"width": 0}, "fillcolor": faded(colours[label], 0.32),
        }
        for a, b, label in within(bands, between_s)
        if label in colours
    ]  # fmt: skip
    figure.update_layout(shapes=[*figure.layout.shapes, *shapes])
