"""Lessons: eight short ones, each with a thing to turn, on real windows of the demo or of one's own runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from stillroom.base.errors import InputError, StillroomError
from stillroom_app.components.lesson import DONE, LESSON, draw_step, enter
from stillroom_app.components.page import badge, empty, head, picture, refused
from stillroom_app.components.reading import stamp_of_source
from stillroom_app.components.text import plain
from stillroom_app.services import listing, workspace
from stillroom_app.services.lessons.fitted import told_on
from stillroom_app.services.lessons.frame import Lesson, samples_of
from stillroom_app.services.lessons.shelf import LESSONS
from stillroom_app.services.workspace import Entry
from stillroom_app.state import RUN

_OF = "lesson_run"
_KEPT = "lesson_run_kept"  # of this session, for an address that names none
_LEAD = "Eight short lessons on real windows. Guess first, then turn the knobs; everything answers at once."


def draw() -> None:
    """The page."""
    lesson = LESSONS.get(str(st.query_params.get(LESSON, "")))
    if lesson is None:
        _shelf()
    else:
        _lesson(lesson)


def _shelf() -> None:
    head("What does distillation do?", _LEAD)
    grid = st.grid(columns=4, min_column_width=200, border=True, key="lessons_shelf")
    done = st.session_state.get(DONE, set())
    for lesson in sorted(LESSONS.values(), key=lambda one: one.number):
        cell = grid.cell()
        cell.image(str(picture(f"lessons/{lesson.slug}.svg")), width="stretch", alt=f"A sketch for: {lesson.title}")
        cell.markdown(f":small[{lesson.number} · {lesson.title}]  \n**{lesson.question}**")
        label, icon = f"Lesson {lesson.number}, {lesson.minutes} minutes", ":material/arrow_forward:"
        if lesson.slug in done:
            label, icon = f"Lesson {lesson.number}, done", ":material/check_circle:"
        cell.button(label, key=f"lesson_enter_{lesson.slug}", on_click=enter, args=(lesson.slug,), icon=icon)


def _lesson(lesson: Lesson) -> None:
    st.button("All lessons", key="lesson_all", on_click=enter, type="tertiary", icon=":material/arrow_back:")
    head(lesson.question)
    entry = _run_of(lesson)
    if entry is None:
        return empty("No finished run keeps what this lesson shows.", "distil", "Distil a student")
    try:
        data = _data(lesson.slug, entry.name, _version(entry))
        if not samples_of(data):
            raise InputError("this run keeps no window that the lesson could be told on", where=entry.name)
    except StillroomError as error:
        refused(error)
        return _picker(lesson, entry)
    draw_step(told_on(lesson, data), data, entry.name)
    return _sources(lesson, entry, data)


def _run_of(lesson: Lesson) -> Entry | None:
    """The run that the lesson is told on: the chosen one, else the demo's."""
    found = {one.name: one.entry for one in listing.finished() if lesson.fits(one)}
    asked = [str(st.query_params.get(_OF) or st.session_state.get(_KEPT, ""))]
    asked += [str(st.session_state.get(RUN) or st.query_params.get(RUN, ""))]
    usual = [name for name, one in found.items() if one.whose == "demo"]
    name = next((one for one in [*asked, *usual, *found] if one in found), "")
    if name and name not in (st.query_params.get(_OF), *usual[:1]):
        st.query_params[_OF] = name  # so that whoever is sent the address sees the same run
    return found.get(name)


def _version(entry: Entry) -> tuple[Any, ...]:
    return str(entry.run.folder), entry.run.facts["changed"], stamp_of_source(entry.data)


@st.cache_data(max_entries=8, show_spinner="Reading the windows")
def _data(slug: str, name: str, version: tuple[Any, ...]) -> dict[str, Any]:
    return LESSONS[slug].data(workspace.entry(name))


def _sources(lesson: Lesson, entry: Entry, data: dict[str, Any]) -> None:
    """Where the windows and the formulas come from; and another run to be told on."""
    st.divider()
    row = st.container(horizontal=True, vertical_alignment="center", key="lesson_origin")
    with row:
        badge("demo" if entry.whose == "demo" else "yours", str(data.get("shown", f"run {entry.name}")))
        st.caption(plain(str(data["origin"])), width="content")
    with st.expander("Sources, and another run", key="lesson_more"):
        for source in lesson.sources:
            st.markdown(f"- {source}")
        if lesson.reading:
            st.markdown(f"**Our reading.** {lesson.reading}")
        _picker(lesson, entry)


def _picker(lesson: Lesson, entry: Entry) -> None:
    """Another run to be told on. It is written into the address by hand: a bound box leaves its first option out."""
    names = [one.name for one in listing.finished() if lesson.fits(one)]
    st.session_state[_OF] = entry.name

    def chosen() -> None:
        st.query_params[_OF] = st.session_state[_KEPT] = st.session_state[_OF]

    st.selectbox("Run that the lesson is told on", names, key=_OF, on_change=chosen)


draw()
