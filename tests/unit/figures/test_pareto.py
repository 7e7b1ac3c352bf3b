"""What a score costs: every student is drawn, the front is stepped and numbered, what is over budget is not on it."""

from __future__ import annotations

import pytest

from stillroom.base.errors import InputError
from stillroom.figures.intervals import Estimate
from stillroom.figures.palette import face_of
from stillroom.figures.pareto import Student, students
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])


def point(name: str, cost: float, score: float, role: str = "student", *, within: bool = True) -> Student:
    return Student(name, role, cost, Estimate(score, score - 0.1, score + 0.05), within)


POINTS = [point("a", 3, 0.7), point("b", 6, 0.8, "alone"), point("tape <b>box</b>", 6, 0.6), point("d", 9, 0.75)]


def by_name(figure, name: str):
    return next(trace for trace in figure.data if trace.name == name and trace.x[0] is not None)


@looks
def test_the_front_is_stepped_numbered_and_has_its_intervals(check, look: Look) -> None:
    figure = check(students(POINTS, axis="channels", origin="Made up", look=look))
    steps = by_name(figure, "front")
    assert list(zip(steps.x, steps.y, strict=True)) == [(3, 0.7), (6, 0.8)] and steps.line.shape == "hv"
    for role, number, place in (("student", 1, 0), ("alone", 2, 1)):
        shown = by_name(figure, face_of(role).title)
        assert shown.text == (f"<b>{number}</b>",) and shown.y == (POINTS[place].score.value,)
        assert shown.error_y.array[0] == pytest.approx(0.05) and shown.error_y.arrayminus[0] == pytest.approx(0.1)
        assert shown.marker.color == face_of(role).colour(look.dark) and shown.marker.symbol == face_of(role).symbol


def test_every_student_is_drawn_once_and_those_that_are_beaten_without_an_interval(check) -> None:
    figure = check(students(POINTS, axis="channels", origin="Made up"))
    marks = [trace for trace in figure.data if "markers" in trace.mode and trace.x and trace.x[0] is not None]
    drawn = sorted(pair for trace in marks for pair in zip(trace.x, trace.y, strict=True))
    assert drawn == sorted((one.cost, one.score.value) for one in POINTS)
    beaten = [trace for trace in figure.data if "beaten" in trace.name]
    assert all(trace.error_y.array is None for trace in beaten)


def test_what_is_over_the_budget_is_not_on_the_front(check) -> None:
    over = [POINTS[0], point("b", 6, 0.8, "alone", within=False)]
    figure = check(students(over, axis="channels", origin="Made up"))
    assert by_name(figure, "front").x == (3,) and "0.70" in figure.layout.meta["alt"]
    none = students([point("b", 6, 0.8, within=False)], axis="channels", origin="Made up")
    assert none.layout.meta["alt"] == "No student keeps to the budget."


def test_the_teacher_is_a_line_across_and_the_picked_one_is_ringed(check) -> None:
    figure = check(students(POINTS, axis="channels", origin="Made up", teacher=Estimate(0.9), picked=1))
    assert figure.layout.shapes[0].y0 == 0.9 and "teacher 0.90" in figure.layout.annotations[0].text
    ring = by_name(figure, "picked")
    assert (ring.x, ring.y) == ((6,), (0.8,))


def test_intervals_are_over_what_was_tested() -> None:
    for units in ("people", "stretches"):
        figure = students(POINTS, axis="channels", origin="Made up", units=units)
        assert f"Intervals over {units}" in figure.layout.title.subtitle.text


def test_a_logarithm_of_nothing_and_no_student_at_all_are_refused() -> None:
    with pytest.raises(InputError, match="no student to draw"):
        students([], axis="channels", origin="Made up")
    with pytest.raises(InputError, match="no logarithm"):
        students([point("a", 0, 0.5)], axis="MACs", origin="Made up", log=True)
    assert students(POINTS, axis="MACs", origin="Made up", log=True).layout.xaxis.type == "log"
