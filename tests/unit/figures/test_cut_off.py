"""Scores under a low pass: every number drawn is the given one, and the title's sentence follows from them."""

from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures import cut_off
from stillroom.figures.palette import face_of
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize(
    "look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)], ids=["light", "dark", "narrow", "both"]
)
SCORES = {  # of the teacher and of the student by cut
    1.0: (0.40, 0.30),
    2.0: (0.79, 0.50),
    5.0: (0.785, 0.69),
    10.0: (0.80, 0.70),
    None: (0.80, 0.70),
}


def _score(value: float) -> dict[str, Any]:
    return {"macro_f1": value, "low": value - 0.05, "high": value + 0.03}


@pytest.fixture
def points() -> list[dict[str, Any]]:
    """Unordered, with the recorded one in the middle."""
    found = [
        {"cut_hz": cut, "teacher": _score(teacher), "student": _score(student)}
        for cut, (teacher, student) in SCORES.items()
    ]
    return [found[place] for place in (2, 4, 0, 3, 1)]


def _drawn(points: Any, **more: Any) -> Any:
    return cut_off.scores(points, **{"origin": "Made up & simulated", "people": 10} | more)


def _named(figure: Any, role: str) -> list[Any]:
    return [trace for trace in figure.data if trace.name == face_of(role).title]


@looks
def test_scores_and_intervals_are_the_given_ones(check, points: Any, look: Look) -> None:
    figure = check(_drawn(points, look=look))
    for place, role in enumerate(("teacher", "student")):
        line, recorded = _named(figure, role)
        assert list(line.x) == [1.0, 2.0, 5.0, 10.0]
        assert list(line.y) == [SCORES[cut][place] for cut in line.x]
        low, high = [trace for trace in figure.data if trace.legendgroup == role and trace.line.width == 0]
        np.testing.assert_allclose(low.y, np.array(line.y) - 0.05)
        np.testing.assert_allclose(high.y, np.array(line.y) + 0.03)
        assert recorded.y[0] == SCORES[None][place] and recorded.x[0] > 10
        assert recorded.error_y.array[0] == pytest.approx(0.03)
        assert recorded.error_y.arrayminus[0] == pytest.approx(0.05)
        colour = face_of(role).colour(look.dark)
        assert line.line.color == line.marker.color == recorded.marker.color == colour
        assert line.marker.symbol == face_of(role).symbol


@looks
def test_the_point_as_recorded_is_named_and_everything_is_in_sight(check, points: Any, look: Look) -> None:
    figure = check(_drawn(points, look=look))
    axis = figure.layout.xaxis
    assert axis.ticktext[-1] == "as<br>recorded"
    low, high = 10 ** np.array(axis.range)
    for trace in figure.data:
        assert low < min(trace.x) and max(trace.x) < high
        assert figure.layout.yaxis.range[0] < min(trace.y) and max(trace.y) < figure.layout.yaxis.range[1]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["teacher", "student, distilled"]


def test_the_title_says_how_far_down_nothing_is_lost(check, points: Any) -> None:
    said = check(_drawn(points)).layout.meta["alt"]
    assert said == "Within 0.02 macro-F1 of the score as recorded: teacher down to 2 Hz; student down to 5 Hz"
    said = _drawn(points, allowed=0.005).layout.meta["alt"]
    assert said.endswith("teacher down to 10 Hz; student down to 10 Hz"), "a dip at 5 Hz ends it, whatever lies below"
    for point in points:
        if point["cut_hz"] == 10:
            point["student"] = _score(0.5)
    assert _drawn(points).layout.meta["alt"].endswith("student at no cut")


def test_one_person_has_no_interval(check, points: Any) -> None:
    for point in points:
        for role in ("teacher", "student"):
            point[role] |= {"low": None, "high": None}
    figure = check(_drawn(points, people=1))
    assert len(figure.data) == 4 and not any(trace.fill for trace in figure.data)
    assert all(trace.error_y.array is None for trace in figure.data)
    assert "no interval" in figure.layout.title.subtitle.text


def test_a_missing_score_is_left_out(check, points: Any) -> None:
    points[0]["student"] = None
    del points[2]["student"]
    figure = check(_drawn(points))
    assert list(_named(figure, "student")[0].x) == [2.0, 10.0]
    points[1]["student"] = None
    assert check(_drawn(points)).layout.meta["alt"].endswith("student not scored as recorded")


def test_any_model_can_be_shown_and_its_name_is_no_markup(check, points: Any) -> None:
    for point in points:
        point["tape <b>net</b>"] = _score(0.6)
    figure = check(_drawn(points, look=Look(narrow=True)))
    assert sum(bool(trace.showlegend) for trace in figure.data) == 3
    beside = [_named(figure, role)[1].x[0] for role in ("teacher", "student")]
    assert beside[0] < beside[1], "no recorded point hides another"


def test_ticks_of_close_cuts_do_not_run_into_each_other(check) -> None:
    points = [{"cut_hz": cut, "teacher": _score(0.5)} for cut in [*np.arange(0.5, 12.5, 0.25).tolist(), None]]
    for look in (Look(), Look(narrow=True)):
        ticks = np.log10(check(_drawn(points, look=look)).layout.xaxis.tickvals)
        whole = ticks[-1] - ticks[0]
        assert np.diff(ticks).min() / whole > (0.08 if look.narrow else 0.03)


@pytest.mark.parametrize(
    "cuts", [[], [None], [1.0], [1.0, 1.0, None], [0.0, None], [-1.0, 2.0, None], [1.0, None, None]]
)
def test_cuts_that_make_no_line_are_refused(cuts: Any) -> None:
    with pytest.raises(InputError, match="make no line"):
        _drawn([{"cut_hz": cut, "teacher": _score(0.5)} for cut in cuts])


def test_points_without_any_score_are_refused() -> None:
    with pytest.raises(InputError, match="no score"):
        _drawn([{"cut_hz": 1.0, "teacher": None}, {"cut_hz": None}])


def test_stretches_are_not_called_people(check, points: Any) -> None:
    said = check(_drawn(points, units="stretches")).layout.title.subtitle.text.replace("<br>", " ")
    assert "interval over 10 stretches" in said and "people" not in said
