"""A set of sensors beside all: each score in its row, estimates never in a model's colour."""

from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import kept_set
from stillroom.figures.intervals import Estimate
from stillroom.figures.palette import face_of
from stillroom.figures.theme import DARK, Look

ROWS = [
    kept_set.Score("all 3, estimated", Estimate(0.7, 0.6, 0.8), "estimated"),
    kept_set.Score("this set, estimated", Estimate(0.65), "estimated"),
    kept_set.Score("measured, alone, run <b>", Estimate(0.72, 0.6, 0.8), "alone"),
]


@pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
def test_each_score_is_in_its_row_and_all_are_said(check: Any, look: Look) -> None:
    figure = check(kept_set.beside(ROWS, origin="Made up", look=look))
    assert {(x, y) for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True)} == {
        (0.7, 0),
        (0.65, 1),
        (0.72, 2),
    }
    assert figure.data[1].marker.color == face_of("alone").colour(look.dark)
    assert figure.data[0].marker.color not in {
        face_of(role).colour(look.dark) for role in ("alone", "student", "teacher")
    }
    assert "0.720 (0.600 to 0.800)" in figure.layout.meta["alt"]
    assert "0.650" in figure.layout.meta["alt"]


def test_nothing_to_show_is_refused() -> None:
    with pytest.raises(InputError, match="no score"):
        kept_set.beside([], origin="Made up")
