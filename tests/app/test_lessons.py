"""Lessons: what each must have, what of an address is believed, which windows are chosen, and how a page leads on."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.app.kit import opened, words
from tests.app.made import changed, run_like

import stillroom_app
from stillroom.runs.predictions import predictions_of
from stillroom_app import state
from stillroom_app.components import lesson as drawn
from stillroom_app.components.page import picture
from stillroom_app.services import listing
from stillroom_app.services import workspace as workspace_
from stillroom_app.services.lessons import answers, rhythms, stretches
from stillroom_app.services.lessons.fitted import told_on
from stillroom_app.services.lessons.frame import Knob, Lesson, answered, told, written
from stillroom_app.services.lessons.shelf import LESSONS, after

_APP = Path(stillroom_app.__file__).parent
_MOST_WORDS, _MOST_BYTES = 60, 400_000
every_lesson = pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))


@every_lesson
def test_each_question_has_exactly_one_right_answer_with_a_reason(lesson: Lesson) -> None:
    guesses = [step.guess for step in lesson.steps if step.guess]
    assert len(guesses) == 1 and len(lesson.checks) == 2
    for question in (*guesses, *lesson.checks):
        assert 2 <= len(question.choices) == len(set(question.choices))
        assert 0 <= question.right < len(question.choices)
        assert question.asked.endswith("?") and question.why.endswith(".") and question.hint.endswith((".", "?"))


@every_lesson
def test_a_lesson_is_short(lesson: Lesson) -> None:
    assert 1 <= lesson.minutes <= 5 and 3 <= len(lesson.steps) <= 6
    assert [step.title for step in lesson.steps if len(step.words.split()) > _MOST_WORDS] == []
    assert lesson.question.endswith("?") and lesson.sources


@every_lesson
def test_steps_turn_knobs_that_there_are_to_values_that_they_have(lesson: Lesson) -> None:
    known = {knob.name: knob for knob in lesson.knobs}
    assert len(known) == len(lesson.knobs)
    for step in lesson.steps:
        assert set(step.knobs) <= set(known) and set(step.sets) <= set(known)
        assert {name: known[name].read(value, 99) for name, value in step.sets.items()} == dict(step.sets)
    for knob in lesson.knobs:
        assert knob.read(knob.first, 99) == knob.first


@every_lesson
def test_no_knob_takes_a_name_that_the_app_has_in_its_addresses(lesson: Lesson) -> None:
    text = "\n".join(path.read_text() for path in _APP.rglob("*.py") if "lessons" not in path.parts)
    bound = set(re.findall(r'key="(\w+)"[^\n]*bind=', text)) | {state.DATA, state.RUN, state.TEACH}
    own = {drawn.LESSON, drawn.STEP, drawn.GUESS, *drawn.CHECKS, "lesson_run"}
    assert not {knob.name for knob in lesson.knobs} & (bound | own)


@every_lesson
def test_what_is_sent_for_the_demo_is_plain_and_small(lesson: Lesson) -> None:
    fitting = [one for one in listing.finished() if lesson.fits(one)]
    assert fitting
    data = lesson.data(fitting[0].entry)
    assert len(json.dumps(data, allow_nan=False)) < _MOST_BYTES
    names = [one["name"] for one in data["samples"]]
    assert names and len(set(names)) == len(names) and data["origin"]
    said = " ".join(step.words for step in lesson.steps)
    assert "[[" not in told(said, data["words"])


@every_lesson
def test_its_script_and_its_sketch_are_there(lesson: Lesson) -> None:
    assert "const LESSON" in drawn.script_of(lesson.slug) and picture(f"lessons/{lesson.slug}.svg").is_file()


def test_lessons_follow_one_another() -> None:
    numbers = [one.number for one in LESSONS.values()]
    assert numbers == [*range(1, len(numbers) + 1)]
    first, last = (LESSONS[name] for name in (next(iter(LESSONS)), [*LESSONS][-1]))
    following = after(first)
    assert following is not None and following.number == 2 and after(last) is None


_NUMBERS = Knob("x", "x", least=1, most=20, step=0.5, start=4)
_KNOBS = (
    _NUMBERS, Knob("n", "n", "steps", most=40), Knob("sample", "w", "sample"), Knob("m", "m", "mark"),
    Knob("c", "c", "choice", choices=(("a", "A"), ("b", "B"))),
)  # fmt: skip


@given(text=some.text(max_size=40) | some.floats().map(str) | some.integers().map(str))
def test_whatever_an_address_says_a_knob_stands_at_a_value_that_it_has(text: str) -> None:
    for knob in _KNOBS:
        value = knob.read(text, 5)
        assert knob.read(written({"x": value})["x"], 5) == value
    assert 1 <= float(_NUMBERS.read(text, 5)) <= 20
    assert _KNOBS[2].read(text, 5) in range(5) and _KNOBS[4].read(text, 5) in ("a", "b")


def test_an_address_is_read_to_the_step_of_a_knob() -> None:
    assert _NUMBERS.read("4.3", 0) == 4.5 and _NUMBERS.read("-7", 0) == 1 and _NUMBERS.read("nan", 0) == 4
    assert _KNOBS[3].read("3:1.25,4:0.5", 0) == "3:1.25,4:0.5" and _KNOBS[3].read("<b>", 0) == ""


def test_an_address_without_knobs_begins_as_its_step_does() -> None:
    lesson = told_on(LESSONS["temperature"], {"begins": {"wrong": {"sample": 3}}})
    assert lesson.read({"step": "5"}, 5)["sample"] == 3 and lesson.read({"step": "5", "sample": "1"}, 5)["sample"] == 1
    assert lesson.step_of({"step": "99"}) == len(lesson.steps) and lesson.step_of({"step": "x"}) == 0
    question = lesson.checks[0]
    assert [answered({"q": one}, "q", question) for one in ("1", "3", "0", "4", "x")] == [0, 2, None, None, None]


def test_the_windows_of_the_lessons_on_answers_are_what_their_names_say() -> None:
    run = workspace_.entry(workspace_.HEADLINE)
    data = answers.data(run)
    said = [one["name"].partition(":")[0] for one in data["samples"]]
    assert said == ["Sure", "Torn", "Only the teacher right", "Teacher wrong", "Teacher surely wrong"]
    right = [int(np.argmax(one["teacher"])) == one["label"] for one in data["samples"]]
    assert right == [True, True, True, False, False]
    student = data["samples"][2]
    assert int(np.argmax(student["student"])) != student["label"]
    kept = predictions_of(run.run, "teacher")
    for one in data["samples"]:
        at = int(np.flatnonzero(kept.ids == one["number"])[0])
        shares = np.exp(one["teacher"]) / np.exp(one["teacher"]).sum()
        assert shares == pytest.approx(kept.probabilities[at], abs=1e-3)  # kept as half precision gave them
        assert sum(one["teacher"]) == pytest.approx(0, abs=1e-9)


def test_a_stretch_shows_the_labels_of_every_sample() -> None:
    data = stretches.data(workspace_.entry(workspace_.HEADLINE))
    assert len({one["name"].partition("/")[0] for one in data["samples"]}) == len(data["samples"]) == 3
    for one in data["samples"]:
        assert one["count"] == 40 * data["rate"] and len(one["signal"]) == 3
        assert [one["spans"][0][0], one["spans"][-1][1]] == [0, one["count"]]
        assert all(left[1] == right[0] and left[2] != right[2] for left, right in pairwise(one["spans"]))


def test_the_hum_of_the_screwdriver_stands_where_the_lesson_says() -> None:
    data = rhythms.data(workspace_.entry(workspace_.HEADLINE))
    one = next(one for one in data["samples"] if one["activity"] == "drive screws")
    signal = np.array(one["signal"])
    strongest = int(np.abs(np.fft.rfft(signal - signal.mean())).argmax())
    assert "7.5 Hz" in data["words"]["look"] and abs(strongest * data["rate"] / len(signal) - 7.5) <= 1


def test_the_shelf_has_a_card_for_every_lesson() -> None:
    said = words(opened("lessons"))
    assert all(one.question in said for one in LESSONS.values())


@every_lesson
def test_a_lesson_goes_from_its_first_step_to_its_checks(lesson: Lesson) -> None:
    at = opened("lessons", lesson=lesson.slug)
    assert at.title[0].value == lesson.question
    for step in lesson.steps:
        assert step.title in [one.value for one in at.subheader]
        at.button(key="lesson_next").click().run()
        assert not at.exception
    assert at.query_params["step"] == str(len(lesson.steps) + 1)
    assert len(at.radio) == 2


def test_a_guess_comes_before_its_answer_and_stays_in_the_address() -> None:
    lesson = LESSONS["temperature"]
    at, question = opened("lessons", lesson=lesson.slug, step="2"), lesson.steps[1].guess
    assert question and at.button(key="lesson_show").disabled and question.why not in words(at)
    at.radio[0].set_value(question.choices[0]).run()
    assert question.why not in words(at) and not at.get("latex")
    at.button(key="lesson_show").click().run()
    assert at.query_params["guess"] == "1" and question.why in words(at) and at.get("latex")
    assert question.why in words(opened("lessons", lesson=lesson.slug, step="2", guess="3"))


def test_a_lesson_is_done_when_both_checks_are_right_and_not_before() -> None:
    lesson = LESSONS["temperature"]
    at = opened("lessons", lesson=lesson.slug, step=str(len(lesson.steps) + 1))
    for number, question in enumerate(lesson.checks):
        wrong = question.choices[(question.right + 1) % len(question.choices)]
        at.radio[number].set_value(wrong).run()
        assert question.hint in words(at) and not at.success
        at.radio[number].set_value(question.choices[question.right]).run()
        assert question.why in words(at)
    assert at.success and at.session_state[drawn.DONE] == {lesson.slug}


def test_a_run_whose_recordings_are_gone_says_so_and_still_teaches_what_it_can(workspace: Path, tmp_path: Path) -> None:
    run_like("tsak", workspace / "mine", data=f"folder:{tmp_path / 'gone'}")
    at = opened("lessons", lesson="windows", run="mine")
    assert "recordings of this run cannot be opened" in words(at)
    at.selectbox(key="lesson_run").set_value(workspace_.HEADLINE).run()  # no dead end
    assert at.subheader[0].value == LESSONS["windows"].steps[0].title
    assert opened("lessons", lesson="hard_soft", run="mine").subheader[0].value == LESSONS["hard_soft"].steps[0].title


def never_wrong(folder: Path) -> Path:
    """A run whose teacher was right in every tested window."""
    run = run_like("tsak", folder)
    for path in run.glob("folds/*/teacher/predictions.npz"):
        with np.load(path) as kept:
            arrays = {name: kept[name] for name in kept.files}
        shares = np.full_like(arrays["probabilities"], 0.01)
        shares[np.arange(len(shares)), arrays["truth"]] = 1 - 0.01 * (shares.shape[1] - 1)
        np.savez(path, **{**arrays, "probabilities": shares})
    return run


def test_nothing_is_told_of_a_wrong_teacher_where_it_was_always_right(workspace: Path) -> None:
    never_wrong(workspace / "right")
    data = answers.data(workspace_.entry("right"))
    assert not any("eacher wrong" in one["name"] for one in data["samples"])
    assert data["words"]["wrong"].startswith("0 of")
    third, fourth = (told_on(LESSONS[slug], data) for slug in ("temperature", "hard_soft"))
    assert "Teacher wrong" not in [step.title for step in third.steps] and len(third.steps) == 4
    assert len(fourth.steps) == 4 and fourth.read({}, 3)["sample"] == 0
    at = opened("lessons", lesson="temperature", lesson_run="right", step="5")
    assert len(at.radio) == 2 and not at.subheader  # the checks
    demo = answers.data(workspace_.entry(workspace_.HEADLINE))
    for slug, step in (("temperature", "5"), ("hard_soft", "2"), ("hard_soft", "3")):
        place = int(told_on(LESSONS[slug], demo).read({"step": step}, 5)["sample"])
        assert demo["samples"][place]["name"].startswith("Teacher wrong")


def test_the_address_names_the_run_that_is_told_of_whichever_was_chosen(workspace: Path) -> None:
    for name in ("a_mine", "z_mine"):
        run_like("tsak", workspace / name)
    at = opened("lessons", lesson="temperature")
    assert "lesson_run" not in at.query_params
    for name in [str(one) for one in at.selectbox(key="lesson_run").options]:
        at.selectbox(key="lesson_run").set_value(name).run()
        assert at.query_params["lesson_run"] in (name, [name])
        again = opened("lessons", lesson="temperature", lesson_run=name)
        assert again.selectbox(key="lesson_run").value == name
    sent = opened("lessons", lesson="temperature", run="z_mine")
    assert sent.query_params["lesson_run"] in ("z_mine", ["z_mine"])


def test_what_it_costs_begins_with_the_windows_of_the_run_itself() -> None:
    data = stretches.data(workspace_.entry(workspace_.HEADLINE))
    own = {"length": 2.56, "stride": 12.0, "purity": 0.7}
    for begins in (data["begins"]["own"], own):
        lesson = told_on(LESSONS["windows"], {**data, "begins": {"own": begins}})
        assert lesson.read({"step": "4"}, 3).items() >= begins.items()
        assert lesson.read({"step": "2"}, 3)["length"] == 4
    run = workspace_.entry(workspace_.HEADLINE).run.facts["asked"]["windows"]
    assert data["begins"]["own"]["length"] == run["window_s"] and data["begins"]["own"]["stride"] == run["stride_s"]


def test_a_choice_that_a_run_has_nothing_for_is_not_offered() -> None:
    lesson = told_on(LESSONS["temperature"], {"choices": {"rule": ["hinton", "released"]}})
    rule = next(knob for knob in lesson.knobs if knob.name == "rule")
    assert [value for value, _ in rule.choices] == ["hinton", "released"] and rule.read("conditional", 5) == "hinton"


def test_names_of_ones_own_stand_as_they_are(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    classes: list[Any] = json.loads((run / "report.json").read_text())["classes"]
    changed(run, classes=["<b>x</b>", *classes[1:]])
    data = answers.data(drawn_entry("mine"))
    assert data["classes"][0] == "<b>x</b>"
    at = opened("lessons", lesson="temperature", run="mine")
    assert "<b>x</b>" not in words(at)


def drawn_entry(name: str) -> Any:
    return workspace_.entry(name)
