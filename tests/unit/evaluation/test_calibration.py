from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss

from stillroom.base.errors import InputError
from stillroom.evaluation.calibration import calibration


def two_class(confidence: list[float]) -> np.ndarray:
    return np.array([[value, 1 - value] for value in confidence])


def test_ece_by_hand() -> None:
    # Width bins of 0.5..1: two windows at 0.6 (one right), two at 0.9 (both right):
    # (2 * |0.5 - 0.6| + 2 * |1 - 0.9|) / 4 = 0.1.
    found = calibration([0, 1, 0, 0], two_class([0.6, 0.6, 0.9, 0.9]), bins=4, binning="width")
    assert found.ece == pytest.approx(0.1)
    assert [(one.count, one.accuracy) for one in found.bins] == [(2, 0.5), (2, 1.0)]


def test_mass_bins_hold_equal_numbers_where_width_bins_do_not() -> None:
    chances = two_class([0.91, 0.92, 0.93, 0.94, 0.95, 0.6])
    truth = [0] * 6
    assert [one.count for one in calibration(truth, chances, bins=3).bins] == [2, 2, 2]
    assert [one.count for one in calibration(truth, chances, bins=3, binning="width").bins] == [1, 5]


def test_equal_confidences_share_a_bin() -> None:
    assert [one.count for one in calibration([0, 1, 0, 0], two_class([0.8] * 4), bins=4).bins] == [4]


def test_brier_and_nll_by_hand() -> None:
    found = calibration([0, 1], two_class([0.8, 0.6]))
    assert found.brier == pytest.approx((0.2**2 * 2 + 0.6**2 * 2) / 2)
    assert found.nll == pytest.approx(-(np.log(0.8) + np.log(0.4)) / 2)


def test_nll_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, chances = rng.integers(0, 5, 40), rng.dirichlet(np.ones(5), 40)
    assert calibration(truth, chances).nll == pytest.approx(log_loss(truth, chances, labels=range(5)))


def test_a_sure_mistake_is_finite() -> None:
    found = calibration([1], [[1.0, 0.0]])
    assert (found.ece, found.brier) == (1.0, 2.0)
    assert 36 < found.nll < 37


def test_perfect_probabilities_cost_nothing() -> None:
    found = calibration([0, 1, 2], np.eye(3))
    assert (found.ece, found.brier, found.nll) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("chances", "says"),
    [
        ([[2.0, -1.0]], "softmax"),
        ([[0.5, 0.6]], "window 0"),
        ([[float("nan"), 1.0]], "window 0"),
        ([0.5, 0.5], "shape"),
        ([[0.5, 0.5], [0.5, 0.5]], "truth 1, probabilities 2"),
    ],
)
def test_what_are_no_probabilities_is_refused(chances: list[object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        calibration([0], chances)


def test_no_bin_is_refused() -> None:
    with pytest.raises(InputError, match="bins"):
        calibration([0], [[1.0, 0.0]], bins=0)
    with pytest.raises(InputError, match="Known: mass, width"):
        calibration([0], [[1.0, 0.0]], binning="log")
