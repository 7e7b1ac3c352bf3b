"""Compare: which student is good enough, what it costs, and how two of them differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.evaluation.students import compare_students
from stillroom.figures import pair_deltas
from stillroom_app.components.chart import chart
from stillroom_app.components.confusion_change import choose_cell
from stillroom_app.components.page import empty, head, refused
from stillroom_app.components.pareto import choose_student
from stillroom_app.components.text import plain
from stillroom_app.services import comparing, listing, pairing
from stillroom_app.services.comparing import STUDENT, Field
from stillroom_app.services.listing import Listed
from stillroom_app.services.workspace import DEMO_PREFIX
from stillroom_app.state import teaching
from stillroom_app.theme import look

RUNS, AGAINST, _CHOSEN = "runs", "against", "compare_runs"
_UNIT = {"people": "person", "stretches": "stretch"}


def draw() -> None:
    """The page."""
    head("Which student is good enough, and what does it cost?")
    listed, studies = listing.runs(), listing.studies()
    asked = _asked({one.name for one in listed})
    anchor = comparing.anchor_of(listed, asked)
    if anchor is None:
        return empty(
            "No run here has taught a student yet, so there is nothing to choose from.", "distil", "Distil one"
        )
    found = comparing.field_of(anchor, listed, studies)
    choose_student(found)
    _left_out(found)
    st.divider()
    st.subheader("How do two of them differ?", anchor=False)
    return _pair(_chosen(listed, asked, found))


def _asked(known: set[str]) -> list[str]:
    """The runs that the address names, with commas between them; a run's own name may hold one."""
    given = st.query_params.get_all(RUNS)
    return [name for part in given for name in ([part] if part in known else part.split(",")) if name]


def _left_out(found: Field) -> None:
    if found.left_out:
        with st.expander(f"{len(found.left_out)} left out, and why", key="compare_left_out", type="compact"):
            for name, why in found.left_out.items():
                st.markdown(f"- **{plain(name)}**: {plain(why)}")


def _chosen(listed: Sequence[Listed], asked: Sequence[str], found: Field) -> list[Listed]:
    """The runs that are compared, the first as what the others are held against; they stand in the address."""
    able = {one.name: one for one in comparing.comparable(listed)}
    if _CHOSEN not in st.session_state:
        first = [name for name in asked if name in able] or [found.anchor.name]
        best = sorted(found.points, key=lambda point: -point.score)
        others = [point.run for point in best if point.run and point.run not in first]
        st.session_state[_CHOSEN] = first if len(first) > 1 else [*first, *others[:1]]
    st.session_state[_CHOSEN] = [name for name in st.session_state[_CHOSEN] if name in able]
    names = st.multiselect("Runs, the first is what the others are held against", list(able), key=_CHOSEN)
    st.query_params[RUNS] = ",".join(names)
    kept = []
    for name in names:
        if why := comparing.apart(able[names[0]], able[name]):
            st.warning(
                f"{plain(name)} cannot be compared with {plain(names[0])}: {plain(why)}.", icon=":material/block:"
            )
        else:
            kept.append(able[name])
    return kept


def _pair(chosen: list[Listed]) -> None:
    if len(chosen) < 2:
        st.caption("Choose two runs or more of the same data, windows and protocol.")
        return
    try:
        _tested(chosen)
        one, other = chosen[0], _against(chosen[1:])
        _deltas(one, other)
        _windows(one, other)
    except StillroomError as error:
        refused(error)
    _settings(chosen)


def _tested(chosen: list[Listed]) -> None:
    """The paired test in plain words, of each run against the first."""
    told = compare_students([one.run for one in chosen])
    first = chosen[0]
    several = len(chosen) > 2
    for one, row in zip(chosen[1:], told["runs"][1:], strict=True):
        gain = row["against_first"]
        holm = f"; p by Holm over {len(chosen) - 1} comparisons {gain['p_holm']:.2g}" * several
        st.markdown(f"**{plain(one.name)}** against **{plain(first.name)}**: {plain(gain['sentence'] + holm)}.")
    if teaching():
        _taught(told["runs"][1]["against_first"], _UNIT[first.facts["units"]])


def _taught(gain: dict[str, Any], unit: str) -> None:
    """The test's formulas, with the numbers of the first comparison."""
    with st.container(border=True, key="compare_taught"):
        st.markdown(f"**How this is tested.** Each {unit} is one number: the gain in that {unit}’s own macro-F1.")
        st.latex(
            r"d_i = F_i^{\text{other}} - F_i^{\text{first}}, \qquad \bar d \pm t_{0.975,\,n-1}\,\frac{s_d}{\sqrt n}"
        )
        values = ", ".join(f"{value:+.3f}" for value in gain["per_person"].values())
        st.markdown(plain(f"Here n = {gain['n']}, d = {values}, mean {gain['mean']:+.3f}."))
        st.markdown(
            "The sign-flip test asks how many of the 2ⁿ ways to flip the signs of d give a mean as far from 0 (Fisher"
            " 1935). With several comparisons p is corrected by Holm (Scand. J. Statist. 6, 1979). Windows are never"
            " treated as independent."
        )


def _against(others: list[Listed]) -> Listed:
    if len(others) == 1:
        return others[0]
    named = {one.name: one for one in others}
    name = st.selectbox("Against the first, in detail", list(named), key=AGAINST, bind="query-params")
    return named.get(str(name), others[0])


def _deltas(one: Listed, other: Listed) -> None:
    """Person by person, and activity by activity."""
    names, facts, half = (_short(one), _short(other)), one.facts, replace(look(), narrow=True)
    origin = comparing.origin(facts, [bool(run.facts["fast"]) for run in (one, other)])
    before, after = (run.models[STUDENT]["per_person"] for run in (one, other))
    left, right = st.columns(2, gap="medium")
    with left:
        chart(pair_deltas.people(before, after, names, origin=origin, look=half), "compare_people")
    with right:
        changes = pairing.pair_of(one, other).by_class()
        figure = pair_deltas.classes(changes, names, origin=origin, units=facts["units"], look=half)
        chart(figure, "compare_classes")


def _short(one: Listed) -> str:
    return one.name.removeprefix(DEMO_PREFIX)


def _windows(one: Listed, other: Listed) -> None:
    """What is taken for what, and the windows behind a cell."""
    names = (_short(one), _short(other))
    pair = pairing.pair_of(one, other)
    st.subheader("What is taken for what", anchor=False)
    st.markdown(
        f"How many points more of each row’s windows **{plain(other.name)}** calls so than **{plain(one.name)}**."
        " Choose a cell to see its windows."
    )
    done, said = choose_cell(pair.confusion(), pair.classes, names)
    rows, count = pair.examples(done, said, names)
    if not count:
        st.caption(plain(f"No window of {done} is called {said} by one of them alone."))
        return
    shown = f", the first {len(rows)} shown" if len(rows) < count else ""
    st.caption(plain(f"{count} windows of {done} that exactly one of them calls {said}{shown}."))
    st.dataframe(rows, hide_index=True, key="compare_examples", height=240, alt="Windows behind the chosen cell")


def _settings(chosen: list[Listed]) -> None:
    rows = comparing.differing_settings(chosen)
    st.subheader("What was asked differently", anchor=False)
    if not rows:
        st.caption("Nothing: these runs were asked for the same.")
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="compare_settings", alt="Settings that differ")


draw()
