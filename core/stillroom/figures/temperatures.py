"""What a temperature does to the wrong answers: their shares among themselves, over a range of temperatures.

`q_k = exp(z_k / T) / sum_j exp(z_j / T)`, over all classes `j` but the true one. Two answers stand to each other as
`exp((z_i - z_j) / T)`: nearer to one as T rises, and never beyond it, so that no line ever crosses another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.palette import activity_colours, face_of
from stillroom.figures.softening import softened
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

Floats = NDArray[np.float64]

_LOW, _HIGH, _STEPS = 0.5, 10.0, 60
_PANEL, _ABOVE = 290, 14
_LISTED = 12
_NAMES = {False: 0.36, True: 0.4}  # of a panel's width, for the list beside the lines


def wrong_answers(
    logits: Mapping[str, ArrayLike],
    classes: Sequence[str],
    *,
    truth: str,
    temperature: float,
    origin: str,
    look: Look = LIGHT,
) -> go.Figure:
    """The shares of the wrong answers among themselves, a panel for each model, with their ranking beside them.

    Args:
        logits: `(class,)` of one window by role; log probabilities will do.
        classes: their names.
        truth: what was done; left out.
        temperature: marked; above 0.
        origin: which models, which window.
        look: ground and width.

    Raises:
        InputError: no model, fewer than two wrong answers, logits of another length, or a truth that is no class.
    """
    values = _checked(logits, classes, truth, temperature)
    wrong = [name for name in classes if name != truth]
    keep = [place for place, name in enumerate(classes) if name != truth]
    rows, columns = (len(values), 1) if look.narrow else (1, len(values))
    figure = make_subplots(rows=rows, cols=columns, horizontal_spacing=0.09, vertical_spacing=0.24 / rows)
    colours = activity_colours(classes, not look.dark)
    heard = []
    for number, (role, z) in enumerate(values.items()):
        row, column = (number + 1, 1) if look.narrow else (1, number + 1)
        ranking = [wrong[place] for place in np.argsort(-z[keep], kind="stable")]
        heard.append(f"{face_of(role).title}: {ranking[0]} before {ranking[1]}")
        for name, line in zip(wrong, _lines(z[keep]).T, strict=True):
            figure.add_trace(_line(name, line, colours[name], name in ranking[:3]), row=row, col=column)
        _frame(figure, row, column, role, temperature, look)
        now = dict(zip(wrong, softened(z[keep], temperature).tolist(), strict=True))
        _rank(figure, row, column, [(name, now[name], colours[name]) for name in ranking[:_LISTED]], look)
    finish(
        figure,
        title="What is said of the activities that were not done",
        note=f"Each one's share of what is left beside {truth}; listed in their order, with the shares at T ="
        f" {temperature:g}.",
        origin=origin,
        look=look,
        height=(_PANEL + 40) * rows + 40,
        alt="The order of the wrong answers is the same at every temperature. " + "; ".join(heard),
    )
    return figure.update_layout(margin={"t": figure.layout.margin.t + _ABOVE}, height=figure.layout.height + _ABOVE)


def _checked(
    logits: Mapping[str, ArrayLike], classes: Sequence[str], truth: str, temperature: float
) -> dict[str, Floats]:
    where = "the wrong answers"
    if not logits or len(classes) < 3:
        raise InputError("there are no wrong answers to compare", where=where, mend="Give a model and three classes")
    if truth not in classes:
        raise InputError(f"no activity {truth!r}", where=where, mend=f"Activities: {', '.join(classes)}")
    if not temperature > 0:
        raise InputError(f"a temperature of {temperature:g}", where=where, mend="Give one above 0")
    values = {role: np.asarray(z, dtype=np.float64) for role, z in logits.items()}
    for role, z in values.items():
        if z.shape != (len(classes),) or not np.isfinite(z).all():
            raise InputError(f"logits of shape {z.shape} for {len(classes)} classes", where=role)
    return values


def _range() -> Floats:
    return np.geomspace(_LOW, _HIGH, _STEPS)


def _lines(z: Floats) -> Floats:
    """`(temperature, class)`."""
    return np.stack([softened(z, float(t)) for t in _range()])


def _line(name: str, shares: Floats, colour: str, first: bool) -> go.Scatter:
    return go.Scatter(
        x=_range(),
        y=shares,
        mode="lines",
        line={"color": colour, "width": 3 if first else 1.5},
        hovertemplate="T = %{x:.1f}: %{y:.1%}<extra>" + plain(name) + "</extra>",
        showlegend=False,
    )


def _frame(figure: go.Figure, row: int, column: int, role: str, temperature: float, look: Look) -> None:
    ink, ticks = ink_of(look), [0.5, 1, 2, 4, 10]
    whole = float(np.log10(_HIGH / _LOW) / (1 - _NAMES[look.narrow]))
    start = float(np.log10(_LOW))
    figure.update_xaxes(
        type="log", range=[start, start + whole], tickvals=ticks, ticktext=[f"{t:g}" for t in ticks], showgrid=False,
        title_text="temperature T", title_standoff=6, row=row, col=column,
    )  # fmt: skip
    figure.update_yaxes(range=[-0.02, 1.04], tickformat=".0%", zeroline=False, row=row, col=column)
    if column == 1:
        figure.update_yaxes(title_text="share among the wrong answers", row=row, col=column)
    if _LOW <= temperature <= _HIGH:
        line = {"color": ink.muted, "width": 1.5, "dash": "dot"}
        mark = go.Scatter(x=[temperature] * 2, y=[0, 1], mode="lines", line=line, hoverinfo="skip", showlegend=False)
        figure.add_trace(mark, row=row, col=column)
    figure.add_annotation(
        text=f"<b>{face_of(role).title}</b>", x=0, y=1, xref=_domain(figure, row, column, "x"), showarrow=False,
        yref=_domain(figure, row, column, "y"), xanchor="left", yanchor="bottom", font={"color": ink.text},
    )  # fmt: skip


def _rank(figure: go.Figure, row: int, column: int, listed: Sequence[tuple[str, float, str]], look: Look) -> None:
    """The wrong answers as a list in their order, in their colours."""
    for place, (name, share, colour) in enumerate(listed):
        figure.add_annotation(
            text=f"{plain(name)} <b>{share:.0%}</b>", x=1, xanchor="right", y=0.97 - 0.94 * place / _LISTED,
            yanchor="top", xref=_domain(figure, row, column, "x"), yref=_domain(figure, row, column, "y"),
            showarrow=False, align="right", font={"size": 11, "color": colour},
        )  # fmt: skip


def _domain(figure: go.Figure, row: int, column: int, axis: str) -> str:
    """The name of one panel's own space, from 0 to 1."""
    found = figure.select_yaxes(row=row, col=column) if axis == "x" else figure.select_xaxes(row=row, col=column)
    return f"{next(found).anchor} domain"
