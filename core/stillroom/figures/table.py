"""The numbers behind a figure as a table: one row for each mark, whatever kind of figure it is."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

_TAG = re.compile(r"<[^>]+>")


def table_of(figure: go.Figure) -> pd.DataFrame:
    """The marks of a figure.

    Args:
        figure: of lines, points, bars or cells.

    Returns:
        Columns `series`, `x`, `y`, and where the figure has them `value` (of a cell), `text`, and the reach of the
        intervals, `below` and `above`. A trace that only breaks the ground, without numbers, gives no row.
    """
    rows = [row for trace in figure.data for row in _rows(trace)]
    table = pd.DataFrame(
        rows, columns=list(dict.fromkeys(name for row in rows for name in row)) or ["series", "x", "y"]
    )
    return table.dropna(axis="columns", how="all").reset_index(drop=True)


def _rows(trace: Any) -> Iterator[dict[str, Any]]:
    name = _words(trace.name or "")
    if getattr(trace, "z", None) is not None:
        yield from _cells(trace, name)
        return
    across, up = _values(trace, "x"), _values(trace, "y")
    if across is None and up is None:
        return
    count = len(across if across is not None else up)
    across = range(count) if across is None else across
    up = range(count) if up is None else up
    below, above = _reach(trace)
    text = trace.text if isinstance(getattr(trace, "text", None), (tuple, list, np.ndarray)) else ()
    for place, (x, y) in enumerate(zip(across, up, strict=False)):
        if x is None or y is None or x != x or y != y:  # a gap in a line
            continue
        row = {"series": name, "x": _cell(x), "y": _cell(y)}
        if place < len(above):
            row |= {"below": below[place] if place < len(below) else above[place], "above": above[place]}
        yield row | ({"text": _words(text[place])} if place < len(text) and text[place] else {})


def _cells(trace: Any, name: str) -> Iterator[dict[str, Any]]:
    for place, line in enumerate(trace.z):
        for at, value in enumerate(line):
            if value is not None and value == value:
                x = trace.x[at] if trace.x is not None else at
                y = trace.y[place] if trace.y is not None else place
                yield {"series": name, "x": _cell(x), "y": _cell(y), "value": value}


def _values(trace: Any, name: str) -> Any:
    return getattr(trace, name, None)


def _reach(trace: Any) -> tuple[Any, Any]:
    for name in ("error_x", "error_y"):
        if (error := getattr(trace, name, None)) is not None and error.array is not None:
            return (error.arrayminus if error.arrayminus is not None else ()), error.array
    return (), ()


def _cell(value: Any) -> Any:
    return _words(value) if isinstance(value, str) else value.item() if isinstance(value, np.generic) else value


def _words(text: object) -> str:
    return html.unescape(_TAG.sub(" ", str(text))).strip()
