"""What the figures of costs share: how amounts are written, where numbers come from, and how rows are labelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from stillroom.figures.amounts import HERE, MODELS, amount, count, measured, runtime_of, size, times
from stillroom.figures.theme import BETWEEN, Look, ink_of, plain

__all__ = [
    "HEADING", "HERE", "MODELS", "amount", "broken", "count", "label_rows", "measured", "origin", "runtime_of", "size",
    "small", "times", "upright",
]  # fmt: skip
HEADING = 0.86  # of a row's height


def origin(told: Mapping[str, Any], said: str, *more: str) -> str:
    """Where numbers come from: what was done on which computer, with what, and of which run's models.

    What was measured elsewhere, as a demo's numbers, says so: `computer` stands in what is told then.
    """
    said = said.replace("here", f"on {told['computer']}") if told.get("computer") else said
    host, run = told["host"], str(told["run"]).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    versions = [f"{name} {host['versions'][name]}" for name in ("torch", "onnxruntime") if host["versions"].get(name)]
    machine = f"{host['cpu']}, {host['cores']} core{'s' * (host['cores'] != 1)}"
    return BETWEEN.join([f"{said}: {machine}", *versions, f"run {run}, fold {told['fold']}", *more])


def small(text: str, look: Look) -> str:
    """The quieter second line of a label."""
    return f"<span style='font-size:11px;color:{ink_of(look).muted}'>{plain(text)}</span>"


def broken(pairs: Iterable[tuple[float, float]]) -> list[float | None]:
    """Pairs as one line that is broken between them."""
    return [value for pair in pairs for value in (*pair, None)]


def upright(x: float, between: tuple[float, float], look: Look, *, dash: str) -> go.Scatter:
    """A line from top to bottom, to compare with."""
    line = {"color": ink_of(look).muted, "width": 1.5, "dash": dash}
    return go.Scatter(x=[x, x], y=list(between), mode="lines", line=line, hoverinfo="skip", showlegend=False)


def label_rows(figure: go.Figure, labels: Sequence[tuple[float, str]], *, top: float) -> None:
    """Names rows beside the axis, the first on top.

    Args:
        figure: changed in place.
        labels: of each row its height and its text, which is markup.
        top: how much room to leave above the row at 0.
    """
    places = [place for place, _ in labels]
    span = [max(places, default=0.0) + 0.6, -top]
    texts = [text for _, text in labels]
    figure.update_yaxes(tickvals=places, ticktext=texts, range=span, showgrid=False, zeroline=False)
