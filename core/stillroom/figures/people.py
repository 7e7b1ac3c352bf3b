"""Who trains, who validates, who is tested, fold by fold: the picture of a split by person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

_PARTS = (("train", "trains"), ("validation", "validates"), ("test", "is tested"))


def folds(
    facts: Sequence[Mapping[str, Any]], *, origin: str, title: str = "", note: str = "", look: Look = LIGHT
) -> go.Figure:
    """A row for each fold and a column for each person, or for each stretch where these are kept apart.

    Args:
        facts: of each fold `{fold, train, validation, test}` with names of people, as in a report.
        origin: where the people come from.
        title: that nobody stands on two sides, by default.
        note: what the sides do, by default.
        look: ground and width.
    """
    ink = ink_of(look)
    people = sorted({str(name) for fold in facts for part, _ in _PARTS for name in fold[part]})
    rows = [plain(f"fold {number}") for number, _ in enumerate(facts, start=1)]
    marks = {
        "train": {"symbol": "square", "color": ink.line, "size": 20},
        "validation": {"symbol": "square-open", "color": ink.muted, "size": 20, "line": {"width": 2}},
        "test": {"symbol": "square-x", "color": ink.text, "size": 20, "line": {"color": ink.paper, "width": 1.5}},
    }
    figure = go.Figure()
    for part, said in _PARTS:
        figure.add_trace(
            go.Scatter(
                x=[plain(name) for fold in facts for name in fold[part]],
                y=[row for row, fold in zip(rows, facts, strict=True) for _ in fold[part]],
                mode="markers",
                name=said,
                marker=marks[part],
                hovertemplate="%{x} " + said + " in %{y}<extra></extra>",
            )
        )
    figure.update_xaxes(
        type="category", categoryorder="array", categoryarray=[plain(name) for name in people], showgrid=False
    )
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return finish(
        figure,
        title=title or "Nobody stands on two sides",
        note=note or "In each fold some people train, others decide when to stop, and others again are tested once.",
        origin=origin,
        look=look,
        height=40 * len(rows) + 60,
        alt="; ".join(
            f"{row}: {', '.join(map(str, fold['test']))} tested" for row, fold in zip(rows, facts, strict=True)
        ),
    )
