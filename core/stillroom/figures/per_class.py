"""Which activities suffer: F1 of each activity by model, the one that lost most on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, origin_of, plain


def classes(
    report: dict[str, Any], roles: Sequence[str] = ("teacher", "student", "alone"), *, look: Look = LIGHT
) -> go.Figure:
    """A row for each activity, a mark for each model; the line spans the first two.

    Args:
        report: as in `report.json`.
        roles: whose; rows are ordered by the first's lead over the second.
        look: ground and width.
    """
    scores = {role: report[role]["per_class"] for role in roles}
    first, second = roles[0], roles[1]
    told = [name for name in report["classes"] if scores[first][name] is not None and scores[second][name] is not None]
    told.sort(key=lambda name: scores[first][name] - scores[second][name])
    counts = report["windows"]["per_class"]
    rows = {name: f"{plain(name)} ({counts.get(name, 0)})" for name in told}
    figure = go.Figure()
    for name in told:
        figure.add_shape(
            type="line", x0=scores[second][name], x1=scores[first][name], y0=rows[name], y1=rows[name],
            line={"color": ink_of(look).line, "width": 2}, layer="below",
        )  # fmt: skip
    for role in reversed(roles):
        face = face_of(role)
        colour = face.colour(look.dark)
        figure.add_trace(
            go.Scatter(
                x=[scores[role][name] for name in told],
                y=[rows[name] for name in told],
                mode="markers",
                name=face.title,
                marker={"color": colour, "size": 11, "symbol": face.symbol, "line": {"width": 2, "color": colour}},
                hovertemplate="%{y}: %{x:.3f}<extra>" + face.title + "</extra>",
            )
        )
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=list(rows.values()))
    figure.update_xaxes(title_text="F1, mean over people", range=[-0.02, 1.03], zeroline=False)
    figure.update_layout(legend={"traceorder": "reversed"})
    most = told[-1] if told else ""
    return finish(
        figure,
        title="Which activities need the sensors that are gone",
        note=f"Ordered by how far the {face_of(first).title} leads; in brackets the windows of each in the whole set.",
        origin=origin_of(report),
        look=look,
        height=32 * len(told) + 96,
        alt=f"The {face_of(first).title} leads the {face_of(second).title} most on {most}." if most else "",
    )
