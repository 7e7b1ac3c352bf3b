"""What a student's score costs: every student as a point, the front as steps, and the one that was picked ringed.

Points that another beats in both are faint, without their intervals. A student that was taught is filled, one that
learned alone is open; the front's points are numbered, so that a table beside the figure can name them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.evaluation.front import front
from stillroom.figures.intervals import Estimate, told
from stillroom.figures.palette import face_of, faded
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain
from stillroom.figures.thinning import POINTS

_FAINT = 0.5


@dataclass(frozen=True)
class Student:
    """One point.

    Attributes:
        name: for people.
        role: whose face it has: `student` where it was taught, `alone` where it was not.
        cost: what stands below.
        score: macro-F1 with its interval.
        within: whether it keeps to the budget; what does not is fainter still.
    """

    name: str
    role: str
    cost: float
    score: Estimate
    within: bool = True


def students(
    points: Sequence[Student],
    *,
    axis: str,
    origin: str,
    teacher: Estimate | None = None,
    picked: int | None = None,
    log: bool = False,
    title: str = "",
    note: str = "",
    units: str = "people",
    look: Look = LIGHT,
) -> go.Figure:
    """Macro-F1 against a cost.

    Args:
        points: at least one.
        axis: what the cost is, as `channels`.
        origin: where the numbers come from.
        teacher: its score, as a line across.
        picked: the place of the one that was picked.
        log: whether costs are drawn by their logarithm; needs costs above 0.
        title: what the front reaches, by default.
        note: how to read it, before the usual words.
        units: what intervals are over.
        look: ground and width.

    Raises:
        InputError: no point, or a cost that has no logarithm.
    """
    if not points:
        raise InputError("no student to draw", where="points")
    if log and min(point.cost for point in points) <= 0:
        raise InputError("a cost of 0 has no logarithm", where=axis, mend="Draw it without")
    allowed = [point for point in points if point.within]
    best = [allowed[place] for place in front([p.cost for p in allowed], [p.score.value for p in allowed])]
    figure = go.Figure()
    if teacher:
        _across(figure, teacher, look)
    figure.add_traces([_key(role, look) for role in ("student", "alone") if any(p.role == role for p in points)])
    rest = [point for point in points if point not in best]
    for role in ("student", "alone"):
        figure.add_trace(_beaten([point for point in rest if point.role == role][:POINTS], role, look))
    if best:
        figure.add_trace(_steps(best, look))
        figure.add_traces(
            [_shown([p for p in best if p.role == role], best, role, look) for role in ("student", "alone")]
        )
    if picked is not None:
        figure.add_trace(_ring(points[picked], look))
    _scale(figure, axis, max(point.cost for point in points), log=log)
    figure.update_yaxes(title_text="macro-F1", zeroline=False)
    said = title or _reached(best, axis)
    how = f"Steps: nothing as cheap scores better. Intervals over {units}; the best of many looks better than it is."
    height = 300 if look.narrow else 380
    return finish(
        figure, title=said, note=f"{note} {how}".strip(), origin=origin, look=look, height=height, alt=f"{said}."
    )


def _scale(figure: go.Figure, axis: str, most: float, *, log: bool) -> None:
    figure.update_xaxes(title_text=axis, showgrid=False, zeroline=False, type="log" if log else "linear")
    if log:
        figure.update_xaxes(dtick="D2", tickformat=".2s")
    elif most >= 10_000:
        figure.update_xaxes(tickformat=".2s")


def _reached(best: Sequence[Student], axis: str) -> str:
    if not best:
        return "No student keeps to the budget"
    top, least = best[-1], best[0]
    said = f"{_cost(top.cost)} {axis} reach {told(top.score)}"
    return said if top is least else f"{said}; {_cost(least.cost)} reach {told(least.score)}"


def _across(figure: go.Figure, teacher: Estimate, look: Look) -> None:
    colour = face_of("teacher").colour(look.dark)
    figure.add_hline(
        y=teacher.value, line={"color": colour, "width": 1.4, "dash": "dot"}, layer="below",
        annotation_text=f"teacher {teacher.value:.2f}", annotation_position="top right",
        annotation_font={"size": 12, "color": colour},
    )  # fmt: skip


def _key(role: str, look: Look) -> go.Scatter:
    """A role's mark for the legend alone."""
    face = face_of(role)
    colour = face.colour(look.dark)
    return go.Scatter(
        x=[None], y=[None], mode="markers", name=face.title,
        marker={"color": colour, "size": 11, "symbol": face.symbol, "line": {"width": 2, "color": colour}},
    )  # fmt: skip


def _beaten(points: Sequence[Student], role: str, look: Look) -> go.Scatter:
    face = face_of(role)
    colours = [faded(face.colour(look.dark), _FAINT if point.within else _FAINT / 2) for point in points]
    return go.Scatter(
        x=[point.cost for point in points], y=[point.score.value for point in points], mode="markers",
        name=f"{face.title}, beaten", showlegend=False, customdata=[_hover(point) for point in points],
        hovertemplate="%{customdata}<extra></extra>",
        marker={"color": colours, "size": 8, "symbol": face.symbol, "line": {"width": 1.5, "color": colours}},
    )  # fmt: skip


def _steps(best: Sequence[Student], look: Look) -> go.Scatter:
    return go.Scatter(
        x=[point.cost for point in best], y=[point.score.value for point in best], mode="lines", hoverinfo="skip",
        line={"color": ink_of(look).muted, "width": 1.8, "shape": "hv"}, showlegend=False, name="front",
    )  # fmt: skip


def _shown(points: Sequence[Student], best: Sequence[Student], role: str, look: Look) -> go.Scatter:
    face = face_of(role)
    colour = face.colour(look.dark)
    scores = [point.score for point in points]
    up, down = (
        [0.0 if edge is None else abs(edge - one.value) for one in scores for edge in (one[side],)] for side in (2, 1)
    )
    return go.Scatter(
        x=[point.cost for point in points], y=[one.value for one in scores], mode="markers+text", name=face.title,
        showlegend=False,
        marker={"color": colour, "size": 12, "symbol": face.symbol, "line": {"width": 2, "color": colour}},
        error_y={"array": up, "arrayminus": down, "color": faded(colour, 0.55), "thickness": 1.4, "width": 4},
        text=[f"<b>{best.index(point) + 1}</b>" for point in points], textposition="top right", cliponaxis=False,
        textfont={"color": ink_of(look).text, "size": 13}, customdata=[_hover(point) for point in points],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _ring(point: Student, look: Look) -> go.Scatter:
    return go.Scatter(
        x=[point.cost], y=[point.score.value], mode="markers", name="picked", hoverinfo="skip", showlegend=False,
        marker={"color": "rgba(0,0,0,0)", "size": 24, "line": {"color": ink_of(look).text, "width": 2}},
    )  # fmt: skip


def _hover(point: Student) -> str:
    return f"{plain(point.name)}<br>{_cost(point.cost)}: {told(point.score)}"


def _cost(value: Any) -> str:
    return f"{value:,.0f}" if float(value).is_integer() or value >= 100 else f"{value:.3g}"
