"""One window: lanes hold what their own sensor adds, and the title names what speaks most for the activity."""

from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures import attribution
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
CHANNELS = ["right_wrist.acc.x", "right_wrist.acc.y", "left_wrist.gyro.x"]
RATE_HZ = 50.0


@pytest.fixture
def signal() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(3, 200))


def _planted(channels: int, at: int, channel: int, times: int = 200) -> np.ndarray:
    found = np.zeros((channels, times))
    found[channel, at] = 5.0
    found[0, at - 40 * times // 200] = -7.0  # of another sensor, where there is one
    return found


def _drawn(signal: np.ndarray, of: Any, **more: Any) -> Any:
    given = {"rate_hz": RATE_HZ, "origin": "Made up", "activity": "tape <b>box</b>"}
    return attribution.window(signal, CHANNELS, of, **given | more)


@looks
def test_each_lane_has_what_a_sample_of_its_sensor_adds_over_time(check, signal: np.ndarray, look: Look) -> None:
    of = np.random.default_rng(1).normal(size=(3, 200))
    figure = check(_drawn(signal, {"teacher": (CHANNELS, of)}, blocks=20, look=look))
    right, left = [trace for trace in figure.data if trace.type == "heatmap"]
    np.testing.assert_allclose(right.z[0], of[:2].sum(axis=0).reshape(20, 10).mean(axis=1))
    np.testing.assert_allclose(left.z[0], of[2].reshape(20, 10).mean(axis=1))
    assert right.zmax == left.zmax == -right.zmin, "one scale for all lanes of a model"
    assert right.x[0] == 0 and right.x[-1] == pytest.approx(4.0)
    lines = [trace for trace in figure.data if trace.type == "scatter"]
    np.testing.assert_allclose([line.y for line in lines], signal)


def test_what_is_even_over_time_is_drawn_even_where_stretches_differ_by_a_sample(check, signal: np.ndarray) -> None:
    figure = check(_drawn(signal, {"teacher": (CHANNELS, np.ones((3, 200)))}, blocks=37))
    for heat in [trace for trace in figure.data if trace.type == "heatmap"]:
        np.testing.assert_allclose(heat.z[0], heat.z[0][0])


def test_the_title_names_where_most_speaks_for_it_and_not_where_most_speaks_against(check, signal: np.ndarray) -> None:
    of = {"teacher": (CHANNELS, _planted(3, 150, 2)), "student": (CHANNELS[:2], _planted(2, 50, 0, times=100))}
    said = check(_drawn(signal, of)).layout.meta["alt"]
    assert "left wrist gyro at 3.0 s (teacher)" in said
    assert "right wrist acc at 2.0 s (distilled student)" in said, "a model of another rate shares the time axis"


def test_a_window_in_which_nothing_speaks_for_it_says_so(check, signal: np.ndarray) -> None:
    for of in (np.zeros((3, 200)), np.full((3, 200), -1.0)):
        assert "nowhere (teacher)" in check(_drawn(signal, {"teacher": (CHANNELS, of)})).layout.meta["alt"]


def test_of_many_sensors_those_with_the_largest_share_are_drawn_and_the_others_counted(check) -> None:
    channels = [f"site{number}.acc.x" for number in range(9)]
    of = np.outer(np.arange(9), np.ones(50))
    figure = check(
        attribution.window(
            np.ones((9, 50)), channels, {"teacher": (channels, of)}, rate_hz=50, origin="Made up", most=3
        )
    )
    heats = [trace for trace in figure.data if trace.type == "heatmap"]
    assert [heat.z[0].mean() for heat in heats] == [6, 7, 8]
    assert "6 lanes with smaller shares are left out" in figure.layout.title.subtitle.text.replace("<br>", " ")


@pytest.mark.parametrize(
    "of",
    [{}, {"teacher": (CHANNELS, np.ones((2, 9)))}, {"teacher": (["head.acc.x"], np.ones((1, 9)))},
     {"teacher": (CHANNELS, np.ones((3, 0)))}],
)  # fmt: skip
def test_attributions_that_do_not_fit_are_refused(signal: np.ndarray, of: Any) -> None:
    with pytest.raises(InputError):
        _drawn(signal, of)
