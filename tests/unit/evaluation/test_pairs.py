"""Two models on the same windows: what each person, activity and cell tells, against numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.evaluation.pairs import class_changes, confusion_change, differing
from stillroom.runs.predictions import Predictions

TRUTH = np.array([0, 0, 1, 1, 0, 0, 1, 1])
WHO = np.array(["a"] * 4 + ["b"] * 4)


def said(codes: list[int]) -> Predictions:
    return Predictions(np.arange(8), TRUTH, WHO, np.eye(3, dtype=np.float32)[codes])


FIRST = said([0, 1, 1, 1, 0, 0, 0, 1])
RIGHT = said(TRUTH.tolist())


def test_by_activity_the_gain_is_the_mean_over_people_with_its_interval() -> None:
    found = class_changes(FIRST, RIGHT, ["pick", "tape", "never"])
    assert list(found) == ["pick", "tape"]  # nobody did or was called the third
    # pick: a has precision 1 and recall 1/2, b precision 2/3 and recall 1
    gains = [1 - 2 / 3, 1 - 4 / 5]
    assert found["pick"]["mean"] == pytest.approx(np.mean(gains)) and found["pick"]["n"] == 2
    assert found["pick"]["low"] < found["pick"]["mean"] < found["pick"]["high"]


def test_each_activity_has_an_exact_p_and_one_corrected_for_their_number() -> None:
    found = class_changes(FIRST, RIGHT, ["pick", "tape", "never"])
    # both people gain on pick: 2 of the 4 sign patterns reach it
    assert found["pick"]["p"] == 0.5 and found["pick"]["p_holm"] == 1.0


def test_the_confusions_differ_by_shares_of_each_activity_s_windows() -> None:
    assert confusion_change(FIRST, RIGHT, 3) == pytest.approx(np.array([[0.25, -0.25, 0], [-0.25, 0.25, 0], [0, 0, 0]]))


def test_a_cell_s_windows_are_those_that_one_alone_called_so() -> None:
    assert differing(FIRST, RIGHT, done=0, said=1).tolist() == [1]
    assert differing(FIRST, RIGHT, done=1, said=1).tolist() == [6]
    assert differing(FIRST, RIGHT, done=0, said=2).tolist() == []


def test_answers_to_other_windows_are_refused() -> None:
    other = Predictions(np.arange(8) + 1, TRUTH, WHO, RIGHT.probabilities)
    for ask in (lambda: class_changes(FIRST, other, ["a", "b", "c"]), lambda: differing(FIRST, other, 0, 1)):
        with pytest.raises(InputError, match="did not answer the same windows"):
            ask()
