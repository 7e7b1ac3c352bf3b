"""Thinning: few points, and no peak lost."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stillroom.figures.thinning import thin

FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
SIGNALS = arrays(np.float64, st.integers(1, 400), elements=FINITE | st.just(np.nan))


@given(SIGNALS, st.integers(6, 60))
def test_the_extremes_stay_in_their_order_within_the_budget(values: np.ndarray, points: int) -> None:
    times = np.arange(len(values), dtype=np.float64)
    x, y = thin(times, values, points)
    assert len(x) == len(y) <= max(points, 6)
    assert np.all(np.diff(x) > 0)
    assert np.array_equal(values[x.astype(int)], y, equal_nan=True)
    if not np.isnan(values).all():
        assert np.nanmin(y) == np.nanmin(values)
        assert np.nanmax(y) == np.nanmax(values)


@given(SIGNALS, st.integers(6, 60))
def test_a_gap_stays_a_gap(values: np.ndarray, points: int) -> None:
    _, y = thin(np.arange(len(values)), values, points)
    assert np.isnan(y).any() == np.isnan(values).any()


def test_a_single_knock_in_a_million_samples_is_kept() -> None:
    values = np.zeros(1_000_000)
    values[654_321] = 9.0
    x, y = thin(np.arange(len(values)), values)
    assert len(x) <= 1500
    assert x[y.argmax()] == 654_321


def test_a_short_line_is_left_alone() -> None:
    x, y = thin([1.0, 2.0], [3.0, 4.0])
    assert x.tolist() == [1.0, 2.0]
    assert y.tolist() == [3.0, 4.0]
