"""The six models beside each other, and what each person gained by distillation.

Intervals and means are those of the report, over people; the small dots are the people themselves.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from stillroom.figures.palette import FACES, face_of, faded
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, origin_of, plain

_ROW = 62


def models(report: dict[str, Any], *, title: str = "", look: Look = LIGHT) -> go.Figure:
    """Macro-F1 of every model: mean, interval, and a dot for each person.

    Args:
        report: as in `report.json`.
        title: names how many people were tested by default.
        look: ground and width.
    """
    roles = [role for role in FACES if report.get(role)]
    figure = go.Figure()
    for place, role in enumerate(roles):
        figure.add_traces(traces_of(report, role, place, look))
    names = [_row_name(role, report[role], look) for role in roles]
    figure.update_yaxes(
        tickvals=list(range(len(roles))), ticktext=names, range=[len(roles) - 0.5, -0.5], showgrid=False, zeroline=False
    )
    figure.update_xaxes(title_text="macro-F1", range=_range(report, roles), zeroline=False)
    one, level = report["n"] == 1, 100 * report.get("level", 0.95)
    units = report["units"] if not one else {"people": "person"}.get(report["units"], "stretch")
    return finish(
        figure,
        title=title or f"Six models, the same {report['n']} {units}",
        note="One only: no interval."
        if one
        else f"Large: mean and {level:g} % interval over {units}; small: each of them.",
        origin=origin_of(report),
        look=look,
        height=_ROW * len(roles) + 44,
        alt="Macro-F1: " + "; ".join(f"{face_of(role).title} {report[role]['macro_f1']:.2f}" for role in roles),
    )


def traces_of(report: dict[str, Any], role: str, place: float, look: Look) -> list[go.Scatter]:
    """One model's row of `models`, for a figure that is put together from parts."""
    model, face = report[role], face_of(role)
    colour = face.colour(look.dark)
    people = go.Scatter(
        x=list(model["per_person"].values()),
        y=[place + 0.2] * len(model["per_person"]),
        mode="markers",
        marker={"color": faded(colour, 0.55), "size": 7, "symbol": "circle"},
        customdata=[plain(name) for name in model["per_person"]],
        hovertemplate="%{customdata}: %{x:.3f}<extra>" + face.title + "</extra>",
        showlegend=False,
    )
    mean, low, high = model["macro_f1"], model["low"], model["high"]
    bounds = {}
    if low is not None and high is not None:
        bounds["error_x"] = {"type": "data", "symmetric": False, "array": [high - mean], "arrayminus": [mean - low],
                             "color": colour, "thickness": 2, "width": 5}  # fmt: skip
    middle = go.Scatter(
        x=[mean],
        y=[place - 0.12],
        mode="markers+text",
        marker={"color": colour, "size": 13, "symbol": face.symbol, "line": {"width": 2, "color": colour}},
        text=[f"<b>{mean:.2f}</b>"],
        textposition="top center",
        textfont={"color": ink_of(look).text, "size": 13},
        hovertemplate=f"mean {mean:.3f}{_between(low, high)}<extra>{face.title}</extra>",
        showlegend=False,
        cliponaxis=False,
        **bounds,
    )
    return [people, middle]


def gain(report: dict[str, Any], *, look: Look = LIGHT) -> go.Figure:
    """Each person's way from the student alone to the distilled student, the greatest gain on top.

    Args:
        report: as in `report.json`, with a `gain`.
        look: ground and width.
    """
    told = report["gain"]
    people = sorted(told["per_person"], key=told["per_person"].__getitem__)
    before, after = (report[role]["per_person"] for role in ("alone", "student"))
    ink = ink_of(look)
    figure = go.Figure()
    for person in people:
        figure.add_annotation(
            x=after[person], ax=before[person], y=plain(person), ay=plain(person), xref="x", axref="x", yref="y",
            ayref="y", showarrow=True, arrowhead=2, arrowsize=1, arrowwidth=1.6, arrowcolor=ink.muted, standoff=7,
        )  # fmt: skip
    for role, values in (("alone", before), ("student", after)):
        figure.add_trace(_dots(role, people, values, look))
    for person in people:
        figure.add_annotation(
            x=1, xref="paper", xanchor="right", y=plain(person), text=f"<b>{told['per_person'][person]:+.3f}</b>",
            showarrow=False, font={"color": ink.text},
        )  # fmt: skip
    scores = [scores[person] for scores in (before, after) for person in people]
    room = max(max(scores) - min(scores), 0.05)
    figure.update_xaxes(
        title_text="macro-F1", range=[min(scores) - 0.12 * room, max(scores) + 0.3 * room], zeroline=False
    )
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=[plain(name) for name in people])
    sentence = told["sentence"]
    return finish(
        figure,
        title="What each one gained by distillation",
        note=f"{sentence[0].upper()}{sentence[1:]}.",
        origin=origin_of(report),
        look=look,
        height=34 * len(people) + 96,
        alt=sentence,
    )


def _dots(role: str, people: list[str], values: dict[str, float], look: Look) -> go.Scatter:
    face = face_of(role)
    colour = face.colour(look.dark)
    return go.Scatter(
        x=[values[person] for person in people],
        y=[plain(person) for person in people],
        mode="markers",
        name=face.title,
        marker={"color": colour, "size": 12, "symbol": face.symbol, "line": {"width": 2, "color": colour}},
        hovertemplate="%{y}: %{x:.3f}<extra>" + face.title + "</extra>",
    )


def _row_name(role: str, model: dict[str, Any], look: Look) -> str:
    title = face_of(role).title
    size = f"{model['channels']} channels, {_count(model['params'])} parameters"
    if look.narrow:
        title, size = title.replace(", ", ",<br>"), f"{model['channels']} ch, {_count(model['params'])} par."
    return f"{title}<br><span style='font-size:11px;color:{ink_of(look).muted}'>{size}</span>"


def _count(number: int) -> str:
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number / 1e3:.0f} k" if number >= 1e4 else f"{number:,}"


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f", {low:.3f} to {high:.3f}"


def _range(report: dict[str, Any], roles: list[str]) -> list[float]:
    seen = [
        value
        for role in roles
        for value in (report[role]["low"], *report[role]["per_person"].values())
        if value is not None
    ]
    return [max(0.0, min(seen) - 0.04), 1.02]
