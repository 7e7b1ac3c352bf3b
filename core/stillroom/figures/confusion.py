"""What is taken for what: of each activity's windows, the share that a model gave to each activity."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, origin_of, plain


def matrix(report: dict[str, Any], role: str = "student", *, look: Look = LIGHT) -> go.Figure:
    """A confusion matrix; rows are what was done and sum to one.

    Args:
        report: as in `report.json`.
        role: whose.
        look: ground and width.
    """
    counts = np.asarray(report[role]["confusion"], dtype=np.float64)
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.where(totals > 0, totals, 1)
    names = [plain(name) for name in report["classes"]]
    face, ink = face_of(role), ink_of(look)
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=names,
            y=names,
            zmin=0,
            zmax=1,
            colorscale=[[0, ink.paper], [1, face.colour(look.dark)]],
            showscale=False,
            xgap=2,
            ygap=2,
            customdata=counts,
            hovertemplate="done: %{y}<br>said: %{x}<br>%{customdata:.0f} windows, %{z:.0%}<extra></extra>",
            **_written(shares, look),
        )
    )
    figure.update_yaxes(autorange="reversed", type="category", title_text="what was done", showgrid=False)
    figure.update_xaxes(type="category", title_text="what it said", showgrid=False, tickangle=-45)
    cell = 26 if look.narrow else 38
    return finish(
        figure,
        title=f"What the {face.title.replace('student, distilled', 'distilled student')} takes for what",
        note="Per cent of each row's windows.",
        origin=origin_of(report),
        look=look,
        height=cell * len(names) + 130,
        alt=f"Confusion of the {face.title}. {_worst(counts, list(report['classes']))}",
    )


def _written(shares: np.ndarray[Any, np.dtype[np.float64]], look: Look) -> dict[str, Any]:
    """Numbers in the cells while they have room; a share below half a per cent stays blank."""
    if len(shares) > (12 if look.narrow else 24):
        return {}
    text = [[f"{100 * value:.0f}" if value >= 0.005 else "" for value in row] for row in shares.tolist()]
    return {"text": text, "texttemplate": "%{text}", "textfont": {"size": 10 if look.narrow else 12}}


def _worst(counts: np.ndarray[Any, np.dtype[np.float64]], classes: list[str]) -> str:
    off = counts - np.diag(np.diag(counts))
    if not off.sum():
        return "No window was taken for anything else."
    done, said = np.unravel_index(off.argmax(), off.shape)
    return f"Most often {classes[done]} is taken for {classes[said]}: {off[done, said]:.0f} windows."
