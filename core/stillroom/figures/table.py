"""The numbers behind a figure as a table: one row for each mark, whatever kind of figure it is.

Rows and columns that have names on an axis are told by them, and a mark by what hovering over it says.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

_TAG = re.compile(r"<[^>]+>")
_EXTRA = re.compile(r"<extra>(.*?)</extra>", re.DOTALL)
Told = Callable[[Any], Any]


def table_of(figure: go.Figure) -> pd.DataFrame:
    """The marks of a figure.

    Args:
        figure: of lines, points, bars or cells.

    Returns:
        Columns `series`, `x`, `y`, and where the figure has them `value` (of a cell), `mark` (what hovering names),
        and how far the interval reaches, `below` and `above`. Gaps in lines give no row.
    """
    cells = any(getattr(trace, "z", None) is not None for trace in figure.data)
    marks = [trace for trace in figure.data if not (cells and getattr(trace, "mode", None) == "text")]  # said on cells
    rows = [row for trace in marks for row in _rows(trace, _axis(figure, trace, "x"), _axis(figure, trace, "y"))]
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["series", "x", "y"]
    return pd.DataFrame(rows, columns=columns).dropna(axis="columns", how="all").reset_index(drop=True)


def _axis(figure: go.Figure, trace: Any, letter: str) -> Told:
    """How a place on a trace's axis is told: by the nearest name there, or as the number that it is."""
    number = (getattr(trace, f"{letter}axis", None) or letter).removeprefix(letter)
    axis = figure.layout[f"{letter}axis{number}"]
    if axis.tickvals is None or axis.ticktext is None:
        return _cell
    named = {place: _words(text) for place, text in zip(axis.tickvals, axis.ticktext, strict=False)}

    def told(value: Any) -> Any:
        if value in named:
            return named[value]
        places = [place for place in named if isinstance(place, int | float) and isinstance(value, int | float)]
        nearest = min(places, key=lambda place: abs(place - value), default=None)
        return named[nearest] if nearest is not None and abs(nearest - value) <= 0.5 else _cell(value)

    return told


def _rows(trace: Any, along: Told, up: Told) -> Iterator[dict[str, Any]]:
    hover = _EXTRA.search(getattr(trace, "hovertemplate", None) or "")
    series = _words(trace.name or (hover.group(1) if hover and "%{" not in hover.group(1) else ""))
    if getattr(trace, "z", None) is not None:
        yield from ({"series": series, **cell} for cell in _cells(trace, along, up))
        return
    xs: Any = getattr(trace, "x", None)
    ys: Any = getattr(trace, "y", None)
    if xs is None and ys is None:
        return
    xs, ys = (range(len(ys)) if xs is None else xs), (range(len(xs)) if ys is None else ys)
    below, above = _reach(trace)
    marks = _marks(trace)
    for place, (x, y) in enumerate(zip(xs, ys, strict=False)):
        if _missing(x) or _missing(y):
            continue
        row = {"series": series, "x": along(x), "y": up(y)}
        if place < len(above):
            row |= {"below": below[place] if place < len(below) else above[place], "above": above[place]}
        yield row | ({"mark": marks[place]} if place < len(marks) and marks[place] else {})


def _cells(trace: Any, along: Told, up: Told) -> Iterator[dict[str, Any]]:
    for row, line in enumerate(trace.z):
        for column, value in enumerate(line):
            if not _missing(value):
                x = trace.x[column] if trace.x is not None else column
                y = trace.y[row] if trace.y is not None else row
                yield {"x": along(x), "y": up(y), "value": value}


def _reach(trace: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    for name in ("error_x", "error_y"):
        error = getattr(trace, name, None)
        if error is not None and error.array is not None and error.visible is not False:
            return (error.arrayminus if error.arrayminus is not None else ()), error.array
    return (), ()


def _marks(trace: Any) -> list[str]:
    told = getattr(trace, "customdata", None)
    return [_words(one) if isinstance(one, str) else "" for one in told] if told is not None else []


def _missing(value: Any) -> bool:
    return value is None or value != value


def _cell(value: Any) -> Any:
    return _words(value) if isinstance(value, str) else value.item() if isinstance(value, np.generic) else value


def _words(text: object) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", str(text))).split())
