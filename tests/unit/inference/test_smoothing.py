"""A smoothing looks back alone, forgets where it is told to, and changes its mind when there is reason to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.evaluation.sequence import hmm_filter, lasting
from stillroom.inference.smoothing import Smoother, Smoothing, hysteresis, majority, smoothing_of

LABELS = st.lists(st.integers(0, 2), min_size=1, max_size=40)
KINDS = ("none", "majority", "hysteresis", "hmm")


def sure(labels: list[int], of: float = 0.8) -> np.ndarray:
    """`(window, class)`: probabilities of a model that is so sure of each label."""
    rows = np.full((len(labels), 3), (1 - of) / 2)
    rows[np.arange(len(labels)), labels] = of
    return rows


def shown(smoothing: Smoothing, labels: list[int], share: float = 1.0) -> list[int]:
    """What is shown for each of some windows."""
    smoother = Smoother(smoothing, 3)
    return [smoother.step(row, share) for row in sure(labels)]


@given(LABELS)
def test_no_smoothing_shows_what_was_said(labels: list[int]) -> None:
    assert shown(Smoothing(), labels) == labels


@given(LABELS, st.integers(1, 7))
def test_a_smoothed_label_was_said_lately_or_shown_before(labels: list[int], windows: int) -> None:
    for kind in ("majority", "hysteresis"):
        out = shown(Smoothing(kind=kind, windows=windows), labels)
        for place, label in enumerate(out):
            recent = labels[max(0, place + 1 - windows) : place + 1]
            assert label in recent or (place and label == out[place - 1])


@given(LABELS, st.integers(2, 7))
def test_hysteresis_changes_its_mind_no_oftener_than_the_model(labels: list[int], windows: int) -> None:
    def turns(seen: list[int]) -> int:
        return sum(a != b for a, b in pairwise(seen))

    assert turns(shown(Smoothing(kind="hysteresis", windows=windows), labels)) <= turns(labels)


@given(LABELS, LABELS, st.sampled_from(KINDS))
def test_what_comes_later_changes_nothing_that_was_shown(labels: list[int], later: list[int], kind: str) -> None:
    smoothing = smoothing_of(kind)
    assert shown(smoothing, labels + later)[: len(labels)] == shown(smoothing, labels)


@given(LABELS, LABELS, st.sampled_from(KINDS))
def test_nothing_is_remembered_behind_a_reset(before: list[int], labels: list[int], kind: str) -> None:
    smoother = Smoother(smoothing_of(kind), 3)
    for row in sure(before):
        smoother.step(row)
    smoother.reset()
    assert [smoother.step(row) for row in sure(labels)] == shown(smoothing_of(kind), labels)


def test_one_odd_window_is_outvoted_and_a_steady_change_gets_through() -> None:
    said = [0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]
    assert shown(smoothing_of("majority:3"), said) == [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert shown(smoothing_of("hysteresis:3"), said) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert shown(smoothing_of("hmm:20"), said) == [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert (
        majority([0, 1], 1) == 1
        and majority([1, 0], 1) == 1
        and majority([0, 1], None) == 1
        and majority([1, 1, 0], 0) == 1
    )
    assert hysteresis([1], None, windows=3) == 1 and hysteresis([1, 1], 0, windows=3) == 0


def test_a_filter_heeds_how_sure_the_model_is_and_a_vote_does_not() -> None:
    for of, outcome in ((0.5, 0), (0.99999, 1)):
        rows = np.concatenate([sure([0] * 5), sure([1], of)])
        for kind, last in (("hmm:20", outcome), ("majority:5", 0)):
            smoother = Smoother(smoothing_of(kind), 3)
            assert [smoother.step(row) for row in rows][-1] == last


@given(LABELS, st.integers(2, 50), st.floats(0.05, 1))
def test_the_stream_filters_by_the_very_rule_that_reports_are_made_with(
    labels: list[int], windows: int, share: float
) -> None:
    whole = hmm_filter(sure(labels), lasting(windows, 3), np.full(3, 1 / 3), share=share)
    assert shown(Smoothing(kind="hmm", windows=windows), labels, share) == whole.argmax(axis=1).tolist()


def test_the_longer_activities_last_the_slower_a_change_gets_through() -> None:
    said = [0] * 10 + [1] * 10
    late = [shown(smoothing_of(f"hmm:{windows}"), said).index(1) - 10 for windows in (2, 20, 1000)]
    assert late == sorted(late) and late[0] < late[-1]
    assert shown(smoothing_of("hmm:20"), said, 0.25).index(1) > shown(smoothing_of("hmm:20"), said).index(1)


@pytest.mark.parametrize(
    ("text", "kind", "windows"),
    [
        ("none", "none", 1),
        ("majority", "majority", 5),
        ("hysteresis", "hysteresis", 3),
        ("hmm", "hmm", 20),
        (" hmm:7 ", "hmm", 7),
        ("majority:3", "majority", 3),
    ],
)
def test_a_kind_alone_brings_its_usual_number(text: str, kind: str, windows: int) -> None:
    assert smoothing_of(text) == Smoothing(kind=kind, windows=windows)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("median", "Known: none, majority, hysteresis, hmm"),
        ("hm:3", "Did you mean hmm"),
        ("majority:0", "greater than or equal to 1"),
        ("majority:-1", "'-1' is no number of windows"),
        ("hysteresis:x", "As hysteresis:3"),
        ("majority:99999999999", "no number of windows"),
        ("hmm:10001", "less than or equal to 10000"),
        ("hmm:1", "hmm needs activities that last 2 windows or more"),
        ("", "unknown smoothing"),
    ],
)
def test_an_unknown_smoothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match="--smoothing") as caught:
        smoothing_of(text)
    assert said in caught.value.sentence() and "\n" not in caught.value.sentence()
