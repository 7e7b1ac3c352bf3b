"""The causal filter against slow references: products of plain probabilities, and every path there is."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.evaluation.sequence import Chain, hmm_filter, lasting, transitions

SHARES = st.floats(0.05, 1)


def drawn(seed: int, windows: int, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, transitions and a prior."""
    draw = np.random.default_rng(seed)
    rows, matrix = (draw.dirichlet(np.full(classes, 0.5), size) for size in (windows, classes))
    return np.maximum(rows, 1e-9), matrix, draw.dirichlet(np.full(classes, 5.0))


def by_products(rows: np.ndarray, matrix: np.ndarray, prior: np.ndarray, share: float) -> np.ndarray:
    """The forward algorithm as it is written down, without logarithms."""
    beliefs = []
    for place, row in enumerate(rows):
        if place:
            before = [sum(beliefs[-1][j] * matrix[j, k] for j in range(len(prior))) for k in range(len(prior))]
            belief = np.array(before) * (row / prior) ** share
        else:
            belief = prior * (row / prior)
        beliefs.append(belief / belief.sum())
    return np.array(beliefs)


def by_paths(rows: np.ndarray, matrix: np.ndarray, prior: np.ndarray, share: float) -> np.ndarray:
    """The last window's belief as a sum over every path of classes."""
    belief = np.zeros(len(prior))
    for path in product(range(len(prior)), repeat=len(rows)):
        weight = prior[path[0]] * np.prod([matrix[a, b] for a, b in pairwise(path)])
        for place, label in enumerate(path):
            weight *= (rows[place, label] / prior[label]) ** (share if place else 1)
        belief[path[-1]] += weight
    return belief / belief.sum()


@given(st.integers(0, 999), st.integers(1, 30), st.integers(1, 6), SHARES)
def test_the_filter_is_the_forward_algorithm(seed: int, windows: int, classes: int, share: float) -> None:
    rows, matrix, prior = drawn(seed, windows, classes)
    np.testing.assert_allclose(
        hmm_filter(rows, matrix, prior, share=share), by_products(rows, matrix, prior, share), atol=1e-12
    )


@given(st.integers(0, 999), st.integers(1, 5), st.integers(1, 3), SHARES)
def test_it_sums_over_every_path_to_the_window(seed: int, windows: int, classes: int, share: float) -> None:
    rows, matrix, prior = drawn(seed, windows, classes)
    beliefs = hmm_filter(rows, matrix, prior, share=share)
    for length in range(1, windows + 1):
        np.testing.assert_allclose(beliefs[length - 1], by_paths(rows[:length], matrix, prior, share), atol=1e-12)


@given(st.integers(0, 999), st.integers(1, 20), st.integers(1, 20), SHARES)
def test_later_windows_change_nothing_before(seed: int, windows: int, more: int, share: float) -> None:
    rows, matrix, prior = drawn(seed, windows + more, 4)
    whole = hmm_filter(rows, matrix, prior, share=share)
    np.testing.assert_array_equal(whole[:windows], hmm_filter(rows[:windows], matrix, prior, share=share))


def test_the_first_window_is_believed_as_the_model_gave_it() -> None:
    rows, matrix, prior = drawn(3, 5, 4)
    np.testing.assert_allclose(hmm_filter(rows, matrix, prior, share=0.5)[0], rows[0] / rows[0].sum())


def test_one_class_that_never_leaves_keeps_its_belief_through_a_thousand_windows() -> None:
    rows = np.concatenate([np.tile([1.0, 0.0], (1000, 1)), np.tile([0.0, 1.0], (1001, 1))])
    beliefs = hmm_filter(rows, np.eye(2), [0.5, 0.5])
    assert beliefs[[0, 999, 1998]].argmax(axis=1).tolist() == [0, 0, 0], "products of plain numbers vanish here"
    assert beliefs[1999] == pytest.approx([0.5, 0.5]) and beliefs[2000, 1] == pytest.approx(1)


def test_a_forbidden_step_is_not_taken_however_sure_the_model_is() -> None:
    ring = np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]])
    beliefs = hmm_filter([[1, 0, 0], [0.05, 0.05, 0.9], [0.05, 0.05, 0.9]], ring, np.full(3, 1 / 3))
    assert beliefs[1, 2] < 1e-9 and beliefs[2, 2] > 0.8
    np.testing.assert_allclose(beliefs.sum(axis=1), 1)


@given(st.integers(0, 99), SHARES)
def test_without_memory_and_at_equal_shares_the_filter_changes_no_label(seed: int, share: float) -> None:
    rows, _, _ = drawn(seed, 20, 4)
    alike = np.full((4, 4), 0.25)
    assert (hmm_filter(rows, alike, alike[0], share=share).argmax(axis=1) == rows.argmax(axis=1)).all()


@given(st.permutations(range(4)), st.integers(0, 99))
def test_the_order_of_the_classes_does_not_matter(order: list[int], seed: int) -> None:
    rows, matrix, prior = drawn(seed, 10, 4)
    turned = hmm_filter(rows[:, order], matrix[np.ix_(order, order)], prior[order], share=0.5)
    np.testing.assert_allclose(turned, hmm_filter(rows, matrix, prior, share=0.5)[:, order], atol=1e-12)


def test_less_that_is_new_moves_a_belief_less() -> None:
    rows = [[0.9, 0.1], [0.2, 0.8]]
    beliefs = [hmm_filter(rows, lasting(10, 2), [0.5, 0.5], share=share)[1, 0] for share in (0.1, 0.5, 1.0)]
    assert beliefs == sorted(beliefs, reverse=True) and beliefs[0] > beliefs[2] + 0.1


def test_no_window_is_no_error() -> None:
    assert hmm_filter(np.zeros((0, 2)), np.eye(2), [0.5, 0.5]).shape == (0, 2)


def test_transitions_are_counted_within_sequences_with_one_added() -> None:
    found = transitions([[0, 0, 1], [2], [1, 1]], 3)
    np.testing.assert_allclose(found, [[2 / 5, 2 / 5, 1 / 5], [1 / 4, 2 / 4, 1 / 4], [1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_allclose(transitions([[0, 1, 0, 1]], 2, pseudo=1e-9), [[0, 1], [1, 0]], atol=1e-8)


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=9), max_size=5), st.floats(0.01, 10))
def test_transitions_are_a_chain_whatever_was_seen(sequences: list[list[int]], pseudo: float) -> None:
    found = transitions(sequences, 4, pseudo)
    assert (found > 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


@pytest.mark.parametrize(("windows", "classes"), [(1, 3), (2, 2), (20, 10), (7.5, 4), (5, 1)])
def test_an_activity_lasts_as_many_windows_as_was_said(windows: float, classes: int) -> None:
    matrix = lasting(windows, classes)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    if classes > 1:
        np.testing.assert_allclose(1 / (1 - np.diag(matrix)), windows)
        assert np.ptp(matrix[~np.eye(classes, dtype=bool)]) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: transitions([[0, 3]], 3), "class code 3 is outside 0 to 2"),
        (lambda: transitions([[0, 1]], 3, pseudo=0), "pseudo is 0"),
        (lambda: lasting(0.5, 3), "lasts 0.5 windows"),
        (lambda: Chain([[0.5, 0.5], [0.5, 0.6]], [0.5, 0.5]), r"sum to 1 \(transition, row 1\)"),
        (lambda: Chain(np.eye(3), [0.5, 0.5]), "3 rows of transitions, 2 shares"),
        (lambda: Chain(np.eye(2), [1.0, 0.0]), "a class has no share"),
        (lambda: Chain(np.eye(2), [0.5, np.nan]), r"sum to 1 \(prior\)"),
        (lambda: hmm_filter([[0.5, 0.5, 0.0]], np.eye(2), [0.5, 0.5]), "no probabilities of 2 classes"),
        (lambda: hmm_filter([[0.5, np.nan]], np.eye(2), [0.5, 0.5]), "no probabilities of 2 classes"),
        (lambda: hmm_filter([[0.5, 0.5]], np.eye(2), [0.5, 0.5], share=1.5), "share is 1.5"),
        (lambda: hmm_filter([[0.5, 0.5]], np.eye(2), [0.5, 0.5], share=-0.5), "order of time"),
    ],
)
def test_what_is_no_chain_is_refused(call, said: str) -> None:
    with pytest.raises(InputError, match=said):
        call()
