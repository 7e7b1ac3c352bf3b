"""Labels over time: what was done, what each model said, and how windows are cut from it.

A wrong answer is hatched: nobody has to compare two colours to see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from stillroom.figures.bands import Band, bands_of_windows, lane
from stillroom.figures.palette import activity_colours, face_of, faded
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

TRUTH = "what was done"


def lanes(
    starts_s: ArrayLike,
    window_s: float,
    truth: Sequence[str],
    said: Mapping[str, Sequence[str]],
    classes: Sequence[str],
    *,
    between_s: tuple[float, float],
    origin: str,
    bands: Sequence[Band] = (),
    title: str = "What was done, and what the models say",
    look: Look = LIGHT,
) -> go.Figure:
    """One lane for the truth and one for each model.

    Args:
        starts_s: `(window,)` seconds, rising.
        window_s: length of a window.
        truth: `(window,)` what was done.
        said: `(window,)` what each model said, by role.
        classes: every class, which decides the colours.
        between_s: what is shown.
        origin: where it comes from.
        bands: what was done to the sample; the windows' truth by default.
        title: of the figure.
        look: ground and width.
    """
    figure = go.Figure(lanes_of(starts_s, window_s, truth, said, classes, between_s=between_s, bands=bands, look=look))
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False, showline=False)
    figure.update_xaxes(range=list(between_s), title_text="seconds", showgrid=False, zeroline=False)
    note = f"A model is asked about every window of {window_s:g} s; hatched is what it got wrong."
    return finish(figure, title=title, note=note, origin=origin, look=look, height=46 * (1 + len(said)) + 52)


def lanes_of(
    starts_s: ArrayLike,
    window_s: float,
    truth: Sequence[str],
    said: Mapping[str, Sequence[str]],
    classes: Sequence[str],
    *,
    between_s: tuple[float, float],
    bands: Sequence[Band] = (),
    look: Look = LIGHT,
    pixels: int = 0,
) -> list[go.Bar]:
    """The lanes of `lanes`, for a figure that is put together from parts; `pixels` is their width there."""
    colours = activity_colours(classes, look.dark)
    done = bands or bands_of_windows(starts_s, window_s, truth)[0]
    found = [lane(done, TRUTH, colours, between_s=between_s, look=look, pixels=pixels)]
    for role, labels in said.items():
        spoken, wrong = bands_of_windows(starts_s, window_s, labels, truth)
        name = face_of(role).title
        found.append(lane(spoken, name, colours, between_s=between_s, look=look, wrong=wrong, pixels=pixels))
    return found


def windows(
    starts_s: ArrayLike,
    window_s: float,
    labels: Sequence[str],
    purity: ArrayLike,
    classes: Sequence[str],
    *,
    bands: Sequence[Band],
    between_s: tuple[float, float],
    origin: str,
    look: Look = LIGHT,
) -> go.Figure:
    """How a recording is cut: what was done, and below it every window, overlapping ones in rows of their own.

    Args:
        starts_s: `(window,)` seconds.
        window_s: length of a window.
        labels: `(window,)` the label that holds for most of each.
        purity: `(window,)` for which share it holds; the paler, the less pure.
        classes: every class, which decides the colours.
        bands: what was done.
        between_s: what is shown.
        origin: where it comes from.
        look: ground and width.
    """
    starts, shares = np.asarray(starts_s, dtype=np.float64), np.asarray(purity, dtype=np.float64)
    colours = activity_colours(classes, look.dark)
    inside = np.flatnonzero((starts + window_s > between_s[0]) & (starts < between_s[1])).tolist()
    rows = _stagger(starts[inside], window_s)
    figure = go.Figure(lane(bands, TRUTH, colours, between_s=between_s, look=look))
    figure.add_trace(
        go.Bar(
            orientation="h",
            y=[f"windows {row + 1}" for row in rows],
            base=starts[inside].tolist(),
            x=[window_s] * len(inside),
            width=0.6,
            marker={
                "color": [faded(colours[labels[i]], max(0.15, float(shares[i]))) for i in inside],
                "line": {"color": ink_of(look).text, "width": 1},
            },
            customdata=[(plain(labels[i]), 100 * float(shares[i])) for i in inside],
            hovertemplate="%{customdata[0]}, %{customdata[1]:.0f} % of it<br>from %{base:.1f} s<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False, showline=False)
    figure.update_xaxes(range=list(between_s), title_text="seconds", showgrid=False, zeroline=False)
    return finish(
        figure,
        title=f"Windows of {window_s:g} s",
        note="A window has the label that holds for most of it; the paler, the less of it. Without one none is cut.",
        origin=origin,
        look=look,
        height=40 * (2 + (max(rows) if rows else 0)) + 60,
    )  # fmt: skip


def _stagger(starts: np.ndarray[tuple[int], np.dtype[np.float64]], window_s: float) -> list[int]:
    """The first row in which a window overlaps no earlier one."""
    ends: list[float] = []
    rows = []
    for start in starts.tolist():
        row = next((number for number, end in enumerate(ends) if end <= start + 1e-9), len(ends))
        ends[row : row + 1] = [start + window_s]
        rows.append(row)
    return rows
