"""What a representation groups: windows as points in a plane, panel by panel, coloured by activity or by person.

Which plane, and on whom it was fitted, is the caller's to say; a point's place has no unit, so the axes carry none.
A group's colour is the one that it has as a band, in the shade made for the other ground: bands lie behind text, points
stand alone. Each has a symbol too, so that no colour stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.palette import activity_colours
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")
_MOST = 1500  # points of a panel
_PANEL, _ROW, _LETTER_PX, _MARK_PX = {False: 300, True: 250}, 20, 7.2, 42
_WIDTH = {False: 760, True: 340}


@dataclass(frozen=True, eq=False)
class Panel:
    """One representation's windows in a plane.

    Attributes:
        title: its name.
        points: `(window, 2)`.
        said: a short line below the title, as its head's score.
        axes: what the two directions are.
    """

    title: str
    points: ArrayLike
    said: str = ""
    axes: tuple[str, str] = ("first direction", "second direction")


def planes(
    panels: Sequence[Panel],
    groups: Sequence[str],
    names: Sequence[str],
    *,
    origin: str,
    title: str,
    told: Sequence[str] = (),
    note: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """The same windows in each representation's plane; a group is shown and hidden in all of them at once.

    Args:
        panels: one for each representation; side by side, or one below the other where it is narrow.
        groups: `(window,)` the activity or the person of each window.
        names: every group, in the order that decides colours; one without a window is left out.
        origin: which model, whose windows.
        title: of the figure.
        told: `(window,)` what is said of a window on hovering, beside its group.
        note: how to read it.
        look: ground and width.

    Raises:
        InputError: no panel, no window, points that are no pairs, or a group that `names` does not know.
    """
    placed = _placed(panels, groups, names)
    chosen = _spread(len(groups))
    rows, columns = (len(panels), 1) if look.narrow else (1, len(panels))
    figure = make_subplots(rows=rows, cols=columns, horizontal_spacing=0.05, vertical_spacing=0.22 / rows)
    shown = [name for name in names if name in set(groups)]
    for number, points in enumerate(placed):
        row, column = (number + 1, 1) if look.narrow else (1, number + 1)
        for name in shown:
            which = chosen[np.array([groups[i] == name for i in chosen])]
            trace = _cloud(points[which], name, names, [told[i] for i in which] if told else [], look)
            figure.add_trace(trace.update(showlegend=number == 0), row=row, col=column)
        _dress(figure, panels[number], row, column, look)
    legend = _legend_rows(shown, look)
    height = (_PANEL[look.narrow] + 46) * rows + _ROW * legend + 40
    alt = f"{title}: {len(groups)} windows of {len(shown)} groups in {', '.join(one.title for one in panels)}"
    finish(figure, title=title, note=note, origin=origin, look=look, height=height, alt=alt)
    below = -58 / max(1, height - _ROW * legend - 60)
    figure.update_layout(legend={"y": below, "yanchor": "top", "itemsizing": "constant", "traceorder": "normal"})
    return figure


def _placed(panels: Sequence[Panel], groups: Sequence[str], names: Sequence[str]) -> list[NDArray[np.float64]]:
    if not panels or not len(groups):
        raise InputError("there is no window to show", where="planes", mend="Give at least one panel and one window")
    if strange := sorted(set(groups) - set(names)):
        raise InputError(f"no group {strange[0]!r}", where="planes", mend=f"Groups: {', '.join(names)}")
    placed = [np.asarray(panel.points, dtype=np.float64) for panel in panels]
    for panel, points in zip(panels, placed, strict=True):
        if points.shape != (len(groups), 2) or not np.isfinite(points).all():
            raise InputError(
                f"points of shape {points.shape} for {len(groups)} windows",
                where=panel.title,
                mend="Give two finite numbers for each window",
            )
    return placed


def _spread(windows: int) -> NDArray[np.int64]:
    """Every window, or as many as can be drawn, evenly chosen."""
    return np.unique(np.linspace(0, windows - 1, min(windows, _MOST)).round().astype(np.int64))


def _cloud(points: NDArray[np.float64], name: str, names: Sequence[str], told: Sequence[str], look: Look) -> go.Scatter:
    place = list(names).index(name)
    colour = activity_colours(names, not look.dark)[name]
    said = [plain(text) for text in told] or [""] * len(points)
    return go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        name=plain(name),
        legendgroup=plain(name),
        marker={"color": colour, "symbol": _SYMBOLS[place % len(_SYMBOLS)], "size": 6.5, "opacity": 0.85,
                "line": {"color": ink_of(look).paper, "width": 0.6}},
        customdata=said,
        hovertemplate="%{customdata}<extra>" + plain(name) + "</extra>",
    )  # fmt: skip


def _dress(figure: go.Figure, panel: Panel, row: int, column: int, look: Look) -> None:
    """A panel's name above it, its axes named and without numbers."""
    ink, quiet = ink_of(look), {"showticklabels": False, "zeroline": False, "showgrid": False, "showline": True}
    figure.update_xaxes(title_text=plain(panel.axes[0]), row=row, col=column, mirror=True, **quiet)
    figure.update_yaxes(title_text=plain(panel.axes[1]), row=row, col=column, mirror=True, **quiet)
    figure.update_yaxes(title_standoff=4, row=row, col=column)
    said = f"<br><span style='font-size:11px;color:{ink.muted}'>{plain(panel.said)}</span>" if panel.said else ""
    drawn = next(figure.select_xaxes(row=row, col=column)).anchor, next(figure.select_yaxes(row=row, col=column)).anchor
    figure.add_annotation(
        text=f"<b>{plain(panel.title)}</b>{said}", x=0, y=1, xref=f"{drawn[1]} domain", yref=f"{drawn[0]} domain",
        xanchor="left", yanchor="bottom", align="left", showarrow=False, font={"size": 13, "color": ink.text},
    )  # fmt: skip


def _legend_rows(names: Sequence[str], look: Look) -> int:
    """How many lines the legend takes: Plotly gives each entry the longest one's width."""
    entry = _MARK_PX + _LETTER_PX * max(map(len, names))
    return -(-len(names) // max(1, int(_WIDTH[look.narrow] // entry)))
