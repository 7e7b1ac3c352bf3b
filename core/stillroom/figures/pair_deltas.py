"""Two students on the same people: what each person, and each activity, gains by the other one.

The first is drawn open, the other filled, in the distilled student's colour: both are students, and the words beside
the figure say which is which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.evaluation.significance import is_pilot
from stillroom.figures.intervals import Mark, estimate_of, label_rows, marks, told
from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

_ALPHA = 0.05


def people(
    before: Mapping[str, float],
    after: Mapping[str, float],
    names: tuple[str, str],
    *,
    origin: str,
    note: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """Each person's way from one student to the other, the greatest gain on top.

    Args:
        before: macro-F1 of each person by the first.
        after: the same people's by the other.
        names: of the two, for people.
        origin: where the numbers come from.
        note: the test's sentence, quoted.
        look: ground and width.

    Raises:
        InputError: nobody, or other people.
    """
    if not before or set(before) != set(after):
        raise InputError("the two were not judged on the same people", where=" and ".join(names))
    gains = {who: after[who] - before[who] for who in before}
    rows = sorted(gains, key=lambda who: -gains[who])
    ink, figure = ink_of(look), go.Figure()
    for place, who in enumerate(rows):
        figure.add_annotation(
            x=after[who], ax=before[who], y=place, ay=place, xref="x", axref="x", yref="y", ayref="y", showarrow=True,
            arrowhead=2, arrowsize=1, arrowwidth=1.6, arrowcolor=ink.muted, standoff=7, text="",
        )  # fmt: skip
        figure.add_annotation(
            x=1, xref="paper", xanchor="right", y=place, text=f"<b>{gains[who]:+.3f}</b>", showarrow=False,
            font={"color": ink.text},
        )  # fmt: skip
    colour = face_of("student").colour(look.dark)
    for name, values, symbol in zip(names, (before, after), ("circle-open", "circle"), strict=True):
        figure.add_trace(
            go.Scatter(
                x=[values[who] for who in rows], y=list(range(len(rows))), mode="markers", name=plain(name),
                marker={"color": colour, "size": 12, "symbol": symbol, "line": {"width": 2, "color": colour}},
                customdata=[plain(who) for who in rows], hovertemplate="%{customdata}: %{x:.3f}<extra></extra>",
            )
        )  # fmt: skip
    label_rows(figure, rows, look)
    scores = [*before.values(), *after.values()]
    room = max(max(scores) - min(scores), 0.05)
    figure.update_xaxes(
        title_text="macro-F1", zeroline=False, range=[min(scores) - 0.1 * room, max(scores) + 0.3 * room]
    )
    better = sum(gain > 0 for gain in gains.values())
    said = f"{better} of {len(gains)} gain by {names[1]}"
    return finish(figure, title=said, note=note, origin=origin, look=look, height=30 * len(rows) + 80, alt=f"{said}.")


def classes(
    changes: Mapping[str, Mapping[str, Any]],
    names: tuple[str, str],
    *,
    origin: str,
    units: str = "people",
    look: Look = LIGHT,
) -> go.Figure:
    """How much more F1 the other student has on each activity, with the interval over people, the greatest on top.

    An activity is said to differ where its sign-flip p, corrected by Holm over all of them, is below 0.05.

    Args:
        changes: by activity, `{mean, low, high, n, p_holm}` (`evaluation.pairs.class_changes`).
        names: of the two, for people.
        origin: where the numbers come from.
        units: what intervals are over.
        look: ground and width.

    Raises:
        InputError: no activity.
    """
    if not changes:
        raise InputError("no activity that both were scored on", where=" and ".join(names))
    rows = sorted(changes, key=lambda name: -changes[name]["mean"])
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": ink_of(look).line, "width": 1.5}, layer="below")
    mark = Mark(names[1], face_of("student").colour(look.dark), "circle")
    shown = {float(place): estimate_of(changes[name]) for place, name in enumerate(rows)}
    figure.add_trace(marks(shown, mark, form="+.3f", names=[f"{name}, n = {changes[name]['n']}" for name in rows]))
    label_rows(figure, rows, look)
    figure.update_xaxes(title_text=f"F1 gained by {plain(names[1])}", zeroline=False)
    said = _differ(changes, units)
    note = f"Means with uncorrected 95 % intervals over {units}; shown to differ: sign-flip p below 0.05 by Holm."
    return finish(figure, title=said, note=note, origin=origin, look=look, height=30 * len(rows) + 80, alt=f"{said}.")


def _differ(changes: Mapping[str, Mapping[str, Any]], units: str) -> str:
    """How many activities differ; of few people, and of stretches, nothing is claimed."""
    most = max(one["n"] for one in changes.values())
    if units == "stretches" or is_pilot(most):
        name = max(changes, key=lambda one: abs(changes[one]["mean"]))
        over = f"{most} {units}" if most != 1 else "one of them"
        return f"A pilot over {over}: {name} changes most, {changes[name]['mean']:+.2f}"
    clear = [name for name, one in changes.items() if one["p_holm"] < _ALPHA]
    said = f"{len(clear) or 'None'} of {len(changes)} activities shown to differ after correction"
    if not clear:
        return said
    name = max(clear, key=lambda one: abs(changes[one]["mean"]))
    return f"{said}; {name} most: {told(estimate_of(changes[name]), '+.2f')}"
