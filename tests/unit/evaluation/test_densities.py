"""Densities over people: a person counts once however much was recorded, and one person has no band."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.evaluation.densities import by_class, stretches

CLASSES = ("walk", "sit", "never")


def _drawn(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).gamma(2.0, size=(count, 3, 5))


def test_a_person_counts_once_however_many_stretches_there_are() -> None:
    values = _drawn(7)
    found = by_class(values, [0] * 7, ["a"] * 5 + ["b"] * 2, CLASSES)["walk"]
    np.testing.assert_allclose(found.mean, (values[:5].mean(axis=0) + values[5:].mean(axis=0)) / 2)
    assert found.people == ("a", "b")


def test_stretches_of_a_person_count_by_their_length() -> None:
    values = _drawn(3)
    found = by_class(values, [0, 0, 0], ["a", "a", "b"], CLASSES, lengths=[3.0, 1.0, 50.0])["walk"]
    np.testing.assert_allclose(found.mean, ((3 * values[0] + values[1]) / 4 + values[2]) / 2)


def test_the_band_holds_the_middle_four_fifths_of_people() -> None:
    values = np.arange(11.0)[:, None, None] * np.ones((1, 2, 4))
    found = by_class(values[::-1], [1] * 11, [f"p{number:02d}" for number in range(11)], CLASSES)["sit"]
    assert found.low is not None and found.high is not None
    np.testing.assert_allclose(found.low, 1.0)
    np.testing.assert_allclose(found.high, 9.0)
    np.testing.assert_allclose(found.mean, 5.0)


def test_one_person_has_no_band() -> None:
    values = _drawn(4)
    found = by_class(values, [0, 0, 1, 1], ["a", "a", "a", "b"], CLASSES)
    assert found["walk"].low is None and found["walk"].high is None
    assert found["sit"].low is not None, "the other class has two"
    np.testing.assert_allclose(found["walk"].mean, values[:2].mean(axis=0))


def test_a_class_without_a_stretch_is_absent_and_the_order_is_the_classes() -> None:
    assert list(by_class(_drawn(2), [1, 0], ["a", "a"], CLASSES)) == ["walk", "sit"]


@given(st.permutations(range(8)))
def test_the_order_of_stretches_changes_nothing(order: list[int]) -> None:
    values, codes, people = _drawn(8), np.array([0, 0, 1, 1, 0, 1, 0, 1]), np.array(list("aabbccab"))
    before = by_class(values, codes, people, CLASSES)
    after = by_class(values[order], codes[order], people[order], CLASSES)
    for name, one in before.items():
        np.testing.assert_allclose(after[name].mean, one.mean)
        np.testing.assert_allclose(after[name].low, one.low)


@pytest.mark.parametrize(
    ("values", "codes", "people", "lengths", "said"),
    [
        (_drawn(2)[:, 0], [0, 1], ["a", "b"], None, "cannot be averaged"),
        (np.full((1, 2, 3), np.nan), [0], ["a"], None, "cannot be averaged"),
        (_drawn(2), [0, 1], ["a", "b"], [1.0, 0.0], "cannot be averaged"),
        (_drawn(2), [0, 3], ["a", "b"], None, "outside 0 to 2"),
        (_drawn(2), [0, -1], ["a", "b"], None, "outside 0 to 2"),
        (_drawn(2), [0], ["a", "b"], None, "different lengths"),
        (_drawn(0), [], [], None, "one code for each"),
    ],
)
def test_what_cannot_be_averaged_is_refused(values, codes, people, lengths, said: str) -> None:
    with pytest.raises(InputError, match=said):
        by_class(values, np.asarray(codes, dtype=np.int64), people, CLASSES, lengths=lengths)


def test_a_stretch_ends_where_its_class_or_its_segment_does() -> None:
    codes = [0, 0, 0, 1, 1, -1, -1, 1, 1, 1, 1, 2]
    assert stretches(codes, [[0, 9], [9, 12]]) == [(0, 3, 0), (3, 5, 1), (7, 9, 1), (9, 11, 1)]
    assert stretches(codes, [[0, 9], [9, 12]], shortest=3) == [(0, 3, 0)]
    assert stretches(codes, [[0, 12]], shortest=1)[-2:] == [(7, 11, 1), (11, 12, 2)]
    assert stretches(codes, []) == stretches([], [[0, 0]]) == []
