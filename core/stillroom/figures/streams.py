"""What a stream of windows can reach: macro-F1 under each smoothing, beside what each window gives alone.

Drawn from a report's `context`. A smoothing is a last step that every model may take, so that a score of single
windows is not mistaken for what a stream can do; it helps where activities last, and hurts where they follow quickly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.cost_wording import HEADING, label_rows
from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, origin_of, plain

Report = Mapping[str, Any]

_SMOOTHINGS = {"none": "each window alone", "majority": "vote over {}", "hysteresis": "{} alike in a row", "hmm": "HMM"}
_LINE = 25


def smoothings(
    report: Report, roles: Sequence[str] = ("teacher", "student", "alone"), *, look: Look = LIGHT
) -> go.Figure:
    """What models reach when windows follow one another: macro-F1 under each smoothing, beside each window alone.

    Args:
        report: as in `report.json`, with `context`.
        roles: whose.
        look: ground and width.

    Raises:
        InputError: the report has no such model.
    """
    context = report["context"]
    if missing := [role for role in roles if role not in context["models"]]:
        raise InputError(f"no model {missing[0]!r} was smoothed", mend=f"Models: {', '.join(context['models'])}")
    if not roles:
        raise InputError("no model was chosen", mend=f"Models: {', '.join(context['models'])}")
    figure, labels, place = go.Figure(), list[tuple[float, str]](), 0.0
    for role in roles:
        labels.append((place, f"<b>{face_of(role).title}</b>"))
        for number, (name, scored) in enumerate(context["models"][role].items()):
            at = place + HEADING + number
            labels.append((at, plain(_smoothing(name))))
            figure.add_traces(_smoothed(role, scored, context["models"][role]["none"]["macro_f1"], at, look))
        place = labels[-1][0] + 1.4
    label_rows(figure, labels, top=0.7)
    figure.update_xaxes(title_text="macro-F1", range=[0, 1.08], zeroline=False)
    one = " Nearly every stretch here holds one activity: no stream." if context["one_activity_each"] else ""
    return finish(
        figure,
        title="What a stream can do beyond one window",
        note=f"Mean and interval (thin) over {report['units']}; the thick line begins where each window alone stands. A"
        f" smoothing looks back only; half the stretches last {context['median_stretch_s']:g} s or less.{one}",
        origin=origin_of(dict(report)),
        look=look,
        height=round(_LINE * place) + 50,
        alt="; ".join(_best(role, context["models"][role]) for role in roles),
    )


def _smoothing(name: str) -> str:
    """`majority:60s` and the like for people."""
    kind, _, how = name.partition(":")
    how = f"{how.removesuffix('s')} s" if how.endswith("s") else how
    return _SMOOTHINGS.get(kind, name).format(how)


def _smoothed(role: str, scored: Mapping[str, Any], alone: float, place: float, look: Look) -> list[go.Scatter]:
    face, low, high, mean = face_of(role), scored["low"], scored["high"], scored["macro_f1"]
    colour, known = face.colour(look.dark), low is not None and high is not None

    def stroke(ends: list[float], ink: str, width: float) -> go.Scatter:
        line = {"color": ink, "width": width}
        return go.Scatter(x=ends, y=[place, place], mode="lines", line=line, hoverinfo="skip", showlegend=False)

    mark = go.Scatter(
        x=[mean],
        y=[place],
        mode="markers",
        marker={"color": colour, "size": 10, "symbol": face.symbol, "line": {"width": 2, "color": colour}},
        hovertemplate=f"{mean:.3f}{f', {low:.3f} to {high:.3f}' if known else ''}<extra>{face.title}</extra>",
        showlegend=False,
        cliponaxis=False,
    )
    spread = [stroke([low, high], ink_of(look).line, 1.5)] if known else []
    return [*spread, stroke([alone, mean], colour, 3), mark]


def _best(role: str, models: Mapping[str, Any]) -> str:
    name = max(models, key=lambda name: models[name]["macro_f1"])
    return f"{face_of(role).title} best with {_smoothing(name)}: {models[name]['macro_f1']:.2f}"
