from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.evaluation.comparison import Predictions, compare

CLASSES = ("walk", "sit")
TRUTH = [0, 0, 1, 1]


def fold(model: str, person: str, predicted: list[int], seed: int = 0, **extra: Any) -> Predictions:
    return Predictions(model, seed, TRUTH, predicted, [person] * 4, **extra)


def both(student: dict[str, list[int]], alone: dict[str, list[int]]) -> list[Predictions]:
    return [fold("student", *item) for item in student.items()] + [fold("alone", *item) for item in alone.items()]


RIGHT, WRONG, HALF = [0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]


def test_means_go_over_people_with_the_keys_that_scripts_read() -> None:
    told = compare(both({"a": RIGHT, "b": HALF}, {"a": HALF, "b": WRONG}), CLASSES)
    student = told["student"]
    assert student["per_person"] == {"a": 1.0, "b": 0.5}
    assert student["macro_f1"] == 0.75
    assert (student["low"], student["high"]) == (0.0, 1.0)  # two people: the t interval is cut at what is possible
    assert student["per_class"] == {"walk": 0.75, "sit": 0.75}
    assert student["confusion"] == [[3, 1], [1, 3]]
    assert student["balanced_accuracy"] == student["accuracy"] == 0.75
    assert told["gain"]["mean"] == pytest.approx(0.5)
    assert told["gain"]["n"] == told["n"] == 2
    assert told["pilot"] is True
    assert told["models"] == ["student", "alone"]


def test_more_seeds_on_one_person_do_not_weigh_that_person_more() -> None:
    parts = [fold("teacher", "a", RIGHT, seed) for seed in range(3)] + [fold("teacher", "b", WRONG)]
    teacher = compare(parts, CLASSES)["teacher"]
    assert teacher["macro_f1"] == 0.5
    assert teacher["seeds"] == [0, 1, 2]
    assert np.sum(teacher["confusion"]) == 16


def test_seeds_are_averaged_within_a_person_first() -> None:
    parts = [fold("teacher", "a", RIGHT, 0), fold("teacher", "a", WRONG, 1), fold("teacher", "b", RIGHT)]
    assert compare(parts, CLASSES)["teacher"]["per_person"] == {"a": 0.5, "b": 1.0}


def test_a_person_in_several_folds_is_scored_once() -> None:
    parts = [fold("teacher", "a", RIGHT), fold("teacher", "a", WRONG)]
    assert compare(parts, CLASSES)["teacher"]["per_person"] == {"a": 0.5}


def test_a_fold_with_several_people_equals_a_fold_for_each() -> None:
    one = Predictions("teacher", 0, TRUTH * 2, RIGHT + HALF, ["a"] * 4 + ["b"] * 4)
    assert compare([one], CLASSES) == compare([fold("teacher", "a", RIGHT), fold("teacher", "b", HALF)], CLASSES)


def test_without_a_baseline_there_is_no_gain() -> None:
    assert compare([fold("student", "a", RIGHT)], CLASSES)["gain"] is None


def test_another_pair_can_be_compared() -> None:
    parts = [fold("forest", "a", WRONG), fold("reference", "a", RIGHT)]
    assert compare(parts, CLASSES, student="reference", baseline="forest")["gain"]["mean"] == 1.0


def test_the_whole_object_is_plain_json_even_with_one_person_and_an_absent_class() -> None:
    told = compare(both({"a": RIGHT}, {"a": HALF}), (*CLASSES, "lie"))
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["student"]["per_class"]["lie"] is None
    assert (told["student"]["low"], told["gain"]["low"]) == (None, None)
    assert told["student"]["calibration"] is None


def test_calibration_is_told_where_every_fold_has_probabilities() -> None:
    chances = np.eye(2)[RIGHT]
    parts = [fold("student", name, RIGHT, probabilities=chances) for name in "ab"]
    assert compare(parts, CLASSES)["student"]["calibration"] == {"ece": 0.0, "brier": 0.0, "nll": 0.0}
    assert compare([*parts, fold("student", "c", RIGHT)], CLASSES)["student"]["calibration"] is None


def test_stretches_are_a_pilot_however_many() -> None:
    told = compare(both(dict.fromkeys("abcdefghij", RIGHT), dict.fromkeys("abcdefghij", HALF)), CLASSES)
    assert told["pilot"] is False
    parts = both(dict.fromkeys("abcdefghij", RIGHT), dict.fromkeys("abcdefghij", HALF))
    told = compare(parts, CLASSES, units="stretches")
    assert told["pilot"] is told["gain"]["pilot"] is True
    assert told["gain"]["units"] == "stretches"


def test_models_judged_on_different_windows_are_refused() -> None:
    other = Predictions("alone", 0, [0, 1, 1, 1], RIGHT, ["a"] * 4)
    with pytest.raises(InputError, match="student and alone were judged on different windows \\(a, seed 0\\)"):
        compare([fold("student", "a", RIGHT), other], CLASSES)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([], "no prediction"),
        ([fold("gain", "a", RIGHT)], "cannot be called"),
        ([Predictions("teacher", 0, TRUTH, RIGHT, ["a"] * 3)], "group 3"),
        ([Predictions("teacher", 0, TRUTH, RIGHT, ["a"] * 4, np.ones((4, 3)) / 3)], "teacher, seed 0"),
        ([fold("student", "a", RIGHT), fold("alone", "b", RIGHT)], "judged on a"),
    ],
)
def test_what_cannot_be_compared_is_refused(parts: list[Predictions], says: str) -> None:
    with pytest.raises(InputError, match=says):
        compare(parts, CLASSES)
