"""Attention between channels: a sensor's cell is what its channels give to all channels of the other."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.figures import listening
from stillroom.figures.theme import DARK, Look

CHANNELS = ("left_wrist.acc.x", "right_wrist.gyro.z", "left_wrist.acc.y", "right_wrist.gyro.x", "right_wrist.gyro.y")
looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True)], ids=["light", "dark", "narrow"])
both = pytest.mark.parametrize("draw", [listening.between_channels, listening.between_sensors])


def _shares(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(len(CHANNELS)), size=len(CHANNELS))


@looks
def test_channels_of_a_sensor_lie_side_by_side(check, look: Look) -> None:
    shares = _shares()
    figure = check(listening.between_channels(shares, CHANNELS, origin="Made up", look=look))
    order = [0, 2, 1, 3, 4]
    assert np.asarray(figure.data[0].z) == pytest.approx(100 * shares[np.ix_(order, order)])
    assert len(figure.layout.shapes) == 2, "one line each way between two sensors"
    assert [shape.x0 for shape in figure.layout.shapes if shape.x0 == shape.x1] == [1.5]


@looks
def test_a_sensors_row_sums_to_one_hundred_and_sums_whom_it_listens_to(check, look: Look) -> None:
    shares = _shares()
    figure = check(listening.between_sensors(shares, CHANNELS, origin="Made up", look=look))
    cells = np.asarray(figure.data[0].z)
    assert cells.sum(axis=1) == pytest.approx([100, 100])
    assert cells[0, 1] == pytest.approx(100 * shares[np.ix_([0, 2], [1, 3, 4])].sum(axis=1).mean())
    assert "40 to 60 %" in figure.layout.title.subtitle.text.replace("<br>", " "), "two and three of five channels"


@both
def test_against_other_shares_the_difference_is_drawn(check, draw: Any) -> None:
    one, usual = _shares(0), _shares(1)
    plain, against = (check(draw(one, CHANNELS, origin="Made up", against=base)).data[0] for base in (None, usual))
    base = np.asarray(check(draw(usual, CHANNELS, origin="Made up")).data[0].z)
    assert np.asarray(against.z) == pytest.approx(np.asarray(plain.z) - base)
    assert against.zmin == -against.zmax == -np.abs(np.asarray(against.z)).max()


@both
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_channels_changes_no_cell_of_a_pair(draw: Any, seed: int) -> None:
    mixed = np.random.default_rng(seed).permutation(len(CHANNELS))
    shares = _shares()

    def cells(figure: Any) -> dict[tuple[str, str], float]:
        told, z = figure.data[0].customdata, np.asarray(figure.data[0].z)
        return {(told[r][c][0], told[r][c][1]): z[r, c] for r in range(len(z)) for c in range(len(z))}

    first = cells(draw(shares, CHANNELS, origin="Made up"))
    other = cells(draw(shares[np.ix_(mixed, mixed)], [CHANNELS[i] for i in mixed], origin="Made up"))
    assert other == pytest.approx(first)


@both
def test_names_of_channels_are_no_markup(check, draw: Any) -> None:
    shown = check(draw([[1.0]], ["tape <b>box</b>.acc.x"], origin="Made up"))
    assert "&lt;b&gt;" in shown.layout.xaxis.ticktext[0]


@both
@pytest.mark.parametrize(
    ("shares", "channels", "said"),
    [
        (np.zeros((0, 0)), (), "0 channels"),
        (_shares()[:3], CHANNELS, "5 channels"),
        (2 * _shares(), CHANNELS, "do not sum to one"),
    ],
)
def test_what_is_no_attention_is_refused(draw: Any, shares: Any, channels: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        draw(shares, channels, origin="Made up")
