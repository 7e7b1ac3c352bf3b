"""Learning curves: the score on validation people epoch by epoch, and each loss on the training people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain
from stillroom.figures.thinning import thin

_STEPS = (1, 2, 5, 10, 20, 50, 100)  # an epoch is a whole number
_DASHES = ("solid", "dot", "dash", "dashdot", "longdash")


def curves(
    histories: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    origin: str,
    title: str = "How the models learned",
    look: Look = LIGHT,
) -> go.Figure:
    """Validation macro-F1 above, loss terms below.

    Args:
        histories: of each role, entries `{epoch, losses: {term: value}, validation_macro_f1}` as in `history.json`.
        origin: where they come from.
        title: of the figure.
        look: ground and width.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.55, 0.45],
    )  # fmt: skip
    for role, history in histories.items():
        figure.add_trace(_score(role, history, look), row=1, col=1)
        figure.add_trace(_best(role, history, look), row=1, col=1)
        for place, term in enumerate(history[0]["losses"] if history else ()):
            figure.add_trace(_loss(role, term, place, history, look), row=2, col=1)
    figure.update_yaxes(title_text="macro-F1,<br>validation people", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="loss,<br>training people", rangemode="tozero", row=2, col=1)
    figure.update_xaxes(title_text="epoch", row=2, col=1)
    longest = max((len(history) for history in histories.values()), default=0)
    step = next((step for step in _STEPS if longest <= 12 * step), _STEPS[-1])
    figure.update_xaxes(tick0=0, dtick=step)
    figure.update_layout(hovermode="x unified")
    return finish(
        figure,
        title=title,
        note="The ringed epoch is kept. Losses before their weights: only their course compares between models.",
        origin=origin,
        look=look,
        height=460 if look.narrow else 420,
        alt="; ".join(f"{face_of(role).title}: best {_peak(history)[1]:.2f} at epoch {_peak(history)[0]}"
                      for role, history in histories.items() if history),
    )  # fmt: skip


def _score(role: str, history: Sequence[Mapping[str, Any]], look: Look) -> go.Scatter:
    face = face_of(role)
    x, y = thin([entry["epoch"] for entry in history], [entry["validation_macro_f1"] for entry in history])
    return go.Scatter(
        x=x, y=y, name=face.title, legendgroup=role, mode="lines",
        line={"color": face.colour(look.dark), "width": 2.2, "dash": face.dash}, hovertemplate="%{y:.3f}",
    )  # fmt: skip


def _best(role: str, history: Sequence[Mapping[str, Any]], look: Look) -> go.Scatter:
    epoch, score = _peak(history)
    face = face_of(role)
    return go.Scatter(
        x=[epoch], y=[score], mode="markers", legendgroup=role, showlegend=False, hoverinfo="skip",
        marker={"size": 12, "color": ink_of(look).paper, "line": {"color": face.colour(look.dark), "width": 2.5}},
    )  # fmt: skip


def _loss(role: str, term: str, place: int, history: Sequence[Mapping[str, Any]], look: Look) -> go.Scatter:
    face, name = face_of(role), plain(term.replace("_", " "))
    x, y = thin([entry["epoch"] for entry in history], [entry["losses"][term] for entry in history])
    return go.Scatter(
        x=x, y=y, name=f"{face.title}: {name}", legendgroup=role, showlegend=False, mode="lines",
        line={"color": face.colour(look.dark), "width": 1.8, "dash": _DASHES[place % len(_DASHES)]},
        hovertemplate="%{y:.3f}",
    )  # fmt: skip


def _peak(history: Sequence[Mapping[str, Any]]) -> tuple[int, float]:
    if not history:
        return 0, 0.0
    best = max(history, key=lambda entry: float(entry["validation_macro_f1"]))
    return int(best["epoch"]), float(best["validation_macro_f1"])
