"""A tornado: every bar from what it is as assumed to what it is at an end, the widest on top, in no model's colour."""

from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import tornado
from stillroom.figures.palette import FACES
from stillroom.figures.table import table_of
from stillroom.figures.theme import DARK, Look
from stillroom.figures.tornado import Move

ROWS = [
    Move("Years <b>in use", "years", 2, 5, 28_200, 46_500),
    Move("Care of one wearable in a year", "minutes", 10, 60, 23_300, 50_800),
    Move("A battery lasts", "months", 6, 24, 36_100, 33_400),
    Move("Known", "EUR", 3, 3, 34_300, 34_300),
]
GIVEN: dict[str, Any] = {"unit": "EUR saved in 3 years", "origin": "Assumed"}


@pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
def test_bars_reach_from_the_outcome_to_the_outcome_at_each_end(check: Any, look: Look) -> None:
    figure = check(tornado.moves(ROWS, 34_300, look=look, **GIVEN))
    low, high = figure.data[:2]
    assert [base + x for base, x in zip(low.base, low.x, strict=True)] == [23_300, 28_200, 36_100]
    assert [base + x for base, x in zip(high.base, high.x, strict=True)] == [50_800, 46_500, 33_400]
    assert list(low.text) == ["10", "2", "6"] and list(high.text) == ["60", "5", "24"]
    colours = {face.colour(look.dark) for face in FACES.values()}
    assert not {low.marker.color, high.marker.color} & colours and low.marker.color != high.marker.color
    left, right = figure.layout.xaxis.range
    assert left < 23_300 and right > 50_800


def test_what_moves_most_is_named_and_every_end_is_said(check: Any) -> None:
    figure = check(tornado.moves(ROWS, 34_300, **GIVEN))
    said = figure.layout.meta["alt"]
    assert "care of one wearable in a year" in figure.layout.title.text
    assert said.startswith(
        "34,300 EUR saved in 3 years as assumed. Care of one wearable in a year at 10 minutes: 23,300"
    )
    assert "Known" not in said
    assert "at 60 minutes: 50,800" in " ".join(table_of(figure)["mark"].dropna())


def test_a_loss_shows_where_nothing_is_saved(check: Any) -> None:
    figure = check(tornado.moves([Move("A", "EUR", 0, 1, -100, 400)], 50, **GIVEN))
    assert figure.layout.xaxis.zeroline is True and "−100" in figure.layout.meta["alt"]
    assert check(tornado.moves(ROWS, 34_300, **GIVEN)).layout.xaxis.zeroline is False


def test_the_smallest_are_left_out_and_counted(check: Any) -> None:
    many = [Move(f"Number {place}", "", 0, place, 10, 11 + place) for place in range(12)]
    figure = check(tornado.moves(many, 10.5, **GIVEN))
    assert len(figure.data[0].x) == tornado.MOST and "3 that move it less" in figure.layout.title.subtitle.text


def test_nothing_that_moves_is_refused() -> None:
    with pytest.raises(InputError, match="no assumption moves"):
        tornado.moves([ROWS[-1]], 34_300, **GIVEN)
