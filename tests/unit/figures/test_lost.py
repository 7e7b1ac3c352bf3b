"""What the student says where the teacher is right: no window on which the teacher errs is counted."""

from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures import lost
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True)], ids=["light", "dark", "narrow"])
DONE = [0, 0, 0, 1, 1, 2, 2]
TEACHER = [0, 0, 1, 1, 1, 0, 0]
STUDENT = [0, 2, 2, 1, 0, 1, 2]


@looks
def test_only_windows_that_the_teacher_gets_right_are_counted(check, report: Any, look: Look) -> None:
    figure = check(lost.where_right(report, DONE, TEACHER, STUDENT, look=look))
    assert np.asarray(figure.data[0].customdata).tolist() == [[1, 0, 1], [1, 1, 0], [0, 0, 0]]
    said = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "4 of 7 windows" in said and "right on 50%" in said
    assert "where the teacher is right" in figure.layout.title.text.replace("<br>", " ")


def test_another_model_may_be_looked_at_and_the_report_stays_as_it_is(check, report: Any) -> None:
    before = np.array(report["alone"]["confusion"])
    figure = check(lost.where_right(report, DONE, TEACHER, STUDENT, role="alone", by="semantic"))
    assert "student, alone" in figure.layout.title.text and "semantic" in figure.layout.title.text
    assert np.array_equal(report["alone"]["confusion"], before)


@pytest.mark.parametrize(
    ("done", "teacher", "student", "said"),
    [
        ([0, 1], [0, 1], [0], "different lengths"),
        ([0, 3], [0, 1], [0, 1], "outside 0 to 2"),
        ([0, 1], [0, 1], [0, -1], "outside 0 to 2"),
        ([0, 1], [1, 0], [0, 1], "right on none"),
        ([], [], [], "right on none"),
    ],
)
def test_what_cannot_be_counted_is_refused(report: Any, done: Any, teacher: Any, student: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        lost.where_right(report, done, teacher, student)
