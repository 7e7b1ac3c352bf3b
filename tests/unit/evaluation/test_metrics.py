from __future__ import annotations

from statistics import mean

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.evaluation.metrics import scores
from stillroom.evaluation.people import mean_over_seeds, per_person

CLASSES = ("walk", "sit", "stand", "lie")


def slow_scores(truth: list[int], predicted: list[int], count: int) -> dict[str, object]:
    pairs = list(zip(truth, predicted, strict=True))
    f1: list[float | None] = []
    recalls: list[float] = []
    for code in range(count):
        hit = sum(t == p == code for t, p in pairs)
        missed, false = sum(t == code != p for t, p in pairs), sum(p == code != t for t, p in pairs)
        f1.append(2 * hit / (2 * hit + missed + false) if hit + missed + false else None)
        if hit + missed:
            recalls.append(hit / (hit + missed))
    present = [value for value in f1 if value is not None]
    confusion = [[sum((t, p) == (row, column) for t, p in pairs) for column in range(count)] for row in range(count)]
    return {"f1": f1, "macro": mean(present), "balanced": mean(recalls), "confusion": confusion}


@pytest.mark.parametrize("seed", range(8))
def test_scores_agree_with_a_slow_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(0, 3, 25), rng.integers(0, 4, 25)
    found, slow = scores(truth, predicted, CLASSES), slow_scores(truth.tolist(), predicted.tolist(), 4)
    assert found.macro_f1 == pytest.approx(slow["macro"])
    assert found.balanced_accuracy == pytest.approx(slow["balanced"])
    assert [one.f1 for one in found.per_class.values()] == pytest.approx(slow["f1"])
    assert found.confusion.tolist() == slow["confusion"]
    assert found.accuracy == pytest.approx(np.mean(truth == predicted))


def test_a_class_in_neither_truth_nor_prediction_is_left_out_of_the_mean() -> None:
    # By hand: walk 2*1/(2+1+0) = 2/3, sit 2*1/(2+0+1) = 2/3; stand and lie do not occur.
    found = scores([0, 0, 1], [0, 1, 1], CLASSES)
    assert found.macro_f1 == pytest.approx(2 / 3)
    assert found.per_class["lie"].f1 is None
    assert found.per_class["lie"].support == 0


def test_a_class_that_is_only_predicted_counts_as_zero_and_has_no_recall() -> None:
    found = scores([0, 0], [0, 2], CLASSES)
    assert found.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    stand = found.per_class["stand"]
    assert (stand.f1, stand.precision, stand.recall, stand.support) == (0.0, 0.0, None, 0)


def test_a_class_that_is_never_predicted_has_no_precision() -> None:
    sit = scores([0, 1], [0, 0], CLASSES).per_class["sit"]
    assert (sit.f1, sit.precision, sit.recall, sit.support) == (0.0, None, 0.0, 1)


def test_confusion_has_truth_in_rows() -> None:
    assert scores([0, 0, 1], [1, 1, 0], ("a", "b")).confusion.tolist() == [[0, 2], [1, 0]]


def test_one_window_and_one_class_are_enough() -> None:
    assert scores([0], [0], ("only",)).macro_f1 == 1.0


@pytest.mark.parametrize(
    ("truth", "predicted", "classes", "says"),
    [
        ([0, -1], [0, 0], CLASSES, "truth, window 1"),
        ([0, 1], [0, 4], CLASSES, "predicted, window 1"),
        ([0, 1], [0], CLASSES, "truth 2, predicted 1"),
        ([], [], CLASSES, "truth"),
        ([0.0, 1.0], [0, 1], CLASSES, "float64"),
        ([0], [0], ("a", "a"), "each once"),
    ],
)
def test_a_wrong_array_is_named(truth: list[int], predicted: list[int], classes: tuple[str, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        scores(truth, predicted, classes)


def test_each_person_is_scored_on_their_own_windows_only() -> None:
    truth, predicted, person = [0, 1, 0, 1], [0, 1, 1, 0], ["ann", "ann", "bob", "bob"]
    found = per_person(truth, predicted, person, ("a", "b"))
    assert {name: one.macro_f1 for name, one in found.items()} == {"ann": 1.0, "bob": 0.0}
    assert sum(one.confusion.sum() for one in found.values()) == 4


def test_a_missing_person_column_is_refused() -> None:
    with pytest.raises(InputError, match="person 1"):
        per_person([0, 1], [0, 1], ["ann"], ("a", "b"))
    with pytest.raises(InputError, match="no window"):
        per_person([], [], [], ("a", "b"))


def test_seeds_are_averaged_within_a_person_before_people_meet() -> None:
    values = {("bob", 0): 0.2, ("ann", 0): 0.4, ("ann", 1): 0.6, ("ann", 2): 0.8}
    assert mean_over_seeds(values) == pytest.approx({"ann": 0.6, "bob": 0.2})
    assert list(mean_over_seeds(values)) == ["ann", "bob"]
    with pytest.raises(InputError, match="ann, seed 1"):
        mean_over_seeds({("ann", 1): float("nan")})
