"""What fewer sensors are worth to those who wear them: how well a person is told from what each model sees and says.

A probe's recall is a lower bound: a better one may tell more. Whether the student gives away less is told by the
difference person by person, not by whether two intervals overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.intervals import Estimate, called, estimate_of, label_rows, mark_of, marks, places, told, upper
from stillroom.figures.spectra import spoken
from stillroom.figures.theme import LIGHT, Look, finish, ink_of

_ROW = 34


def told_apart(part: Mapping[str, Any], *, origin: str, title: str = "", look: Look = LIGHT) -> go.Figure:
    """A row for each thing that is seen, a mark for each model with its interval over people, and the chance line.

    Args:
        part: as `stillroom explain` tells under `privacy`.
        origin: which run.
        title: what the student gives away less of, by default.
        look: ground and width.

    Raises:
        InputError: no model.
    """
    models: Mapping[str, Mapping[str, Any]] = part["models"]
    seen = list(dict.fromkeys(name for own in models.values() for name in own))
    if not seen:
        raise InputError("no model to ask", where="privacy")
    figure = go.Figure()
    for aside, (role, own) in zip(places(len(models)), models.items(), strict=True):
        rows = {seen.index(name) + aside: estimate_of(one) for name, one in own.items()}
        figure.add_trace(marks(rows, mark_of(role, look), names=list(own)))
    chance, ink = part["chance"], ink_of(look)
    figure.add_vline(
        x=chance, line={"color": ink.muted, "width": 1.5, "dash": "dot"}, annotation_text="guessing",
        annotation_position="top right", annotation_font={"size": 11, "color": ink.muted},
    )  # fmt: skip
    label_rows(figure, seen, look)
    figure.update_xaxes(title_text="recall of a person", range=[-0.01, 1.01], zeroline=False)
    said = title or _finding(part)
    gone = ", ".join(spoken(name) for name in part["sensors_gone"]) or "none"
    note = (
        f"A linear probe tells {part['people']} people apart, {part['how']}; intervals over people. It is a lower"
        f" bound. No longer recorded with the student: {gone}."
    )
    if saved := _saved(part):
        note += f" Teacher less student, person by person, not corrected for their number: {_each(saved)}."
    height = _ROW * max(2, len(models)) * len(seen) + 50
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def _saved(part: Mapping[str, Any]) -> dict[str, Estimate]:
    """How much less the student gives away, person by person; empty without both models."""
    return {name: estimate_of(one) for name, one in part["saved"].items()}


def _finding(part: Mapping[str, Any]) -> str:
    saved = _saved(part)
    if not saved:
        return _above_chance(part)
    less = {name: one for name, one in saved.items() if one.low is not None and one.low > 0}
    more = {
        name: Estimate(-one.value, -one.high, None if one.low is None else -one.low)
        for name, one in saved.items()
        if one.high is not None and one.high < 0
    }
    found = [
        f"the student gives away {verb}: {_each(some, '.2f')}"
        for verb, some in (("less", less), ("more", more))
        if some
    ]
    if found:
        return upper("; ".join(found))
    return "No clear difference between what teacher and student give away"


def _each(some: Mapping[str, Estimate], form: str = "+.2f") -> str:
    return ", ".join(f"{name} {told(one, form)}" for name, one in some.items())


def _above_chance(part: Mapping[str, Any]) -> str:
    """What people are told from more often than by guessing."""
    above = [
        f"the {called(role)}'s {name}"
        for role, own in part["models"].items()
        for name, one in own.items()
        if one["low"] is not None and one["low"] > part["chance"]
    ]
    return (
        f"People are told more often than by guessing from {', '.join(above) or 'nothing, as far as this probe goes'}"
    )
