"""Whether a student looks where its teacher looks: rank correlation and common top, each beside what chance gives.

A student that was never taught is shown with it: what agrees as well without a teacher was not handed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from stillroom.base.errors import InputError
from stillroom.figures.intervals import (
    Estimate,
    Mark,
    called,
    estimate_of,
    label_rows,
    mark_of,
    marks,
    places,
    told,
    upper,
)
from stillroom.figures.theme import LIGHT, Look, finish, ink_of

LEVELS = {"channels": "by channel", "cells": "by channel and time"}

_MEASURES = {"rank": "rank correlation", "overlap": "share of the top fifth in common"}
_ROW = 44


def with_teacher(
    part: Mapping[str, Any], *, origin: str, units: str = "people", title: str = "", look: Look = LIGHT
) -> go.Figure:
    """Two panels, rank correlation and common top: a row for each level, a mark for each model, and chance.

    Args:
        part: as `stillroom explain` tells under `windows.agreement`.
        origin: which run.
        units: what intervals are over.
        title: whether the student agrees more than chance, by default.
        look: ground and width.

    Raises:
        InputError: nobody is compared with the teacher.
    """
    roles = [role for role in part if role != "with"]
    if not roles:
        raise InputError("nobody is compared", where="agreement", mend="Explain a run with a teacher and a student")
    across = not look.narrow
    figure = make_subplots(
        rows=1 if across else 2, cols=2 if across else 1, shared_yaxes=across, horizontal_spacing=0.05,
        vertical_spacing=0.26,
    )  # fmt: skip
    for number, (measure, name) in enumerate(_MEASURES.items()):
        where = {"row": 1 if across else number + 1, "col": number + 1 if across else 1}
        for trace in _panel(part, roles, measure, look):
            figure.add_trace(trace.update(showlegend=number == 0), **where)
        figure.update_xaxes(title_text=name, zeroline=measure == "rank", **where)
    figure.update_xaxes(range=[-0.02, 1.02], row=1 if across else 2, col=2 if across else 1)
    label_rows(figure, list(LEVELS.values()), look)
    first = part[roles[0]]
    said = title or upper(_finding(part, roles))
    note = (
        f"On the {len(first['channels']['channels'])} channels that both see, {first['channels']['windows']} windows,"
        f" intervals over {units}; time: tenths of the window. Upright strokes: chance, for ranks windows paired at"
        " random."
    )
    height = (1 if across else 2) * (_ROW + 8 * len(roles)) * len(LEVELS) + (60 if across else 150)
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def _panel(part: Mapping[str, Any], roles: list[str], measure: str, look: Look) -> list[go.Scatter]:
    found, chance = [], {}
    for aside, role in zip(places(len(roles)), roles, strict=True):
        own = {}
        for place, level in enumerate(LEVELS):
            if part[role][level][measure] is not None:
                own[place + aside] = estimate_of(part[role][level][measure])
            if (by_chance := part[role][level][f"{measure}_by_chance"]) is not None:
                chance[place + aside] = Estimate(by_chance)
        found.append(
            marks(
                own,
                mark_of(role, look),
                names=[name for level, name in LEVELS.items() if part[role][level][measure] is not None],
            )
        )
    stroke = Mark("by chance", ink_of(look).muted, "line-ns")
    return [*found, marks(chance, stroke).update(marker={"size": 16, "line": {"width": 2}})]


def _finding(part: Mapping[str, Any], roles: list[str]) -> str:
    """Of the first model, by channel; a second one is told of beside it."""
    one, ranks = roles[0], {role: part[role]["channels"]["rank"] for role in roles}
    if ranks[one] is None:
        return f"No order to compare between the {part['with']} and the {called(one)}"
    first = estimate_of(ranks[one])
    chance = part[one]["channels"]["rank_by_chance"] or 0.0
    name, teacher = called(one), part["with"]
    if first.low is None:
        said = f"{name} against {teacher}: rank correlation {told(first, '+.2f')}"
    elif first.low > chance:
        said = f"{name} agrees with the {teacher} more than by chance: rank correlation {told(first, '+.2f')}"
    elif first.high is not None and first.high < chance:
        said = f"{name} agrees with the {teacher} less than by chance: rank correlation {told(first, '+.2f')}"
    else:
        said = f"No clear agreement of {name} with the {teacher}: rank correlation {told(first, '+.2f')}"
    others = [f"{called(role)} {told(estimate_of(ranks[role]), '+.2f')}" for role in roles[1:] if ranks[role]]
    return said + (f"; {', '.join(others)}" if others else "")
