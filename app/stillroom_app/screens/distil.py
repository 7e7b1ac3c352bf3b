"""Distil: teacher, student and losses, as a schedule; what it would run, and the command that runs it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.figures.palette import face_of
from stillroom_app.components import distil_choice, teach, terms
from stillroom_app.components.distil_start import start
from stillroom_app.components.page import head, refused
from stillroom_app.components.pick import pick_data
from stillroom_app.components.reading import facts_of, stamp_of
from stillroom_app.components.timeline import Step, timeline
from stillroom_app.services import recipes, sources
from stillroom_app.services.recipes import Chosen
from stillroom_app.state import DATA
from stillroom_app.state import teaching as is_teaching
from stillroom_app.theme import NARROW, look

_WAKING = "The engine wakes: it loads torch once"


def draw() -> None:
    """The page."""
    head(
        "What should the student learn, and from whom?", "A teacher with many sensors, a student with few, and a plan."
    )
    told, asked = st.container(key="distil_told"), st.query_params.get(DATA, "")
    data = pick_data()
    try:
        with st.skeleton(height=300):
            facts = facts_of(data)
    except StillroomError as error:
        return refused(error)
    distil_choice.read_address(facts)
    if asked and asked not in {one.name for one in sources.known()}:
        distil_choice.note(f"There is no data set {asked} here: this is {data}.")
    preset, strategy = distil_choice.pick_recipe()
    teacher, student = distil_choice.pick_views(facts)
    schedule = st.container(key="distil_schedule")
    st.subheader("How it is judged", anchor=False)
    judged = distil_choice.pick_judging(facts)
    chosen = Chosen(preset, sources.source_of(data), student, teacher, strategy=strategy, **judged)
    with schedule:
        chosen = _schedule(chosen, facts)
    distil_choice.write_address(chosen)
    with told:
        distil_choice.notes(chosen)
    _footer(chosen, stamp_of(data))
    if is_teaching():
        teach.soft_targets()
    return None


def _schedule(chosen: Chosen, facts: dict[str, Any]) -> Chosen:
    """The trainings in order, and one of them in detail; gives what was chosen with the changes made here."""
    st.subheader("How it is taught", anchor=False)
    begun = chosen
    try:
        with st.spinner(_WAKING, show_time=True):
            told = _plan(begun)
    except StillroomError as error:
        refused(error)
        return begun
    steps = {one["role"]: one for one in told["trainings"]}
    row = st.container(key="distil_timeline")
    default = next((role for role in steps if role.startswith("student")), next(iter(steps)))
    if st.session_state.get("distil_phase") not in steps:
        st.session_state["distil_phase"] = default
    role = str(
        st.segmented_control(
            "Training", list(steps), key="distil_phase", required=True, persist_state="session",
            format_func=lambda one: recipes.title_of(one)[0],
        )
    )  # fmt: skip
    sign = f"{chosen.preset}_{chosen.strategy}"
    _detail(steps[role], sign, chosen, facts)
    edited = Chosen(**{**chosen.__dict__, "edits": tuple(sorted(terms.edits(sign).items()))})
    try:
        shown = _plan(edited)
    except StillroomError:
        shown = told  # the check below says what is wrong
    with row:
        timeline([_step(one, role) for one in shown["trainings"]], "distil_steps")
    with st.container(key="distil_flow"):
        _flow(next(one for one in shown["trainings"] if one["role"] == role), chosen, facts)
    return edited


def _step(one: dict[str, Any], role: str) -> Step:
    title, _ = recipes.title_of(one["role"])
    length = f"{one['epochs']} epochs" if one["epochs"] else "no training"
    rests = f" · {len(one['frozen'])} parts rest" if one["frozen"] else ""
    names = tuple(f"{term['name'].replace('_', ' ')} × {term['weight']:g}" for term in one["terms"])
    shown = names if len(names) <= 3 else (*names[:2], f"and {len(names) - 2} more")
    return Step(title, one["role"], f"{length}{rests}", shown, chosen=one["role"] == role)


def _detail(step: dict[str, Any], sign: str, chosen: Chosen, facts: dict[str, Any]) -> None:
    title, line = recipes.title_of(step["role"])
    with st.container(horizontal=True, vertical_alignment="bottom", key="distil_detail"):
        st.markdown(f"**{title}** {line}.  \nNetwork: {step['model'].replace('_', ' ')}{_resting(step)}")
        terms.epochs(step, sign, fast=chosen.fast)
    terms.terms(step, sign, (lambda term: teach.formula(term, step["role"])) if is_teaching() else None)


def _resting(step: dict[str, Any]) -> str:
    if not step["frozen"]:
        return ""
    names = ", ".join(name.rpartition(".")[2] for name in step["frozen"])
    return f" · {names} rest for the first {step['frozen_share']:.0%} of it"


def _flow(step: dict[str, Any], chosen: Chosen, facts: dict[str, Any]) -> None:
    channels = distil_choice.channels_of(facts)
    seen = [
        len({name for glob in view.split(",") for name in distil_choice.matching(glob, channels)})
        for view in (chosen.teacher_view, chosen.student_view)
    ]
    dark, narrow = look().dark, bool(st.session_state.get(NARROW))
    styles = "\n".join(
        f"classDef {role} stroke:{face_of(role).colour(dark)},stroke-width:2px" for role in ("teacher", "student")
    )
    drawn = recipes.flow(step, seen[0], seen[1], down=narrow)
    names = ", ".join(term["name"].replace("_", " ") for term in step["terms"])
    with st.expander("The way of the data in this training", key="distil_flow_open", on_change="rerun") as opened:
        if opened.open:
            st.mermaid_chart(f"{drawn}\n{styles}", alt=f"What goes into the losses of this training: {names}")


def _footer(chosen: Chosen, version: str) -> None:
    st.subheader("What would be run", anchor=False)
    distil_choice.options_without_control(chosen)
    try:
        with st.spinner(_WAKING, show_time=True):
            facts = _facts(chosen, version)
    except StillroomError as error:
        refused(error)
        return distil_choice.refusal_door(error.where)
    st.markdown(distil_choice.told(facts))
    if facts["warning"]:
        st.warning(facts["warning"], icon=":material/warning:")
    if chosen.fast:
        st.caption("The fast setting: few epochs; a longer training may score otherwise.")
    return start(chosen)


@st.cache_data(max_entries=64, show_spinner=False)
def _plan(chosen: Chosen) -> dict[str, Any]:
    return recipes.plan(chosen)


@st.cache_data(max_entries=64, show_spinner=False)
def _facts(chosen: Chosen, version: str) -> dict[str, Any]:
    return recipes.facts(chosen, version)


draw()
