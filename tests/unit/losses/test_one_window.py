"""A loss's value for one window is what it gives in training; what needs more than logits has none."""

from __future__ import annotations

import pytest
import torch

import stillroom.losses  # noqa: F401  (registers every term)
from stillroom.base.errors import InputError
from stillroom.losses.one_window import values_of_one_window
from stillroom.losses.term import TERMS, Evidence, make_terms

STUDENT, TEACHER, LABEL = [0.2, -1.0, 0.7], [2.0, 0.1, -0.4], 1


@pytest.mark.parametrize("loss", ["cross_entropy", "hinton", "dkd", "logit_std", "conditional"])
def test_the_value_is_the_terms_own(loss: str) -> None:
    term = make_terms({loss: {}}, where="here")[loss]
    student, teacher = (torch.tensor([one], dtype=torch.float64) for one in (STUDENT, TEACHER))
    evidence = Evidence(student, student, {}, torch.tensor([LABEL]), torch.ones(3, dtype=torch.float64))
    wanted = term.values(evidence, term.prepare({"teacher.logits": teacher}) if term.needs else ())
    told = values_of_one_window({loss: {}}, student=STUDENT, taught={"teacher": TEACHER}, label=LABEL)
    assert told[loss] == pytest.approx(wanted.item(), abs=1e-12)


def test_a_source_that_did_not_answer_leaves_its_term_out() -> None:
    terms = {"sc": {"loss": "hinton", "source": "semantic"}, "dist": {}, "stage": {}, "cross_entropy": {}}
    assert list(values_of_one_window(terms, student=STUDENT, taught={"teacher": TEACHER}, label=LABEL)) == [
        "cross_entropy"
    ]


@pytest.mark.parametrize("loss", list(TERMS))
def test_what_has_a_value_has_the_same_one_from_log_probabilities(loss: str) -> None:
    logits = {"student": [7.0, 3.5, 9.1, -2.0], "teacher": [12.0, 0.3, 5.0, 4.4]}
    logs = {role: torch.tensor(one, dtype=torch.float64).log_softmax(0).tolist() for role, one in logits.items()}
    for settings in ({}, {"variant": "released"}) if loss in ("conditional", "dist") else ({},):
        told, again = (
            values_of_one_window({loss: settings}, student=one["student"], taught={"teacher": one["teacher"]}, label=2)
            for one in (logits, logs)
        )
        assert told == pytest.approx(again, abs=1e-9)


def test_the_released_rule_has_no_value_since_it_takes_the_length_of_raw_logits() -> None:
    terms = {"rule": {"loss": "conditional", "variant": "released"}, "sound": {"loss": "conditional"}}
    told = values_of_one_window(terms, student=STUDENT, taught={"teacher": TEACHER}, label=LABEL)
    assert list(told) == ["sound"]


@pytest.mark.parametrize(("taught", "label"), [({"teacher": [1.0]}, 0), ({}, 3), ({}, -1)])
def test_numbers_that_do_not_fit_are_refused(taught: dict[str, list[float]], label: int) -> None:
    with pytest.raises(InputError):
        values_of_one_window({"cross_entropy": {}}, student=STUDENT, taught=taught, label=label)
