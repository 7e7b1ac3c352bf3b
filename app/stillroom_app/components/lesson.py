"""A lesson on a page: one step at a time, words beside a picture that the browser computes; guesses, checks, and doors.

The address is the state. What is turned in the browser is told here when it is let go and written into the address;
nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from stillroom.figures.palette import activity_colours, axis_colour, face_of
from stillroom_app.components.notebook_door import notebook_door
from stillroom_app.components.text import plain
from stillroom_app.services.lessons.fitted import FITTING
from stillroom_app.services.lessons.frame import Knob, Lesson, Question, Step, answered, samples_of, told, written
from stillroom_app.services.lessons.shelf import LESSONS, after
from stillroom_app.theme import look

LESSON, STEP, GUESS, CHECKS, DONE = "lesson", "step", "guess", ("check1", "check2"), "lessons_done"
_FOLDER = Path(__file__).with_name("lesson_stage")
_FRAME = ("maths.js", "stage.js", "knobs.js")
_HTML = """<div class="lesson"><div class="knobs"></div><div class="pictures"></div>
<div class="heard" role="status"></div></div>"""
_TIMES = "lesson_times"
_UNSENT = ("words", "origin", "shown", *FITTING)


@cache
def script_of(slug: str) -> str:
    """All that a lesson's picture runs in the browser."""
    files = (*_FRAME, *LESSONS[slug].scripts, f"{slug}.js", "main.js")
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in files)


@cache
def _stage_of(slug: str) -> Any:
    css = "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("stage.css", "knobs.css"))
    return st.components.v2.component(f"stillroom.lesson.{slug}", html=_HTML, css=css, js=script_of(slug))


def enter(slug: str = "") -> None:
    """To a lesson's beginning, or to all lessons; of another lesson nothing stays in the address.

    A link to the page that one is on takes no query along, so those who lead here are buttons.
    """
    knobs = {knob.name for one in LESSONS.values() for knob in one.knobs}
    for name in {LESSON, STEP, GUESS, *CHECKS, *knobs} & set(st.query_params):
        del st.query_params[name]
    if slug:
        st.query_params[LESSON] = slug


def draw_step(lesson: Lesson, data: Mapping[str, Any], run: str) -> None:
    """The step that the address is at.

    Args:
        lesson: it belongs to, as the run lets it be told.
        data: the lesson's, of a run.
        run: its name.
    """
    at = lesson.step_of(st.query_params)
    _stepper(lesson, at)
    if at == len(lesson.steps):
        return _checks(lesson, run)
    step = lesson.steps[at]
    words, picture = st.columns([5, 9], gap="large")
    with words:
        st.subheader(step.title, anchor=False)
        measured = {name: plain(said) for name, said in data["words"].items()}
        st.markdown(told(step.words, measured))
        opened = step.guess is None or _guess(lesson, step.guess)
        for line in step.formula.splitlines() if opened else ():
            st.latex(line)
    with picture:
        _stage(lesson, step, at, data, run, opened)
    with st.container() if look().narrow else words:  # on a telephone what is turned comes before the way on
        _ways(lesson, at)
    return None


def _stepper(lesson: Lesson, at: int) -> None:
    names = [*(step.title for step in lesson.steps), "Check"]
    st.session_state["lesson_step"] = names[at]

    def go() -> None:
        chosen = st.session_state["lesson_step"]
        _go(lesson, names.index(chosen) if chosen in names else at)

    st.segmented_control("Step", names, key="lesson_step", on_change=go, label_visibility="collapsed", required=True)


def _go(lesson: Lesson, at: int) -> None:
    """To a step, with the knobs as it wants them."""
    asked = {STEP: str(at + 1)}
    if at < len(lesson.steps):
        asked |= written(lesson.steps[at].sets)
    st.query_params.update(asked)


def _guess(lesson: Lesson, question: Question) -> bool:
    """Asks; gives whether the answer may be seen."""
    given = answered(st.query_params, GUESS, question)
    if given is None:
        key = f"lesson_{lesson.slug}_guess"
        chosen = st.radio(f"**{question.asked}**", question.choices, key=key, index=None)
        place = question.choices.index(chosen) + 1 if chosen else 0
        show = {"on_click": st.query_params.update, "args": ({GUESS: str(place)},)}
        st.button("Show me", key="lesson_show", disabled=not place, type="primary", **show)  # type: ignore[arg-type]
        return False
    st.markdown(f"**{question.asked}**")
    if given == question.right:
        said, icon = f"As you guessed: **{_small(question.choices[given])}**.", ":material/check:"
    else:
        said = f"You guessed: {_small(question.choices[given])}. It is: **{_small(question.choices[question.right])}**."
        icon = ":material/lightbulb:"
    st.info(f"{said} {question.why}", icon=icon)
    return True


def _small(choice: str) -> str:
    return choice[:1].lower() + choice[1:]


def _stage(lesson: Lesson, step: Step, at: int, data: Mapping[str, Any], run: str, opened: bool) -> None:
    key = f"lesson_{lesson.slug}"
    state = lesson.read(st.query_params, len(samples_of(data)))

    def heard() -> None:
        said = st.session_state[key].told
        if isinstance(said, dict) and isinstance(said.get("state"), dict):
            st.session_state[_TIMES] = int(said.get("times", 0))
            st.query_params.update(written(lesson.read(said["state"], len(samples_of(data)))))

    known = {knob.name: knob for knob in lesson.knobs}
    _stage_of(lesson.slug)(
        key=key,
        data={
            "where": [lesson.slug, run, at],
            "view": step.view,
            "open": opened,
            "knobs": [_knob(known[name]) for name in (step.knobs if opened else ())],
            "state": state,
            "times": st.session_state.get(_TIMES, 0),
            "lesson": {name: value for name, value in data.items() if name not in _UNSENT},
            "paint": _paint(data.get("classes", ())),
        },
        on_told_change=heard,
    )


def _knob(knob: Knob) -> dict[str, Any]:
    return {name: getattr(knob, name) for name in ("name", "title", "kind", "least", "most", "step", "choices", "unit")}


def _paint(classes: Any) -> dict[str, Any]:
    """The colours that mean the same in every figure of the app."""
    dark = look().dark
    models = {role: face_of(role).colour(dark) for role in ("teacher", "student", "alone", "reference")}
    activities = activity_colours(list(classes), dark)
    return {**models, "activities": list(activities.values()), "axes": [axis_colour(n, dark) for n in range(4)]}


def _ways(lesson: Lesson, at: int) -> None:
    row = st.container(horizontal=True, key="lesson_ways")
    if at:
        row.button("Back", key="lesson_back", on_click=_go, args=(lesson, at - 1), icon=":material/arrow_back:")
    row.button("Next", key="lesson_next", on_click=_go, args=(lesson, at + 1), type="primary",
               icon=":material/arrow_forward:", icon_position="right")  # fmt: skip


def _checks(lesson: Lesson, run: str) -> None:
    """Both questions; what comes next once both are answered."""
    right = [_check(lesson, number, question) for number, question in enumerate(lesson.checks)]
    done: set[str] = st.session_state.setdefault(DONE, set())
    if all(right):
        done.add(lesson.slug)
        st.success("Both right. That was the lesson.", icon=":material/check_circle:")
    row = st.container(horizontal=True, vertical_alignment="center", key="lesson_ways")
    row.button("Back", key="lesson_back", on_click=_go, args=(lesson, len(lesson.steps) - 1),
               icon=":material/arrow_back:")  # fmt: skip
    if following := after(lesson):
        row.button(f"Next lesson: {following.title}", key="lesson_following", on_click=enter, args=(following.slug,),
                   type="primary", icon=":material/arrow_forward:", icon_position="right")  # fmt: skip
    with row:
        notebook_door(run, "lesson_notebook")
    if lesson.notebook:
        st.caption("A notebook that goes on from here")
        st.code(f"jupyter lab notebooks/{lesson.notebook}", language=None, wrap_lines=True)


def _check(lesson: Lesson, number: int, question: Question) -> bool:
    name = CHECKS[number]
    key = f"lesson_{lesson.slug}_{name}"
    given = answered(st.query_params, name, question)
    st.session_state[key] = None if given is None else question.choices[given]

    def keep() -> None:
        chosen = st.session_state[key]
        st.query_params[name] = str(question.choices.index(chosen) + 1 if chosen in question.choices else 0)

    with st.container(border=True, key=f"{key}_box"):
        st.radio(f"**{question.asked}**", question.choices, key=key, index=None, on_change=keep)
        if given == question.right:
            st.markdown(f":green[:material/check_circle:] **Right.** {question.why}")
        elif given is not None:
            st.markdown(f":orange[:material/replay:] {question.hint}")
    return given == question.right
