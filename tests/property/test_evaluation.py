from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.evaluation.calibration import calibration
from stillroom.evaluation.gain import paired_gain
from stillroom.evaluation.metrics import scores
from stillroom.evaluation.significance import holm, interval, sign_flip

CLASSES = ("a", "b", "c", "d")
SEEDS = st.integers(0, 2**32 - 1)
WINDOWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)
DIFFERENCES = st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=8)
PVALUES = st.lists(st.floats(0, 1), min_size=1, max_size=10)

quick = settings(max_examples=60, deadline=None)


def columns(windows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    truth, predicted = np.array(windows).T
    return truth, predicted


@quick
@given(WINDOWS, SEEDS)
def test_the_order_of_windows_changes_nothing(windows: list[tuple[int, int]], seed: int) -> None:
    truth, predicted = columns(windows)
    order = np.random.default_rng(seed).permutation(len(truth))
    one, other = scores(truth, predicted, CLASSES), scores(truth[order], predicted[order], CLASSES)
    assert (one.macro_f1, one.balanced_accuracy, one.per_class) == (
        other.macro_f1,
        other.balanced_accuracy,
        other.per_class,
    )
    assert np.array_equal(one.confusion, other.confusion)


@quick
@given(WINDOWS, st.permutations(range(4)))
def test_relabelling_classes_only_renames_them(windows: list[tuple[int, int]], relabel: list[int]) -> None:
    truth, predicted = columns(windows)
    new = np.array(relabel)
    one, other = scores(truth, predicted, CLASSES), scores(new[truth], new[predicted], CLASSES)
    assert one.macro_f1 == pytest.approx(other.macro_f1)
    for code, name in enumerate(CLASSES):
        assert one.per_class[name] == other.per_class[CLASSES[relabel[code]]]
    assert np.array_equal(one.confusion, other.confusion[np.ix_(new, new)])


@quick
@given(WINDOWS)
def test_macro_f1_is_one_exactly_when_all_is_right(windows: list[tuple[int, int]]) -> None:
    truth, predicted = columns(windows)
    found = scores(truth, predicted, CLASSES)
    assert (found.macro_f1 == 1.0) == bool(np.array_equal(truth, predicted))
    assert scores(truth, truth, CLASSES).macro_f1 == 1.0
    assert 0 <= found.macro_f1 <= 1
    assert 0 <= found.balanced_accuracy <= 1


@quick
@given(DIFFERENCES)
def test_sign_flip_stays_in_range_and_knows_no_direction(differences: list[float]) -> None:
    found = sign_flip(differences)
    assert found.p_min <= found.p <= 1
    assert sign_flip([-value for value in differences]) == found
    assert sign_flip(differences[::-1]).p == found.p


@quick
@given(st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=21, max_size=30))
def test_drawn_sign_flips_stay_in_range_and_know_no_direction(differences: list[float]) -> None:
    found = sign_flip(differences, draws=199)
    assert found.p_min <= found.p <= 1
    assert sign_flip([-value for value in differences], draws=199) == found


@quick
@given(PVALUES)
def test_holm_never_lowers_a_p_and_keeps_their_order(pvalues: list[float]) -> None:
    adjusted = holm(pvalues)
    assert all(raw <= one <= 1 for raw, one in zip(pvalues, adjusted, strict=True))
    order = np.argsort(pvalues, kind="stable")
    assert np.all(np.diff(np.array(adjusted)[order]) >= 0)


@quick
@given(DIFFERENCES, st.sampled_from(["t", "bca"]))
def test_an_interval_holds_its_mean_without_a_warning(values: list[float], method: str) -> None:
    found = interval(values, method=method)
    if len(values) == 1:
        assert (found.low, found.high) == (None, None)
    else:
        assert found.low - 1e-9 <= found.mean <= found.high + 1e-9


@quick
@given(DIFFERENCES)
def test_a_gain_turned_round_is_the_same_loss(differences: list[float]) -> None:
    baseline = {str(i): 0.0 for i in range(len(differences))}
    other = {str(i): value for i, value in enumerate(differences)}
    there, back = paired_gain(baseline, other), paired_gain(other, baseline)
    assert there.mean == -back.mean
    assert there.p == back.p
    assert (there.low is None and back.high is None) or there.low == pytest.approx(-back.high, abs=1e-12)


@quick
@given(st.integers(1, 30), SEEDS, st.sampled_from(["mass", "width"]))
def test_calibration_does_not_depend_on_the_order_of_windows(count: int, seed: int, binning: str) -> None:
    rng = np.random.default_rng(seed)
    truth, chances = rng.integers(0, 3, count), np.round(rng.dirichlet(np.ones(3), count), 1)
    chances[:, 2] = 1 - chances[:, :2].sum(axis=1)
    chances = np.clip(chances, 0, 1) / np.clip(chances, 0, 1).sum(axis=1, keepdims=True)
    order = rng.permutation(count)
    one, other = calibration(truth, chances, 5, binning), calibration(truth[order], chances[order], 5, binning)
    assert one.ece == pytest.approx(other.ece)
    assert [a.count for a in one.bins] == [b.count for b in other.bins]
    assert 0 <= one.ece <= 1
    assert 0 <= one.brier <= 2
    assert sum(a.count for a in one.bins) == count
