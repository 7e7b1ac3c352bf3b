"""Would a slower sensor do? Macro-F1 of models whose input has lost all that is faster than a cut-off frequency.

The models are those trained on the full signals; retrained ones might do better. A cut at f Hz stands for a sensor that
samples at a little more than 2 f.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.palette import face_of, faded
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, plain

Score = Mapping[str, float | None]
Line = list[tuple[float, Score]]

_APART = 1.5  # the recorded point's distance beyond the highest cut, as a factor
_SIDE = 1.12
_BESIDE = 1.07  # between the recorded points of two models


def scores(
    points: Sequence[Mapping[str, Any]],
    *,
    origin: str,
    people: int,
    units: str = "people",
    allowed: float = 0.02,
    title: str = "",
    look: Look = LIGHT,
) -> go.Figure:
    """Macro-F1 of each model against the cut-off frequency, beside what it is as recorded.

    Args:
        points: `{cut_hz, teacher: {macro_f1, low, high}, student: {..}}`; the one as recorded has `cut_hz` None, and a
            model without a score at a cut is absent there or None. `low` and `high` are an interval over people, None
            of one person.
        origin: which run, whose windows.
        people: how many were tested.
        units: what they are, people or stretches.
        allowed: the loss of macro-F1 that still counts as none in the title.
        title: how slow each model's input may be, by default.
        look: ground and width.

    Raises:
        InputError: no cut, none as recorded, a cut that is not above 0, one given twice, or no score.
    """
    cuts = _checked(points)
    recorded_x = cuts[-1] * _APART
    roles = dict.fromkeys(key for point in points for key in point if key != "cut_hz")
    lines = {role: line for role in roles if (line := _line(points, role, recorded_x))}
    if not lines:
        raise InputError("there is no score to draw", where="points", mend="Give the scores of one model at least")
    figure, told = go.Figure(), []
    for number, (role, line) in enumerate(lines.items()):
        figure.add_traces(_traces(role, line, recorded_x, _BESIDE ** (number - (len(lines) - 1) / 2), look))
        told.append(f"{face_of(role).title.partition(',')[0]} {_slowest(line, recorded_x, allowed)}")
    figure.add_vline(x=cuts[-1] * _APART**0.5, line={"color": ink_of(look).line, "width": 1, "dash": "dot"})
    shown = _ticks(cuts, look)
    figure.update_xaxes(
        type="log", range=np.log10([cuts[0] / _SIDE, recorded_x * _SIDE]).tolist(), tickvals=[*shown, recorded_x],
        ticktext=[*(f"{cut:.3g}" for cut in shown), "as<br>recorded"], showgrid=False, zeroline=False,
        title_text="everything faster than this is gone [Hz]", tickangle=0,
    )  # fmt: skip
    figure.update_yaxes(title_text="macro-F1", range=_room(points), zeroline=False)
    figure.update_layout(hovermode="x unified")
    said = title or f"Within {allowed:g} macro-F1 of the score as recorded: {'; '.join(told)}"
    bands = "no interval" if people == 1 else f"bands: the interval over {people} {units}, not of the difference"
    note = (
        f"Trained on the full signals and asked again under a low pass; {bands}. A cut at f Hz stands for a sensor that"
        " samples at a little more than 2f."
    )
    height = 330 if look.narrow else 360
    return finish(figure, title=said, note=note, origin=origin, look=look, height=height, alt=said)


def _checked(points: Sequence[Mapping[str, Any]]) -> list[float]:
    """The cuts, rising."""
    given = [point["cut_hz"] for point in points]
    cuts = sorted(float(cut) for cut in given if cut is not None)
    if not cuts or given.count(None) != 1 or len(set(cuts)) < len(cuts) or not cuts[0] > 0:
        what = f"the cuts {', '.join('as recorded' if cut is None else f'{cut:g}' for cut in given) or '(none)'}"
        mend = "Give each cut above 0 once, and one point as recorded (cut_hz None)"
        raise InputError(f"{what} make no line", where="cut_hz", mend=mend)
    return cuts


def _line(points: Sequence[Mapping[str, Any]], role: str, recorded_x: float) -> Line:
    """The scores of one model by place, rising; what is missing is left out."""
    found = [
        (recorded_x if point["cut_hz"] is None else float(point["cut_hz"]), point[role])
        for point in points
        if point.get(role) and point[role]["macro_f1"] is not None
    ]
    return sorted(found, key=lambda pair: pair[0])


def _traces(role: str, line: Line, recorded_x: float, aside: float, look: Look) -> list[go.Scatter]:
    """The band behind, the line with its marks, and the score as recorded, aside of other models'."""
    face, quiet = face_of(role), {"legendgroup": plain(role), "showlegend": False, "hoverinfo": "skip"}
    colour = face.colour(look.dark)
    cut, kept = [pair for pair in line if pair[0] < recorded_x], [pair for pair in line if pair[0] >= recorded_x]
    found = []
    if banded := [(x, one["low"], one["high"]) for x, one in cut if one["low"] is not None]:
        where, low, high = zip(*banded, strict=True)
        found = [
            go.Scatter(x=where, y=low, mode="lines", line={"width": 0}, **quiet),
            go.Scatter(x=where, y=high, mode="lines", line={"width": 0}, fill="tonexty", fillcolor=faded(colour, 0.16),
                       **quiet),
        ]  # fmt: skip
    for part in (cut, kept):
        alone = part is kept
        found.append(
            go.Scatter(
                x=[x * (aside if alone else 1) for x, _ in part], y=[one["macro_f1"] for _, one in part],
                name=plain(face.title), mode="markers" if alone else "lines+markers", legendgroup=plain(role),
                showlegend=not alone or not cut,
                line={"color": colour, "width": 2.2, "dash": face.dash}, hovertemplate="%{y:.3f}",
                marker={"color": colour, "symbol": face.symbol, "size": 11 if alone else 8, "line": {"color": colour}},
                **(_bars(part, colour) if alone else {}),
            )
        )  # fmt: skip
    return found


def _bars(part: Line, colour: str) -> dict[str, Any]:
    if not part or part[0][1]["low"] is None:
        return {}
    up, down = ([abs((one[edge] or 0) - (one["macro_f1"] or 0)) for _, one in part] for edge in ("high", "low"))
    return {"error_y": {"array": up, "arrayminus": down, "color": colour, "thickness": 1.4, "width": 5}}


def _slowest(line: Line, recorded_x: float, allowed: float) -> str:
    """The lowest cut down to which, from the highest on, no score falls by more than what is allowed."""
    *cuts, (last, recorded) = line
    if last < recorded_x:
        return "not scored as recorded"
    lowest = None
    for cut, one in reversed(cuts):
        if (one["macro_f1"] or 0) < (recorded["macro_f1"] or 0) - allowed - 1e-12:
            break
        lowest = cut
    return "at no cut" if lowest is None else f"down to {lowest:.3g} Hz"


def _ticks(cuts: Sequence[float], look: Look) -> list[float]:
    """The cuts that have room below the axis, from the highest on."""
    apart = {False: 0.035, True: 0.085}[look.narrow] * np.log10(cuts[-1] * _APART * _SIDE**2 / cuts[0])
    found: list[float] = []
    for cut in reversed(cuts):
        if not found or np.log10(found[-1] / cut) >= apart:
            found.append(cut)
    return found[::-1]


def _room(points: Sequence[Mapping[str, Any]]) -> list[float]:
    values = [
        one[key]
        for point in points
        for role, one in point.items()
        if role != "cut_hz" and one
        for key in ("macro_f1", "low", "high")
        if one[key] is not None
    ]
    low, high = min(values), max(values)
    edge = 0.08 * max(high - low, 0.1)
    return [low - edge, high + edge]
