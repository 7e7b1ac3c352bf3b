from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from stillroom.base.errors import InputError
from stillroom.evaluation.significance import holm, interval, is_pilot, sign_flip


def test_t_interval_by_hand() -> None:
    # 1..5: mean 3, sd sqrt(2.5), t(0.975, 4) = 2.776445 (any table): 3 +- 2.776445 * sqrt(2.5 / 5) = 3 +- 1.963243.
    found = interval([1, 2, 3, 4, 5])
    assert found == pytest.approx((3.0, 1.036757, 4.963243), abs=1e-5)


def test_a_higher_level_is_wider() -> None:
    narrow, wide = interval([0.1, 0.4, 0.2], 0.8), interval([0.1, 0.4, 0.2], 0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


@pytest.mark.parametrize("method", ["t", "bca"])
def test_one_person_has_no_bounds_and_equal_people_equal_ones(method: str) -> None:
    assert interval([0.7], method=method) == (0.7, None, None)
    assert interval([0.7, 0.7, 0.7], method=method) == pytest.approx((0.7, 0.7, 0.7))
    assert interval([0.0, 0.0], method=method) == (0.0, 0.0, 0.0)


def test_bounds_are_cut_only_when_told() -> None:
    assert interval([0.9, 1.0]).high > 1.0
    assert interval([0.9, 1.0], possible=(0.0, 1.0)).high == 1.0
    assert interval([0.0, 0.1], possible=(0.0, 1.0)).low == 0.0


def slow_bca(values: np.ndarray, level: float, draws: int = 20_000) -> tuple[float, float]:
    rng, n = np.random.default_rng(1), len(values)
    means = np.sort(values[rng.integers(0, n, (draws, n))].mean(axis=1))
    below = (np.mean(means < values.mean()) + np.mean(means <= values.mean())) / 2
    left_out = np.array([np.delete(values, i).mean() for i in range(n)])
    pull = left_out.mean() - left_out
    a, z0 = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5), stats.norm.ppf(below)
    z = z0 + stats.norm.ppf(np.array([(1 - level) / 2, (1 + level) / 2]))
    low, high = np.quantile(means, stats.norm.cdf(z0 + z / (1 - a * z)))
    return float(low), float(high)


def test_bca_agrees_with_efrons_formula_and_is_repeatable() -> None:
    values = np.array([0.2, 0.21, 0.25, 0.3, 0.33, 0.4, 0.9, 0.22, 0.27])
    found = interval(values, method="bca", rng=np.random.default_rng(0))
    assert found[1:] == pytest.approx(slow_bca(values, 0.95), abs=0.01)
    assert found == interval(values, method="bca", rng=np.random.default_rng(0))
    assert interval(values, method="bca") == interval(values, method="bca")


def test_sign_flip_by_hand() -> None:
    # |1+2+3| = 6 is reached by +++ and --- alone: 2/8. |1+2-3| = 0: every pattern reaches it. |-1+2+3| = 4: +++ ---
    # -++ +-- reach 4 (the observed one among them): 4/8.
    assert sign_flip([1, 2, 3]).p == 2 / 8
    assert sign_flip([1, 2, -3]).p == 1.0
    assert sign_flip([-1, 2, 3]).p == 4 / 8


def test_the_smallest_possible_p_stands_beside() -> None:
    found = sign_flip([0.01, 0.02, 0.03, 0.04, 0.05])
    assert (found.p, found.p_min, found.exact) == (0.0625, 0.0625, True)
    assert (sign_flip([0.3]).p, sign_flip([0.3]).p_min) == (1.0, 1.0)


def test_no_difference_at_all_gives_p_one() -> None:
    assert sign_flip([0.0] * 6).p == 1.0
    assert sign_flip([0.0] * 25).p == 1.0


def test_sums_that_differ_by_rounding_alone_are_ties() -> None:
    # 0.1 + 0.2 - 0.3 is 5.6e-17 in floats; both it and its mirror tie with 0.
    assert sign_flip([0.1, 0.2, -0.3]).p == 1.0
    equal = np.array([0.52, 0.32, 0.22]) - np.array([0.5, 0.3, 0.2])
    assert sign_flip(equal).p == 2 / 8


@pytest.mark.parametrize("seed", range(5))
def test_sign_flip_agrees_with_a_slow_reference(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.3, 1, 7)
    means = [abs(np.mean([s * v for s, v in zip(signs, values, strict=True)])) for signs in product((-1, 1), repeat=7)]
    assert sign_flip(values).p == np.mean(np.array(means) >= abs(values.mean()) - 1e-12)


def test_beyond_twenty_people_patterns_are_drawn_and_p_is_never_zero() -> None:
    strong = sign_flip(np.ones(21), rng=np.random.default_rng(0), draws=999)
    assert (strong.p, strong.p_min, strong.exact) == (1 / 1000, 1 / 1000, False)
    assert sign_flip(np.ones(20)).p == 2 / 2**20
    values = np.random.default_rng(3).normal(0.25, 1, 24)
    normal = 2 * stats.norm.sf(abs(values.sum()) / np.sqrt((values**2).sum()))
    assert sign_flip(values).p == pytest.approx(normal, abs=0.03)
    assert sign_flip(values) == sign_flip(values)


def test_holm_as_r_prints_it() -> None:
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") = 0.03 0.06 0.06 0.02; by hand .005*4 .01*3 .03*2 max(.06, .04).
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


def test_fewer_than_eight_people_are_a_pilot() -> None:
    assert [is_pilot(n) for n in (1, 7, 8)] == [True, True, False]


def test_missing_numbers_are_refused() -> None:
    for broken in ([0.1, float("nan")], []):
        for ask in (interval, sign_flip):
            with pytest.raises(InputError):
                ask(broken)
    with pytest.raises(InputError, match="no p value"):
        holm([0.1, 1.2])
    with pytest.raises(InputError, match="level"):
        interval([0.1, 0.2], level=95)
    with pytest.raises(InputError, match="Known: t, bca"):
        interval([0.1, 0.2], method="percentile")
