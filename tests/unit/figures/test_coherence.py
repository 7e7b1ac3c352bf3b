"""What varies together: cells are the values given, numbers are read on them, and the title follows from them."""

from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures import coherence
from stillroom.figures.spectra import ramp
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize(
    "look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)], ids=["light", "dark", "narrow", "both"]
)
SENSORS = ["right_wrist.acc", "right_wrist.gyro", "<b>left</b>.acc"]
CHANNELS = [f"{sensor}.{axis}" for sensor in SENSORS for axis in "xyz"]


def _square(names: Any, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).uniform(0, 0.4, size=(len(names), len(names)))
    values = (values + values.T) / 2
    np.fill_diagonal(values, 1.0)
    return values


def _channels(values: Any = None, channels: Any = CHANNELS, **more: Any) -> Any:
    usual: dict[str, Any] = {"between_hz": (0.5, 10), "origin": "Made up & simulated"}
    shown = _square(channels) if values is None else values
    return coherence.between_channels(shown, channels, **usual | more)


def _sensors(values: Any = None, sensors: Any = SENSORS, **more: Any) -> Any:
    shown = _square(sensors) if values is None else values
    return coherence.between_sensors(shown, sensors, **{"origin": "Made up & simulated"} | more)


def _cells(figure: Any) -> np.ndarray:
    return np.array(figure.data[0].z, dtype=float)


@looks
@pytest.mark.parametrize("draw", [_channels, _sensors])
def test_cells_are_the_values_and_nothing_is_said_of_one_with_itself(check, draw: Any, look: Look) -> None:
    figure = check(draw(look=look))
    shown, given = _cells(figure), _square(CHANNELS if draw is _channels else SENSORS)
    off = ~np.eye(len(given), dtype=bool)
    np.testing.assert_array_equal(shown[off], given[off])
    assert np.isnan(np.diag(shown)).all()
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1), "one scale for every recording"


@looks
def test_numbers_are_written_while_they_have_room(check, look: Look) -> None:
    given = _square(SENSORS)
    figure = check(_sensors(look=look))
    written = {(y, x): text for part in figure.data[1:] for y, x, text in zip(part.y, part.x, part.text, strict=True)}
    assert written == {
        (row, column): f"{100 * given[row, column]:.0f}" for row in range(3) for column in range(3) if row != column
    }
    many = [f"site{number}.acc.x" for number in range(21)]
    assert len(check(_channels(channels=many, look=look)).data) == 1


@pytest.mark.parametrize("look", [Look(), DARK], ids=["light", "dark"])
def test_a_number_is_read_on_every_cell(look: Look) -> None:
    names = [f"s{number}.acc.x" for number in range(15)]
    values = np.linspace(0, 1, 225).reshape(15, 15)
    stops = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for _, colour in ramp(look)])
    places = [place for place, _ in ramp(look)]
    for part in _channels(values, names, look=look).data[1:]:
        text = 1.0 if part.textfont.color == "#ffffff" else 0.0
        for y, x in zip(part.y, part.x, strict=True):
            shown = np.array([np.interp(values[y, x], places, stops[:, band]) for band in range(3)]) / 255
            linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
            low, high = sorted((text, float(linear @ [0.2126, 0.7152, 0.0722])))
            assert (high + 0.05) / (low + 0.05) >= 4.5


def test_channels_of_a_sensor_stand_together_under_its_name(check) -> None:
    mixed = [CHANNELS[place] for place in (0, 3, 1, 4, 2, 5, 6, 7, 8)]
    values = _square(mixed)
    figure = check(_channels(values, mixed))
    order = [mixed.index(name) for name in CHANNELS]
    off = ~np.eye(9, dtype=bool)
    np.testing.assert_array_equal(_cells(figure)[off], values[np.ix_(order, order)][off])
    assert list(figure.layout.yaxis.tickvals) == [1.0, 4.0, 7.0]
    assert figure.layout.yaxis.ticktext[0] == "right wrist acc"
    assert sorted(shape.y0 for shape in figure.layout.shapes if shape.y0 == shape.y1) == [2.5, 5.5]


def test_narrow_names_are_numbered_below(check) -> None:
    figure = check(_sensors(look=Look(narrow=True)))
    assert list(figure.layout.xaxis.ticktext) == ["1", "2", "3"]
    assert figure.layout.yaxis.ticktext[0] == "right wrist<br>acc  1"
    assert figure.layout.yaxis.ticktext[2] == "&lt;b&gt;left&lt;/b&gt;<br>acc  3"


def test_the_title_names_the_pair_of_different_sensors_that_shares_most(check) -> None:
    values = _square(CHANNELS)
    values[0, 1] = values[1, 0] = 0.9  # of one sensor: no news
    values[2, 5] = values[5, 2] = 0.75
    figure = check(_channels(values))
    assert figure.layout.meta["alt"] == "Right wrist acc z and right wrist gyro z share most: 75%"
    assert _channels(channels=CHANNELS[:3]).layout.meta["alt"] == "Coherence of 3 channels"


def test_the_title_names_the_sensor_that_is_told_best_and_by_whom(check) -> None:
    values = 0.1 * _square(SENSORS)
    values[1, 0], values[0, 1] = 0.8, 0.3  # not the same both ways
    assert check(_sensors(values)).layout.meta["alt"] == "Right wrist gyro is told best: 80% of it by right wrist acc"
    assert "what is told" in check(_sensors()).layout.yaxis.title.text
    assert _sensors(title="<i>Mine</i>").layout.meta["alt"] == "<i>Mine</i>"


@pytest.mark.parametrize("draw", [_channels, _sensors])
def test_what_chance_would_show_is_said_when_it_is_known(check, draw: Any) -> None:
    said, silent = (check(draw(chance=chance)).layout.title.subtitle.text for chance in (0.02, None))
    assert "By chance alone it would be about 2%" in said.replace("<br>", " ")
    assert "chance" not in silent


@pytest.mark.parametrize("draw", [_channels, _sensors])
@pytest.mark.parametrize(
    "values", [np.ones((2, 3)), np.full((3, 3), np.nan), np.full((3, 3), 1.1), np.full((3, 3), -0.1), np.ones((4, 4))]
)
def test_what_is_no_square_of_shares_is_refused(draw: Any, values: Any) -> None:
    with pytest.raises(InputError, match="for 3 names"):
        draw(values, SENSORS)
    with pytest.raises(InputError, match="for 1 names"):
        draw(np.ones((1, 1)), SENSORS[:1])
