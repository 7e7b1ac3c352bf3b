from __future__ import annotations

import json

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.evaluation.gain import Gain, paired_gain


def gain_of(differences: list[float], **options: str) -> Gain:
    names = [f"p{i:02d}" for i in range(len(differences))]
    baseline = dict.fromkeys(names, 0.5)
    return paired_gain(baseline, {n: 0.5 + d for n, d in zip(names, differences, strict=True)}, **options)


def test_people_are_paired_by_name_and_not_by_order() -> None:
    found = paired_gain({"a": 0.1, "b": 0.9}, {"b": 0.8, "a": 0.4})
    assert found.per_person == pytest.approx({"a": 0.3, "b": -0.1})
    assert found.mean == pytest.approx(0.1)


def test_five_people_are_a_pilot_with_its_smallest_p_named() -> None:
    # By hand: mean 0.03, sd 0.0158114, half width 2.776445 * 0.0158114 / sqrt(5) = 0.019632.
    found = gain_of([0.01, 0.02, 0.03, 0.04, 0.05])
    assert (found.n, found.pilot, found.p, found.p_min) == (5, True, 0.0625, 0.0625)
    assert found.sentence() == (
        "distillation added +0.030 macro-F1 (95 % interval +0.010 to +0.050, n = 5 people, "
        "exact sign-flip p = 0.062, smallest possible 0.062): a pilot, not a proof"
    )


def test_an_interval_with_zero_inside_is_no_gain_though_the_mean_is_positive() -> None:
    said = gain_of([0.08, 0.05, -0.03, 0.01, 0.02]).sentence()
    assert said.startswith("distillation gained nothing that could be shown here (+0.026 macro-F1, 95 % interval -0.0")
    assert "added" not in said


def test_no_change_is_called_nothing() -> None:
    assert gain_of([0.0] * 9).sentence().startswith("distillation gained nothing here (+0.000 macro-F1")
    assert gain_of([-0.02, 0.01, 0.0]).sentence().startswith("distillation gained nothing here (-0.003 macro-F1")
    assert "-0.000" not in gain_of([-0.0001] * 3).sentence()


def test_a_loss_is_called_a_cost() -> None:
    said = gain_of([-0.01, -0.02, -0.03, -0.04, -0.05]).sentence("the semantic head", "balanced accuracy")
    assert said.startswith("the semantic head cost 0.030 balanced accuracy (95 % interval -0.050 to -0.010")


def test_one_person_gives_neither_interval_nor_test() -> None:
    found = gain_of([0.02])
    assert (found.low, found.high, found.p, found.p_min) == (None, None, 1.0, 1.0)
    assert found.sentence() == (
        "distillation changed macro-F1 by +0.020 (n = 1 person: neither an interval nor a test): a pilot, not a proof"
    )


def test_ten_people_that_agree_are_no_pilot() -> None:
    found = gain_of([0.01 * (i + 1) for i in range(10)])
    assert not found.pilot
    assert found.sentence().endswith("exact sign-flip p = 0.002, smallest possible 0.002)")


def test_an_interval_that_the_exact_test_does_not_bear_out_says_so() -> None:
    doubtful = Gain(0.02, 0.001, 0.039, 0.07, 0.002, 10, False, {})
    assert doubtful.sentence().endswith("; the sign-flip test alone does not bear this out")


def test_stretches_of_one_recording_are_always_a_pilot() -> None:
    found = gain_of([0.01 * (i + 1) for i in range(12)], units="stretches")
    assert found.pilot
    assert "n = 12 stretches" in found.sentence()
    assert found.sentence().endswith("stretches say nothing of other people")
    assert "n = 1 stretch:" in gain_of([0.1], units="stretches").sentence()


def test_more_than_twenty_people_say_that_patterns_were_drawn() -> None:
    found = gain_of(np.random.default_rng(0).normal(0.05, 0.02, 21).tolist())
    assert not found.exact
    assert "random sign-flip p = 0.0001" in found.sentence()


def test_models_judged_on_different_people_are_refused() -> None:
    with pytest.raises(InputError, match="judged on c"):
        paired_gain({"a": 0.1, "c": 0.2}, {"a": 0.1})


def test_a_gain_is_ready_for_json() -> None:
    found = json.loads(json.dumps(gain_of([0.02]).as_dict(), allow_nan=False))
    assert {"mean", "low", "high", "p", "n"} <= set(found)
    assert found["low"] is None
    assert found["per_person"] == pytest.approx({"p00": 0.02})
