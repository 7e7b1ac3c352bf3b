"""Trainings one after the other: each where it belongs, with its boundary and its name, and few points."""

from __future__ import annotations

import json

import pytest

from stillroom.figures.palette import FACES
from stillroom.figures.schedule import Course, schedule
from stillroom.figures.theme import Look


def course(role: str, title: str, epochs: int, planned: int, terms: int = 2) -> Course:
    numbers = tuple(range(1, epochs + 1))
    losses = {f"term_{place}": tuple(1 / number for number in numbers) for place in range(terms)}
    return Course(role, title, numbers, tuple(number / 100 for number in numbers), losses, planned)


COURSES = (
    course("teacher", "Teacher", 10, 10),
    course("student-stage_0", "Stage <0>", 4, 4, 1),
    course("student", "S", 3, 30),
)


def test_each_training_begins_where_the_one_before_would_end() -> None:
    figure = schedule(COURSES, origin="here")
    lines = [trace for trace in figure.data if trace.yaxis == "y"]
    assert [(trace.x[0], trace.x[-1]) for trace in lines] == [(1, 10), (11, 14), (15, 17)]
    assert figure.layout.xaxis.range == (0, 44.5)
    assert sorted({shape.x0 for shape in figure.layout.shapes}) == [10.5, 14.5]


def test_colours_are_the_models_own_and_names_are_escaped() -> None:
    figure = schedule(COURSES, origin="here")
    lines = [trace for trace in figure.data if trace.yaxis == "y"]
    assert [trace.line.color for trace in lines] == [FACES[role].light for role in ("teacher", "student", "student")]
    assert "Stage &lt;0&gt;" in {one.text for one in figure.layout.annotations}


def test_losses_are_stacked_within_a_training_alone() -> None:
    areas = [trace for trace in schedule(COURSES, origin="here").data if trace.yaxis == "y2"]
    assert [trace.stackgroup for trace in areas] == ["0", "0", "1", "2", "2"]


def test_the_takeaway_says_what_is_best_so_far() -> None:
    alt = schedule(COURSES, origin="here").layout.meta["alt"]
    assert "Teacher: best macro-F1 0.10 at epoch 10 of at most 10" in alt
    assert "S: best macro-F1 0.03 at epoch 3 of at most 30" in alt


@pytest.mark.parametrize("look", [Look(), Look(dark=True, narrow=True)])
def test_what_is_sent_every_two_seconds_is_small(look: Look) -> None:
    many = [course("student", "Student", 100, 100, 4), course("teacher", "Teacher", 60, 60, 3)]
    assert len(json.dumps(schedule(many, origin="here", look=look).to_plotly_json(), default=list)) < 60_000
