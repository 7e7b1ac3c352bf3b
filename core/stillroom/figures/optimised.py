"""After distillation: what pruning and INT8 take away, against what they save.

Full lines join a step to the one that it was made from, dotted ones lead to INT8. Costs are those of the report's
steps: counted, and for memory by the house's rule for a microcontroller.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from stillroom.base.errors import InputError
from stillroom.figures.cost_wording import count
from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, ink_of, origin_of

Report = Mapping[str, Any]
Step = Mapping[str, Any]

_QUANTITIES = {
    "macs": "MACs of one window",
    "params": "parameters",
    "size_bytes": "file",
    "ram_bytes": "RAM of a microcontroller",
    "flash_bytes": "flash of a microcontroller",
}
_HELD = {"size": "file", "ram": "RAM", "flash": "flash"}
_UNTOUCHED = ("macs", "params")  # by INT8
_INT8, _PRUNED = "_int8", "pruned_"


def steps(report: Report, quantity: str = "macs", *, budget: float | None = None, look: Look = LIGHT) -> go.Figure:
    """Macro-F1 of the student and of what it became, against one of its costs.

    Args:
        report: as in `report.json`, with `steps`.
        quantity: `macs`, `params`, `size_bytes`, `ram_bytes` or `flash_bytes`.
        budget: a bound on that cost; drawn.
        look: ground and width.

    Raises:
        InputError: no step was made, or no such quantity.
    """
    if not report.get("steps"):
        raise InputError("the student was not optimised", where=str(report.get("run", "")), mend="Set optimise.keep")
    if quantity not in _QUANTITIES:
        raise InputError(f"no quantity {quantity!r}", mend=f"Choose one of {', '.join(_QUANTITIES)}")
    made = {step["step"]: step for step in report["steps"] if report.get(step["step"])}
    figure = go.Figure()
    for step in made.values():
        if before := made.get(step["before"] or ""):
            figure.add_trace(_way(report, before, step, quantity, look))
    for precision in ("fp32", "int8"):
        figure.add_trace(_marks(report, [s for s in made.values() if s["precision"] == precision], quantity, look))
    values = [float(step[quantity]) for step in made.values()]
    low, high = min([*values, budget or math.inf]) / 1.35, max([*values, budget or 0.0]) * 1.45
    ticks = _ticks(low, high, quantity)
    figure.update_xaxes(type="log", range=[math.log10(low), math.log10(high)], zeroline=False, **ticks)
    figure.update_xaxes(title_text=f"{_QUANTITIES[quantity]}")
    figure.update_yaxes(title_text="macro-F1", zeroline=False, range=_room(report, list(made)))
    if budget is not None:
        _bound(figure, budget, f"budget {_amount(budget, quantity)}", look)
    kept = report[list(made)[-1]]["macro_f1"] - report["student"]["macro_f1"]
    return finish(
        figure,
        title="What each step takes away, and what it costs",
        note=f"Means over {report['n']} {report['units']}, intervals on hovering. Full lines: fewer channels;"
        " dotted: the same in INT8.",
        origin=origin_of(dict(report)),
        look=look,
        height=330,
        alt=f"From the student to the last step macro-F1 changes by {kept:+.3f}",
    )


def _title(role: str) -> str:
    plain_role = role.removesuffix(_INT8)
    title = f"{plain_role.removeprefix(_PRUNED)} %" if plain_role.startswith(_PRUNED) else plain_role
    return title + (" INT8" if role.endswith(_INT8) else "")


def _way(report: Report, before: Step, step: Step, quantity: str, look: Look) -> go.Scatter:
    ends = (before, step)
    return go.Scatter(
        x=[one[quantity] for one in ends],
        y=[report[one["step"]]["macro_f1"] for one in ends],
        mode="lines",
        line={"color": ink_of(look).line, "width": 2, "dash": "dot" if step["precision"] == "int8" else "solid"},
        hoverinfo="skip",
        showlegend=False,
    )


def _marks(report: Report, made: Sequence[Step], quantity: str, look: Look) -> go.Scatter:
    int8 = bool(made) and made[0]["precision"] == "int8"
    colour = face_of("student").colour(look.dark)
    scores = [report[step["step"]] for step in made]
    places = [_beside(report, step["step"], quantity in _UNTOUCHED) for step in made]
    return go.Scatter(
        x=[step[quantity] for step in made],
        y=[score["macro_f1"] for score in scores],
        mode="markers+text",
        name="INT8" if int8 else "full precision",
        marker={
            "color": colour,
            "size": 12,
            "symbol": "diamond-open" if int8 else "circle",
            "line": {"width": 2, "color": colour},
        },
        text=["INT8" if int8 and look.narrow else _title(step["step"]) for step in made],
        textposition=places,
        textfont={"size": 11, "color": ink_of(look).text},
        customdata=[_told(step, score) for step, score in zip(made, scores, strict=True)],
        hovertemplate="%{customdata}<extra></extra>",
        cliponaxis=False,
    )


def _beside(report: Report, role: str, above_another: bool) -> str:
    """Where a step's name stands: away from its other precision, which lies right above or below it for some costs."""
    int8 = role.endswith(_INT8)
    other = role.removesuffix(_INT8) if int8 else f"{role}{_INT8}"
    gap = report[role]["macro_f1"] - report[other]["macro_f1"] if above_another and report.get(other) else 0.0
    return "top center" if gap > 0 or (gap == 0 and not int8) else "bottom center"


def _told(step: Step, score: Mapping[str, Any]) -> str:
    low, high = score["low"], score["high"]
    between = "" if low is None or high is None else f", {low:.3f} to {high:.3f}"
    held = ", ".join(f"{step[f'{name}_bytes'] / 1e3:.1f} kB {said}" for name, said in _HELD.items())
    return f"{_title(step['step'])}: macro-F1 {score['macro_f1']:.3f}{between}<br>{step['macs']:,} MACs, {held}"


def _amount(value: float, quantity: str) -> str:
    """Bytes in kB, as the table of steps has them; things by thousands."""
    return f"{value / 1e3:g} kB" if quantity.endswith("bytes") else count(value)


def _ticks(low: float, high: float, quantity: str) -> dict[str, Any]:
    values = [step * 10.0**power for power in range(1, 9) for step in (1, 2, 5) if low <= step * 10.0**power <= high]
    return {"tickvals": values, "ticktext": [_amount(value, quantity) for value in values]}


def _bound(figure: go.Figure, budget: float, text: str, look: Look) -> None:
    ink = ink_of(look)
    figure.add_vline(x=budget, line={"color": ink.muted, "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        x=math.log10(budget), y=0, yref="paper", yanchor="bottom", xanchor="right", text=text, showarrow=False,
        font={"size": 11, "color": ink.muted}, xshift=-4,
    )  # fmt: skip


def _room(report: Report, roles: Sequence[str]) -> list[float]:
    means = [report[role]["macro_f1"] for role in roles]
    span = max(max(means) - min(means), 0.06)
    return [max(-0.02, min(means) - 0.5 * span), min(1.05, max(means) + 0.5 * span)]
