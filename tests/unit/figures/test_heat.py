"""Cells of colour: every number is where it belongs, and can be read on its cell."""

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures.heat import cells, for_and_against
from stillroom.figures.theme import DARK, LIGHT, Look, ink_of

TEXTS = [["a", "b", "c"], ["d", "e", "f"]]


def _drawn(values: list[list[float]], look: Look = LIGHT, **more: bool):
    return cells(values, ["one", "two"], ["x", "y", "z"], told=TEXTS, written=TEXTS, look=look, **more)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_zero_is_the_ground_and_both_signs_are_on_one_scale(look: Look) -> None:
    heat = _drawn([[-1, 0, 3], [0, 1, 2]], look, around_zero=True).data[0]
    assert heat.zmin == -heat.zmax == -3
    assert for_and_against(look)[2] == (0.5, ink_of(look).plot)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_every_cell_has_its_text_once_in_black_or_white(look: Look) -> None:
    figure = _drawn([[0, 0.5, 1], [0.2, 0.8, 0.9]], look)
    found = {
        (x, y): (text, trace.textfont.color)
        for trace in figure.data[1:]
        for x, y, text in zip(trace.x, trace.y, trace.text, strict=True)
    }
    assert {place: text for place, (text, _) in found.items()} == {
        (x, y): TEXTS[y][x] for y in range(2) for x in range(3)
    }
    nothing, most = found[0, 0][1], found[2, 0][1]
    assert (nothing, most) == (("#ffffff", "#000000") if look.dark else ("#000000", "#ffffff"))


def test_cells_without_room_have_no_text() -> None:
    many = [[f"{number}" for number in range(40)]]
    names = [f"c{number}" for number in range(40)]
    for look, texts in ((LIGHT, 0), (Look(narrow=True), 0)):
        figure = cells(np.ones((1, 40)), ["r"], names, told=many, written=many, look=look)
        assert len(figure.data) - 1 == texts


@pytest.mark.parametrize("values", [[[1, 2]], [[1, 2, float("nan")], [1, 2, 3]]])
def test_cells_that_do_not_fit_are_refused(values) -> None:
    with pytest.raises(InputError, match="2 rows and 3 columns"):
        _drawn(values)


def test_nothing_at_all_can_be_drawn() -> None:
    assert _drawn([[0, 0, 0], [0, 0, 0]]).data[0].zmax == 1
