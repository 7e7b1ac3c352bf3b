"""Soft targets: what a teacher says of one window, sharper or softer by the temperature.

`p_k = exp(z_k / T) / sum_j exp(z_j / T)` (Hinton 2015, arXiv 1503.02531). Log probabilities serve as logits `z`: they
differ from them by a constant, which the division takes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain


def softened(logits: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Probabilities `(..., class)` of logits at a temperature above 0."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def soft_targets(
    logits: ArrayLike,
    classes: Sequence[str],
    *,
    temperature: float,
    origin: str,
    truth: str = "",
    role: str = "teacher",
    look: Look = LIGHT,
) -> go.Figure:
    """A teacher's answer about one window at a temperature.

    Args:
        logits: `(class,)`; log probabilities will do.
        classes: their names.
        temperature: above 0; 1 leaves the answer as it is.
        origin: which model, which window.
        truth: what was done; marked.
        role: who answers.
        look: ground and width.
    """
    chances = softened(logits, temperature)
    ordered = np.sort(chances)[::-1]
    second = f"; the second answer has {ordered[1]:.1%}" if len(ordered) > 1 else ""
    note = f"Entropy {entropy_bits(chances):.2f} of at most {np.log2(len(chances)):.2f} bits{second}."
    return answers(
        {role: chances},
        classes,
        origin=origin,
        truth=truth,
        title=f"The {face_of(role).title}'s answer at temperature {temperature:g}",
        note=note,
        look=look,
    )


def answers(
    chances: Mapping[str, ArrayLike],
    classes: Sequence[str],
    *,
    origin: str,
    truth: str = "",
    title: str = "What the models say of this window",
    note: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """Probabilities of one window by model, as bars.

    Args:
        chances: `(class,)` probabilities by role.
        classes: their names.
        origin: which models, which window.
        truth: what was done; marked.
        title: of the figure.
        note: how to read it.
        look: ground and width.
    """
    names = [f"<b>{plain(name)} ◂ done</b>" if name == truth else plain(name) for name in classes]
    figure = go.Figure()
    for role, shares in chances.items():
        face, values = face_of(role), np.asarray(shares, dtype=np.float64).tolist()
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=names,
                x=values,
                name=face.title,
                marker={"color": face.colour(look.dark)},
                text=[f"{value:.1%}" if value >= 0.0005 else "" for value in values],
                textposition="outside",
                textfont={"color": ink_of(look).text, "size": 11},
                cliponaxis=False,
                hovertemplate="%{y}: %{x:.2%}<extra>" + face.title + "</extra>",
                showlegend=len(chances) > 1,
            )
        )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(range=[0, 1.1], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1], title_text="probability")
    height = (18 + 12 * len(chances)) * len(names) + 70 + (26 if len(chances) > 1 else 0)
    return finish(figure, title=title, note=note, origin=origin, look=look, height=height)


def entropy_bits(chances: NDArray[np.float64]) -> float:
    """Entropy of probabilities `(class,)`, from 0 to `log2(class)`."""
    held = chances[chances > 0]
    return float(-(held * np.log2(held)).sum()) + 0.0
