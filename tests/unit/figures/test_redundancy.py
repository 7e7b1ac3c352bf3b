"""Which sensors repeat each other: each pair is in its cell, on a scale that does not grow with the data."""

from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import redundancy
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
NAMES = ["right_wrist.acc", "right_wrist.gyro", "left_wrist.acc"]
SIGNALS = {
    "sensors": NAMES,
    "values": [[1, 0.4, 0.1], [0.4, 1, 0.05], [0.1, 0.05, 1]],
    "by_chance": [[1, 0.02, 0.01]] * 3,
}


def _overlap(mean: float | None, low: float | None = None) -> dict[str, Any] | None:
    return None if mean is None else {"mean": mean, "low": low, "high": None if low is None else mean + 0.1}


PAIRS = [
    {"first": NAMES[0], "second": NAMES[1], "overlap": _overlap(0.4, 0.3)},
    {"first": NAMES[0], "second": NAMES[2], "overlap": _overlap(None)},
    {"first": NAMES[1], "second": NAMES[2], "overlap": _overlap(9.0)},
]


@looks
def test_signals_stand_in_both_halves_and_nothing_on_the_diagonal(check: Any, look: Look) -> None:
    figure = check(redundancy.of_signals(SIGNALS, origin="Made up", look=look))
    squares = figure.data[0]
    assert [list(row) for row in squares.z] == [[0, 0.4, 0.1], [0.4, 0, 0.05], [0.1, 0.05, 0]]
    assert squares.zmax == 1
    assert "Right wrist acc and right wrist gyro" in figure.layout.meta["alt"]
    assert "40%" in figure.layout.meta["alt"]


@looks
def test_a_pair_that_tells_too_little_is_empty_and_the_surest_is_named(check: Any, look: Look) -> None:
    figure = check(redundancy.of_scores(NAMES, PAIRS, origin="Made up", look=look))
    assert figure.data[0].z[0][2] == 0
    assert figure.data[0].z[1][2] == figure.data[0].zmax == -figure.data[0].zmin
    assert "too little to tell" in figure.data[0].customdata[0][2]
    assert figure.layout.meta["alt"].startswith(
        "Right wrist acc and right wrist gyro repeat each other most surely: 40 %"
    )


def test_without_any_sure_pair_the_title_says_so() -> None:
    figure = redundancy.of_scores(NAMES, PAIRS[1:], origin="Made up")
    assert figure.layout.meta["alt"].startswith("No pair")


def test_one_sensor_is_refused() -> None:
    with pytest.raises(InputError, match="one sensor"):
        redundancy.of_scores(NAMES[:1], [], origin="Made up")
    with pytest.raises(InputError, match="one sensor"):
        redundancy.of_signals({"sensors": NAMES[:1], "values": [[1]], "by_chance": [[1]]}, origin="Made up")
