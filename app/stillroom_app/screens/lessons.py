"""Lessons: eight short ones, each with a thing to turn, on real windows of the demo or of one's own runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom_app.components.lesson import DONE, LESSON, draw_step, enter
from stillroom_app.components.page import badge, empty, head, picture, refused
from stillroom_app.components.reading import stamp_of_source
from stillroom_app.components.text import plain
from stillroom_app.services import listing, workspace
from stillroom_app.services.lessons.frame import Lesson
from stillroom_app.services.lessons.shelf import LESSONS
from stillroom_app.services.workspace import Entry
from stillroom_app.state import RUN

_OF = "lesson_run"
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
    except StillroomError as error:
        return refused(error)
    draw_step(lesson, data, entry.name)
    return _sources(lesson, entry, data)


def _run_of(lesson: Lesson) -> Entry | None:
    """The run that the lesson is told on: the chosen one, else the demo's."""
    found = {one.name: one.entry for one in listing.finished() if lesson.fits(one)}
    asked = [str(st.session_state.get(key) or st.query_params.get(key, "")) for key in (_OF, RUN)]
    usual = [name for name, one in found.items() if one.whose == "demo"]
    name = next((one for one in [*asked, *usual, *found] if one in found), "")
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
        badge("demo" if entry.whose == "demo" else "yours", f"run {entry.name}")
        st.caption(plain(str(data["origin"])), width="content")
    with st.expander("Sources, and another run", key="lesson_more"):
        for source in lesson.sources:
            st.markdown(f"- {source}")
        if lesson.reading:
            st.markdown(f"**Our reading.** {lesson.reading}")
        names = [one.name for one in listing.finished() if lesson.fits(one)]
        if st.session_state.get(_OF) not in names:
            st.session_state[_OF] = entry.name
        st.selectbox("Run", names, key=_OF, bind="query-params", persist_state="session")


draw()
