"""Estimates as words and marks: what is told and drawn is what was given."""

import pytest

from stillroom.figures.intervals import Estimate, Mark, broken, called, estimate_of, marks, places, told
from stillroom.figures.theme import LIGHT, Look


def test_an_interval_is_told_in_words() -> None:
    assert told(Estimate(0.557, 0.459, 0.653)) == "0.56 (0.46 to 0.65)"
    assert told(Estimate(0.121, 0.08, 0.15), ".0%") == "12 % (8 to 15 %)"
    assert told(Estimate(-0.1, -0.25, 0.05), "+.2f") == "-0.10 (-0.25 to +0.05)"


def test_an_estimate_of_one_person_has_no_interval() -> None:
    alone = estimate_of({"mean": 0.5, "low": None, "high": None})
    assert told(alone, ".0%") == "50 %"
    assert not marks({0.0: alone}, Mark("a", "#000000", "circle")).error_x.visible


def test_marks_stand_where_they_were_given_with_their_bounds() -> None:
    mark = marks({1.0: Estimate(0.5, 0.2, 0.6)}, Mark("<b>a</b>", "#000000", "circle"), names=["row <1>"])
    assert mark.x == (0.5,) and mark.y == (1.0,)
    assert mark.error_x.array[0] == pytest.approx(0.1) and mark.error_x.arrayminus[0] == pytest.approx(0.3)
    assert mark.name == "&lt;b&gt;a&lt;/b&gt;" and mark.customdata == ("row &lt;1&gt;: 0.50 (0.20 to 0.60)",)


def test_several_kinds_of_mark_in_a_row_never_cover_each_other() -> None:
    for kinds in (1, 2, 3, 4):
        offsets = places(kinds)
        assert sorted(set(offsets)) == offsets and sum(offsets) == pytest.approx(0) and max(offsets) < 0.5


def test_models_are_called_by_name_within_a_sentence() -> None:
    assert [called(role) for role in ("teacher", "student", "alone")] == [
        "teacher", "distilled student", "student alone",
    ]  # fmt: skip


def test_only_a_narrow_figure_breaks_a_long_name() -> None:
    names = ["right wrist capacitive", "tape box"]
    assert broken(names, LIGHT) == names
    assert broken(names, Look(narrow=True)) == ["right wrist<br>capacitive", "tape box"]
