"""Recordings, lanes and windows over time."""

import numpy as np
import pytest

from stillroom.figures import people, signals, timeline, views
from stillroom.figures.bands import bands_of_windows, within
from stillroom.figures.theme import DARK, Look

CHANNELS = [f"{site}.{kind}.{axis}" for site in ("right", "left") for kind in ("acc", "gyro") for axis in "xyz"]
BANDS = [(0.0, 10.0, "pick"), (12.0, 30.0, "tape <b>box</b>")]
ORIGIN = "Made up & simulated, recording 1/1"


@pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True)], ids=["light", "dark", "narrow"])
def test_a_recording_has_a_row_for_each_sensor_and_one_for_its_activities(check, look: Look) -> None:
    signal = np.random.default_rng(0).standard_normal((12, 50_000))
    figure = check(signals.recording(signal, CHANNELS, rate_hz=100, bands=BANDS, origin=ORIGIN, look=look))
    assert len(figure.data) == 1 + 12
    rows = {annotation.text for annotation in figure.layout.annotations}
    assert rows == {"right, acc", "right, gyro", "left, acc", "left, gyro"}
    assert len(figure.layout.shapes) == len(BANDS)


def test_a_zoom_is_thinned_from_the_samples_it_shows(check) -> None:
    signal = np.zeros((1, 100_000))
    signal[0, 50_500] = 5.0
    figure = check(signals.recording(signal, ["a.acc.x"], rate_hz=100, origin=ORIGIN, between_s=(500, 510)))
    assert len(figure.data[0].x) == 1000
    assert max(figure.data[0].y) == 5.0


def test_where_activities_are_too_many_the_ribbon_alone_tells_them(check) -> None:
    bands = [(float(place), place + 0.9, "abc"[place % 3]) for place in range(200)]
    figure = check(signals.recording(np.ones((1, 20_000)), ["a.acc.x"], rate_hz=100, bands=bands, origin=ORIGIN))
    assert not figure.layout.shapes
    assert len(figure.data[0].x) == 200


def test_a_gap_breaks_the_line(check) -> None:
    figure = check(
        signals.recording(np.ones((1, 100)), ["a.acc.x"], rate_hz=10, segments=[[0, 40], [60, 100]], origin=ORIGIN)
    )
    assert np.isnan(figure.data[0].y[40:60]).all()
    assert not np.isnan(figure.data[0].y[:40]).any()


def test_windows_speak_for_the_time_around_their_middles() -> None:
    bands, wrong = bands_of_windows([0, 2, 4, 20], 4, ["a", "a", "b", "b"], ["a", "a", "a", "b"])
    assert bands == [(1.0, 5.0, "a"), (5.0, 8.0, "b"), (20.0, 23.0, "b")]
    assert wrong == [False, True, False]


def test_windows_far_apart_leave_the_time_between_them_empty() -> None:
    bands, _ = bands_of_windows([0, 100], 4, ["a", "a"])
    assert [band[1] - band[0] for band in bands] == [4.0, 4.0]
    assert bands_of_windows([], 4, []) == ([], [])


def test_bands_are_cut_to_what_is_shown() -> None:
    assert within(BANDS, (5, 13)) == [(5, 10.0, "pick"), (12.0, 13, "tape <b>box</b>")]


def test_a_wrong_answer_is_hatched_and_a_right_one_is_not(check) -> None:
    starts, truth = [0, 2, 4, 6], ["pick", "pick", "scan", "scan"]
    said = {"teacher": truth, "student": ["pick", "scan", "scan", "scan"]}
    figure = check(timeline.lanes(starts, 4, truth, said, ["pick", "scan"], between_s=(0, 10), origin=ORIGIN))
    assert [bar.y[0] for bar in figure.data] == ["what was done", "teacher", "student, distilled"]
    assert set(figure.data[1].marker.pattern.shape) == {""}
    assert list(figure.data[2].marker.pattern.shape) == ["", "/", ""]


def test_hatching_follows_the_zoom(check) -> None:
    starts, truth = [0, 10, 20], ["a", "a", "a"]
    figure = check(
        timeline.lanes(starts, 4, truth, {"alone": ["b", "a", "b"]}, "ab", between_s=(15, 30), origin=ORIGIN)
    )
    assert list(figure.data[1].marker.pattern.shape) == ["/"]


def test_overlapping_windows_stand_in_rows_of_their_own(check) -> None:
    figure = check(
        timeline.windows(
            [0, 2, 4, 6], 4, ["pick"] * 4, [1, 0.5, 1, 1], ["pick"], bands=BANDS, between_s=(0, 20), origin=ORIGIN
        )
    )
    assert list(figure.data[1].y) == ["windows 1", "windows 2", "windows 1", "windows 2"]
    assert len(set(figure.data[1].marker.color)) == 2, "a mixed window is paler"


def test_views_of_a_window_stand_side_by_side(check) -> None:
    window = np.random.default_rng(0).standard_normal((6, 50))
    seen = {"as recorded": window, "turned": -window, "view 2": window}
    figure = check(views.window(seen, CHANNELS[:6], rate_hz=25, origin=ORIGIN))
    assert len(figure.data) == 3 * 6
    assert [a.text for a in figure.layout.annotations][:3] == list(seen)
    assert len(views.window(seen, CHANNELS[:6], rate_hz=25, origin=ORIGIN, look=Look(narrow=True)).data) == 2 * 6


def test_a_split_shows_everyone_once_in_each_fold(check) -> None:
    fold = {"fold": "1+2", "train": ["3", "4"], "validation": ["5"], "test": ["1", "2"]}
    figure = check(people.folds([fold, fold | {"fold": "x"}], origin=ORIGIN))
    assert "Own words" in check(people.folds([fold], origin=ORIGIN, title="Own words")).layout.title.text
    shown = [(name, row) for trace in figure.data for name, row in zip(trace.x, trace.y, strict=True)]
    assert len(shown) == len(set(shown)) == 2 * 5
    assert figure.layout.xaxis.type == "category", "people called by numbers stay people"
