"""Trainings one after the other on one axis: how each scored on validation people, and what its losses were made of.

Where one training ends and the next begins stands in the figure, so that losses of different trainings are never taken
for one curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stillroom.figures.palette import Face, face_of, faded
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

_SHADES = (0.62, 0.36, 0.2, 0.12)
_WIDE_PX, _NARROW_PX, _LETTER_PX = 850, 270, 6.5


@dataclass(frozen=True)
class Course:
    """One training so far.

    Attributes:
        role: what is trained, as `teacher` or `student-stage_0`.
        title: its name for people.
        epochs: their numbers; of a long training some are left out.
        scores: macro-F1 on validation people after each.
        losses: what each term added to the loss in each, by name.
        planned: how many epochs it has at most.
    """

    role: str
    title: str
    epochs: tuple[int, ...]
    scores: tuple[float, ...]
    losses: dict[str, tuple[float, ...]]
    planned: int


def schedule(
    courses: Sequence[Course], *, origin: str, title: str = "How the training goes", look: Look = LIGHT
) -> go.Figure:
    """Validation macro-F1 above, losses below, in the order of training.

    Args:
        courses: at least one.
        origin: where they come from.
        title: of the figure.
        look: ground and width.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.05, row_heights=[0.55, 0.45])
    begin, named = 0, set[str]()
    whole = sum(_length(course) for course in courses)
    for place, course in enumerate(courses):
        face = _face(course.role)
        figure.add_trace(_score(course, begin, face, face.title not in named, look), row=1, col=1)
        named.add(face.title)
        for number, term in enumerate(course.losses):
            figure.add_trace(_loss(course, term, begin, number, face, place, look), row=2, col=1)
        _boundary(figure, course, begin, whole, look)
        begin += _length(course)
    figure.update_xaxes(range=[0, begin + 0.5], showgrid=False, zeroline=False)
    figure.update_xaxes(title_text="epochs, one training after the other", row=2, col=1)
    figure.update_yaxes(title_text="macro-F1,<br>validation people", range=[0, 1], row=1, col=1)
    figure.update_yaxes(title_text="weight × loss,<br>training people", rangemode="tozero", row=2, col=1)
    figure.update_layout(hovermode="closest")
    finish(
        figure,
        title=title,
        note=_note(courses[-1]),
        origin=origin,
        look=look,
        height=430 if look.narrow else 400,
        alt="; ".join(_told(one) for one in courses if one.scores) or "No epoch has ended yet",
    )
    return figure


def _face(role: str) -> Face:
    base = role.partition("-")[0]
    return face_of("student" if base.startswith("pruned_") else "teacher" if base == "semantic" else base)


def _score(course: Course, begin: int, face: Face, first: bool, look: Look) -> go.Scatter:
    return go.Scatter(
        x=[begin + epoch for epoch in course.epochs], y=_rounded(course.scores), customdata=list(course.epochs),
        name=face.title, legendgroup=face.title, showlegend=first,
        mode="lines" if len(course.epochs) > 1 else "markers",
        line={"color": face.colour(look.dark), "width": 2.2, "dash": face.dash},
        hovertemplate=f"{plain(course.title)}, epoch %{{customdata}}: %{{y:.3f}}<extra></extra>",
    )  # fmt: skip


def _loss(course: Course, term: str, begin: int, number: int, face: Face, place: int, look: Look) -> go.Scatter:
    colour = face.colour(look.dark)
    return go.Scatter(
        x=[begin + epoch for epoch in course.epochs], y=_rounded(course.losses[term]), customdata=list(course.epochs),
        name=plain(term), showlegend=False, stackgroup=str(place),
        mode="lines" if len(course.epochs) > 1 else "markers",
        line={"color": colour, "width": 0.8}, fillcolor=faded(colour, _SHADES[number % len(_SHADES)]),
        hovertemplate=f"{plain(course.title)}, {plain(term)}, epoch %{{customdata}}: %{{y:.3f}}<extra></extra>",
    )  # fmt: skip


def _length(course: Course) -> int:
    return max(course.planned, course.epochs[-1] if course.epochs else 1)


def _boundary(figure: go.Figure, course: Course, begin: int, whole: int, look: Look) -> None:
    """Where a training begins, and its name; upright where it is too long for its training."""
    ink, length = ink_of(look), _length(course)
    if begin:
        figure.add_vline(x=begin + 0.5, line={"color": ink.line, "width": 1, "dash": "dot"})
    room = (_NARROW_PX if look.narrow else _WIDE_PX) * length / whole
    upright = len(course.title) * _LETTER_PX > room
    figure.add_annotation(
        x=begin + length / 2 + 0.5, y=1.0, xref="x", yref="y domain", yanchor="top", text=plain(course.title),
        showarrow=False, textangle=-90 if upright else 0, font={"size": 11, "color": ink.muted},
    )  # fmt: skip


def _note(last: Course) -> str:
    terms = [term.replace("_", " ") for term in last.losses]
    below = f" Of the last one, from below: {', '.join(terms)}." if len(terms) > 1 else ""
    return f"Below, what each term adds to the loss.{below}"


def _told(course: Course) -> str:
    best = max(course.scores)
    at = course.epochs[course.scores.index(best)]
    return f"{course.title}: best macro-F1 {best:.2f} at epoch {at} of at most {course.planned}"


def _rounded(values: Sequence[float]) -> list[Any]:
    return [float(f"{value:.4g}") for value in values]
