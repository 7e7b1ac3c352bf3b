from __future__ import annotations

import json

import pytest

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import Event
from stillroom.explain.subsets import EMPTY, Remembered, Subset, all_subsets, table, worth


def _by_size(subset: Subset) -> dict[str, float]:
    return {"q": len(subset) / 10, "p": len(subset) / 5}


def test_subsets_go_by_size_and_then_by_name_without_the_empty_one() -> None:
    named = ["+".join(sorted(subset)) for subset in all_subsets({"c", "a", "b"})]
    assert named == ["a", "b", "c", "a+b", "a+c", "b+c", "a+b+c"]
    assert len(all_subsets([f"s{number}" for number in range(10)])) == 2**10 - 1


def test_groups_that_are_none_or_named_twice_or_too_many_are_refused() -> None:
    for broken in ([], ["a", "a"], [f"s{number}" for number in range(17)]):
        with pytest.raises(InputError, match="groups"):
            all_subsets(broken)


def test_a_remembered_value_asks_about_each_subset_once() -> None:
    asked: list[Subset] = []

    def value(subset: Subset) -> dict[str, float]:
        asked.append(subset)
        return _by_size(subset)

    remembered = Remembered(value)
    for _ in range(3):
        assert remembered(frozenset("ab")) == {"p": 0.4, "q": 0.2}
    assert asked == [frozenset("ab")]
    assert (frozenset("ab") in remembered, EMPTY in remembered, len(remembered)) == (True, False, 1)


def test_what_is_remembered_survives_json_and_is_not_asked_for_again() -> None:
    remembered = Remembered(_by_size)
    for subset in (frozenset("ab"), EMPTY, frozenset("a")):
        remembered(subset)
    text = json.dumps(remembered.as_list(), allow_nan=False)

    def never(subset: Subset) -> dict[str, float]:
        raise AssertionError(subset)

    again = Remembered.from_list(never, json.loads(text))
    assert again.known == remembered.known
    assert list(again.known) == [EMPTY, frozenset("a"), frozenset("ab")]
    assert again(frozenset("a")) == {"p": 0.2, "q": 0.1}


def test_a_caller_cannot_change_what_is_remembered() -> None:
    remembered = Remembered(_by_size)
    remembered(EMPTY)
    remembered.known[EMPTY]["p"] = 9.0
    assert remembered(EMPTY)["p"] == 0.0


def test_missing_scores_and_other_people_are_refused() -> None:
    with pytest.raises(InputError, match=r"missing or not finite.*a \+ b"):
        Remembered(lambda _: {"p": float("nan")})(frozenset("ab"))
    with pytest.raises(InputError, match="not finite"):
        Remembered(lambda _: {})(EMPTY)
    with pytest.raises(InputError, match="other people"):
        Remembered(lambda _: {"q": 0.5}, {EMPTY: {"p": 0.1}})(frozenset("a"))
    with pytest.raises(InputError, match="entry 0"):
        Remembered.from_list(_by_size, [{"subset": "ab", "scores": {}}])


def test_a_table_holds_people_in_order_and_tells_of_its_progress() -> None:
    heard: list[Event] = []
    people, scores = table(_by_size, [EMPTY, frozenset("ab")], heard.append)
    assert people == ["p", "q"]
    assert scores.tolist() == [[0.0, 0.4], [0.0, 0.2]]
    assert [event.data["done"] for event in heard] == [1, 2]


def test_a_table_stops_before_the_next_subset() -> None:
    asked: list[Subset] = []

    def value(subset: Subset) -> dict[str, float]:
        asked.append(subset)
        return {"p": 0.5}

    with pytest.raises(StoppedError, match="subset 2 of 3"):
        table(value, all_subsets("ab"), stop=lambda: len(asked) == 1)
    assert asked == [frozenset("a")]


def test_worth_is_over_people_and_a_gain_is_paired() -> None:
    # p and q gain 0.3 and 0.1 over nothing: 0.2 +- t(0.975, 1) * sd / sqrt(2) = 0.2 +- 12.7062 * 0.1
    scores = {frozenset("a"): {"p": 0.8, "q": 0.4}, EMPTY: {"p": 0.5, "q": 0.3}}
    assert worth(scores.__getitem__, frozenset("a")).mean == pytest.approx(0.6)
    gain = worth(scores.__getitem__, frozenset("a"), over=EMPTY)
    assert gain == pytest.approx((0.2, 0.2 - 1.27062, 0.2 + 1.27062), abs=1e-5)
    assert worth(scores.__getitem__, frozenset("a"), possible=(0.0, 1.0))[1:] == (0.0, 1.0)
