from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stillroom.base.errors import InputError
from stillroom.explain.calibrated import calibrated, compared
from stillroom.explain.subsets import Subset, all_subsets

SUBSETS = all_subsets("abcde")
SIZES = np.array([len(subset) for subset in SUBSETS])


def given_as(values: np.ndarray) -> dict[Subset, float]:
    return dict(zip(SUBSETS, values.tolist(), strict=True))


def measured(seed: int = 0, spread: float = 0.05) -> np.ndarray:
    return 0.4 + 0.1 * SIZES + spread * np.random.default_rng(seed).standard_normal(31)


def test_a_perfect_estimate_has_no_error_and_ranks_all() -> None:
    truth = given_as(measured())
    found = calibrated(truth, truth)
    assert (found.n, found.mae, found.bias) == (31, 0.0, 0.0)
    assert found.mae_calibrated == pytest.approx(0.0, abs=1e-12)
    assert (found.slope, found.intercept) == pytest.approx((1.0, 0.0))
    assert [found.rho.value, found.rho_within.value, found.rho_pooled.value] == pytest.approx([1.0] * 3)


def test_an_estimate_that_is_off_by_a_line_is_mended_by_calibration() -> None:
    truth = measured()
    found = calibrated(given_as(0.5 * truth + 0.4), given_as(truth))
    assert found.mae == pytest.approx(np.abs(0.4 - 0.5 * truth).mean())
    assert found.bias == pytest.approx((0.4 - 0.5 * truth).mean())
    assert found.mae_calibrated == pytest.approx(0.0, abs=1e-9)
    assert (found.slope, found.intercept) == pytest.approx((2.0, -0.8))


def test_the_subset_that_is_judged_is_not_in_its_own_calibration() -> None:
    # (0, 0), (1, 1), (2, 5): lines through the other two say -3, 2.5 and 2
    truth = {frozenset("a"): 0.0, frozenset("b"): 1.0, frozenset("c"): 5.0}
    estimate = {frozenset("a"): 0.0, frozenset("b"): 1.0, frozenset("c"): 2.0}
    assert calibrated(estimate, truth).mae_calibrated == pytest.approx((3 + 1.5 + 3) / 3)


def test_counting_sensors_ranks_well_overall_and_says_nothing_within_a_size() -> None:
    found = calibrated(given_as(SIZES / 5), given_as(measured()))
    assert found.rho.value > 0.8
    assert (found.rho_within.value, found.rho_pooled.value) == (None, None)
    assert set(found.by_size.values()) == {None}


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_rank_correlations_are_scipys(seed: int) -> None:
    truth, guess = measured(seed), np.round(measured(seed + 1), 1 + seed % 3)
    found = calibrated(given_as(guess), given_as(truth))
    assert found.rho.value == pytest.approx(stats.spearmanr(guess, truth).statistic)
    apart = [values - np.array([values[size == SIZES].mean() for size in SIZES]) for values in (guess, truth)]
    told = {}
    for size in range(1, 5):
        if np.ptp(guess[size == SIZES]) > 0:
            told[size] = stats.spearmanr(guess[size == SIZES], truth[size == SIZES]).statistic
    assert {size: rho for size, rho in found.by_size.items() if rho is not None} == pytest.approx(told)
    weights = {size: found.subsets_by_size[size] for size in told}
    expected = sum(told[size] * weights[size] for size in told) / sum(weights.values())
    assert found.rho_within.value == pytest.approx(expected)
    # the one subset of size five stands for itself and is left out
    pooled = [np.round(values[:30], 12) for values in apart]
    assert found.rho_pooled.value == pytest.approx(stats.spearmanr(*pooled).statistic)


def test_sizes_with_fewer_than_three_subsets_have_no_rank_correlation() -> None:
    truth = {frozenset("a"): 0.1, frozenset("b"): 0.2, frozenset("c"): 0.3, frozenset("ab"): 0.4, frozenset("ac"): 0.5}
    found = calibrated(truth, truth)
    assert found.by_size == {1: pytest.approx(1.0), 2: None}
    assert found.subsets_by_size == {1: 3, 2: 2}
    assert found.rho_within.value == pytest.approx(1.0)
    two = {frozenset("a"): 0.1, frozenset("b"): 0.2}
    few = calibrated(two, two)
    assert (few.rho.value, few.rho_within.value, few.mae_calibrated) == (None, None, None)


def by_person(people: int, noise: float, seed: int = 0) -> dict[Subset, dict[str, float]]:
    draw = np.random.default_rng(seed)
    real = measured(3)[:, None] + noise * draw.standard_normal((31, people))
    return {
        subset: {f"p{one}": float(value) for one, value in enumerate(row)}
        for subset, row in zip(SUBSETS, real, strict=True)
    }


def test_bounds_come_from_people_and_narrow_as_they_become_more() -> None:
    widths = []
    for people in (6, 96):
        truth, estimate = by_person(people, 0.1), by_person(people, 0.1, seed=1)
        found = calibrated(estimate, truth)
        assert found.people == people
        low, high = found.rho_within.low, found.rho_within.high
        assert -1 <= low < high <= 1
        widths.append(high - low)
    assert widths[1] < widths[0] / 2
    assert calibrated(estimate, truth) == calibrated(estimate, truth)


def test_people_change_bounds_and_never_the_figures_of_the_means() -> None:
    truth, estimate = by_person(8, 0.1), by_person(8, 0.1, seed=1)
    means = [
        {subset: float(np.mean(list(one.values()))) for subset, one in given.items()} for given in (estimate, truth)
    ]
    full, plain = calibrated(estimate, truth), calibrated(*means)
    assert (plain.people, plain.rho.low) == (0, None)
    assert full.rho.value == pytest.approx(plain.rho.value)
    assert full.mae == pytest.approx(plain.mae)
    mixed = calibrated(means[0], truth)
    assert (mixed.people, mixed.rho_within) == (0, plain.rho_within)


def test_two_people_have_no_bounds() -> None:
    found = calibrated(by_person(2, 0.1), by_person(2, 0.1, seed=1))
    assert (found.people, found.rho.low, found.rho.high) == (2, None, None)
    assert found.rho.value is not None


def test_an_estimate_and_its_rivals_stand_side_by_side() -> None:
    truth = measured()
    near = truth + 0.02 * np.random.default_rng(7).standard_normal(31)
    found = compared({"instant": given_as(near), "count": given_as(SIZES / 5)}, given_as(truth))
    assert list(found) == ["instant", "count"]
    assert found["instant"].rho_within.value > 0.7
    told = json.loads(json.dumps({name: one.as_dict() for name, one in found.items()}, allow_nan=False))
    assert told["count"]["rho_within"] == {"value": None, "low": None, "high": None}
    assert list(told["instant"]["by_size"]) == ["1", "2", "3", "4", "5"]


def test_what_was_not_measured_is_left_aside_and_what_was_not_estimated_refused() -> None:
    truth = given_as(measured())
    fewer = {subset: value for subset, value in truth.items() if len(subset) < 3}
    assert calibrated(truth, fewer).n == 15
    with pytest.raises(InputError, match=r"no estimate for a \+ b \+ c"):
        calibrated(fewer, truth)
    with pytest.raises(InputError, match="no subset"):
        calibrated(truth, {})


def test_other_people_and_missing_numbers_are_refused() -> None:
    truth = by_person(3, 0.1)
    with pytest.raises(InputError, match="different people"):
        calibrated({subset: {"q": 0.5} for subset in truth}, truth)
    with pytest.raises(InputError, match="different people"):
        calibrated({**truth, SUBSETS[4]: {"p0": 0.5}}, truth)
    with pytest.raises(InputError, match="not finite"):
        calibrated({**given_as(measured()), SUBSETS[4]: float("nan")}, given_as(measured()))
