"""One set of sensors: its estimated score beside that of all sensors, and what was measured once it was trained.

Estimates are hollow, measured scores are filled in their model's colour, so that the two are told apart without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.intervals import Estimate, Mark, label_rows, mark_of, marks, told, upper
from stillroom.figures.theme import LIGHT, Look, finish, ink_of

_ROW, _EDGE = 40, 44


class Score(NamedTuple):
    """A row: what it is, its score, and how it was come by."""

    name: str
    score: Estimate
    by: Literal["estimated", "alone", "student"]


def beside(
    rows: Sequence[Score], *, origin: str, units: str = "people", title: str = "", look: Look = LIGHT
) -> go.Figure:
    """A row for each score, with its interval.

    Args:
        rows: from above.
        origin: where the numbers come from.
        units: what intervals are over.
        title: what the last row says, by default.
        look: ground and width.

    Raises:
        InputError: no row.
    """
    if not rows:
        raise InputError("no score to show", where="rows")
    figure = go.Figure()
    for by in dict.fromkeys(row.by for row in rows):
        own = {float(place): row.score for place, row in enumerate(rows) if row.by == by}
        mark = Mark("estimated", ink_of(look).muted, "diamond-open") if by == "estimated" else mark_of(by, look)
        figure.add_trace(marks(own, mark, form=".3f", names=[row.name for row in rows if row.by == by]))
        figure.data[-1].showlegend = False  # each row says what it is
    label_rows(figure, [row.name for row in rows], look)
    figure.update_xaxes(title_text="macro-F1", zeroline=False)
    said = "; ".join(f"{row.name}: {told(row.score, '.3f')}" for row in rows)
    height = _ROW * len(rows) + _EDGE
    note = f"Intervals over {units}."
    return finish(
        figure,
        title=title or upper(said.rpartition("; ")[2]),
        note=note,
        origin=origin,
        look=look,
        height=height,
        alt=upper(said),
    )
