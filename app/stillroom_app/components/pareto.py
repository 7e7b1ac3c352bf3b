"""Choosing a student: what each costs and how well it recognises, a budget, and the cheapest that is good enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.figures import pareto
from stillroom.figures.intervals import Estimate, told
from stillroom_app.components.chart import chart
from stillroom_app.components.page import badge
from stillroom_app.components.text import plain
from stillroom_app.services import comparing
from stillroom_app.services.comparing import CALLED, COSTS, TEACHER, Field, Point
from stillroom_app.theme import look

_BOTH, _FULL, _FAST = "either way", "in full", "fast"
_BUDGETS = {"channels": "At most so many channels", "size_kb": "At most so many kB"}


def choose_student(found: Field) -> None:
    """The controls, the answer in a sentence, the picture, and the front as a table."""
    row = st.container(horizontal=True, vertical_alignment="bottom", key="compare_controls")
    cost, log, reach = _controls(row, comparing.known_costs(found.points))
    points = _made(row, [point for point in found.points if cost in point.costs])
    allowed = comparing.within(points, _budget(points))
    inside = [point for point, keeps in zip(points, allowed, strict=True) if keeps]
    pick = comparing.picked(inside, cost, reach, found.anchor.facts["units"])
    if warning := found.anchor.facts["warning"]:
        st.warning(plain(warning), icon=":material/warning:")
    with st.container(border=True, key="compare_pick"):
        if pick is None:
            st.markdown("**No student keeps to this budget.** Allow more, or measure smaller sets of sensors.")
        else:
            _sentence(inside, pick, cost, reach, found)
    place = points.index(inside[pick.place]) if pick else None
    chart(_figure(points, allowed, cost, log, place, found), "compare_pareto", table=_numbers(points, allowed, cost))
    _front(inside, cost)


def _controls(row: Any, known: Sequence[str]) -> tuple[str, bool, float]:
    names = {CALLED[cost]: cost for cost in known}  # an address holds the label that is shown
    label = row.selectbox("What it costs", list(names), key="cost", bind="query-params", width=220)
    log = row.toggle("Logarithmic", key="log", bind="query-params")
    reach = row.slider(
        "Good enough: so many points below the best", 0.0, 10.0, 1.0, 0.5, key="reach",
        bind="query-params", format="%.1f", width=270,
    )  # fmt: skip
    return names.get(str(label), known[0]), log, reach


def _made(row: Any, points: list[Point]) -> list[Point]:
    """Where some were made by the fast setting and some in full, those that the reader wants."""
    if len({point.fast for point in points}) < 2:
        return points
    asked = row.segmented_control("Trained", [_BOTH, _FULL, _FAST], default=_BOTH, key="made", bind="query-params")
    kept = {_FULL: [p for p in points if not p.fast], _FAST: [p for p in points if p.fast]}
    return kept.get(str(asked), points)


def _budget(points: Sequence[Point]) -> dict[str, float]:
    """What is allowed at most; a slider at its end allows everything."""
    most: dict[str, float] = {}
    row = st.container(horizontal=True, key="compare_budget")
    for cost, label in _BUDGETS.items():
        values = [point.costs[cost] for point in points if cost in point.costs]
        if len(set(values)) < 2:
            continue
        low, high = int(min(values)), int(-(-max(values) // 1))
        limit = row.slider(label, low, high, high, key=f"most_{cost}", bind="query-params", width=300)
        if limit < high:
            most[cost] = float(limit)
    return most


def _sentence(inside: Sequence[Point], pick: comparing.Pick, cost: str, reach: float, found: Field) -> None:
    one, best = inside[pick.place], inside[pick.best]
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(f"**{plain(one.title)}**")
    with row:
        badge(one.whose)
        if one.run:
            to = {"run": one.run}
            st.page_link("screens/report.py", label="Report", icon=":material/description:", query_params=to)
    costs = ", ".join(_cost(name, one.costs[name], found.axis(name)) for name in _told_costs(one, cost))
    score = told(Estimate(one.score, one.low, one.high))
    if len(inside) == 1:
        why = "The only student so far: distil another to choose."
    elif pick.place == pick.best:
        why = f"The best of {len(inside)} students, and no cheaper one comes within {_points(reach)} of it."
    else:
        near = f"{pick.rivals} students within {_points(reach)} of the best, {best.title} ({best.score:.2f})"
        why = f"The cheapest by {CALLED[cost]} of {near}."
    taught = "taught by a teacher" if one.role == comparing.STUDENT else "trained alone"
    st.markdown(plain(f"{costs}: macro-F1 {score}, {taught}. {why}"))
    st.caption(plain(_not_shown(one, pick, inside, found)))


def _points(reach: float) -> str:
    return f"{reach:g} point{'s' if reach != 1 else ''}"


def _told_costs(one: Point, cost: str) -> list[str]:
    return [name for name in dict.fromkeys(("channels", cost, "size_kb")) if name in one.costs]


def _cost(cost: str, value: float, named: str) -> str:
    number = f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.3g}"
    return f"{number} {named}" if cost != "channels" or value != 1 else "1 channel"


def _not_shown(one: Point, pick: comparing.Pick, inside: Sequence[Point], found: Field) -> str:
    """What the choice does not prove."""
    said = [f"Compared with the best: {pick.apart}."] if pick.apart else []
    one_seed = "one seed does not say what another would give" * (one.seeds == 1)
    if len(inside) > 1:
        also = f", and {one_seed}" if one_seed else ""
        said.append(
            f"Not shown: that it stays the best choice. The best of {len(inside)} looks better than it is{also}."
        )
    elif one_seed:
        said.append(f"Not shown: how it would score again; {one_seed}.")
    if len({point.fast for point in inside}) > 1:
        said.append("Some were trained by the fast setting and some in full: that alone can move a score.")
    if found.anchor.facts["pilot"]:
        few = "Few people" if found.anchor.facts["units"] == "people" else "Stretches say nothing of other people"
        said.append(f"{few}: a pilot, not a proof.")
    return " ".join(said)


def _figure(
    points: Sequence[Point], allowed: Sequence[bool], cost: str, log: bool, picked: int | None, found: Field
) -> Any:
    drawn = [
        pareto.Student(
            point.title, point.role, point.costs[cost], Estimate(point.score, point.low, point.high), keeps
        )
        for point, keeps in zip(points, allowed, strict=True)
    ]  # fmt: skip
    facts, teacher = found.anchor.facts, found.anchor.models.get(TEACHER)
    origin = comparing.origin(facts, [point.fast for point in points])
    across = Estimate(teacher["macro_f1"], teacher["low"], teacher["high"]) if teacher else None
    return pareto.students(
        drawn, axis=found.axis(cost), origin=origin, teacher=across, picked=picked, log=log, units=facts["units"],
        look=look(),
    )  # fmt: skip


def _front(inside: Sequence[Point], cost: str) -> None:
    rows = [{"": number, **_row(point, cost)} for number, point in enumerate(comparing.on_front(inside, cost), start=1)]
    if rows:
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, key="compare_front", alt="The students on the front, numbered"
        )


def _numbers(points: Sequence[Point], allowed: Sequence[bool], cost: str) -> pd.DataFrame:
    rows = [{**_row(point, cost), "within budget": keeps} for point, keeps in zip(points, allowed, strict=True)]
    return pd.DataFrame(rows)


def _row(point: Point, cost: str) -> dict[str, Any]:
    costs = {COSTS[name]: _rounded(point.costs.get(name)) for name in dict.fromkeys((cost, "channels", "size_kb"))}
    return {
        "student": point.title, **costs, "macro-F1": round(point.score, 3),
        "95 % interval": f"{point.low:.2f} to {point.high:.2f}" if point.low is not None else "one only",
        "made": "fast" if point.fast else "in full", "whose": point.whose,
    }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1 if value >= 1 else 4)
