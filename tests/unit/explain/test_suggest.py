from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.explain.subsets import EMPTY, Subset, all_subsets
from stillroom.explain.suggest import Points, Step, discomfort_points, front, price_points, suggest
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

LAYOUT = Layout(
    channels=tuple(
        channel
        for site, kind in (("right_wrist", "acc"), ("right_wrist", "gyro"), ("left_leg", "acc"), ("head", "acc"))
        for channel in sensor_channels(site, kind, 50.0)
    )
)
GAINS = {"a": 0.30, "b": 0.20, "c": 0.05}


def additive(subset: Subset) -> dict[str, float]:
    return {"p": 0.1 + sum(GAINS[name] for name in subset), "q": 0.3 + sum(GAINS[name] for name in subset)}


def same(names: str, points: float = 1.0) -> Points:
    return Points(dict.fromkeys(names, points))


def path(steps: tuple[Step, ...]) -> list[str]:
    return ["".join(sorted(step.subset)) for step in steps]


def test_forward_adds_what_helps_most_and_backward_drops_what_is_missed_least() -> None:
    found = suggest("abc", additive, same("abc"), same("abc"))
    assert path(found.forward) == ["a", "ab", "abc"]
    assert path(found.backward) == ["abc", "ab", "a"]
    assert found.forward[0].mean == pytest.approx(0.5)
    # p 0.4 and q 0.6, a t interval over two people, cut to what a score can be
    assert (found.forward[0].low, found.forward[0].high) == (0.0, 1.0)


def test_forward_and_backward_part_where_two_sensors_help_only_together() -> None:
    # alone a is best; of all three, a is the one that is not missed
    scores = {"": 0.1, "a": 0.5, "b": 0.3, "c": 0.3, "ab": 0.55, "ac": 0.55, "bc": 0.9, "abc": 0.9}
    found = suggest("abc", lambda subset: {"p": scores["".join(sorted(subset))]}, same("abc"), same("abc"))
    assert path(found.forward)[:2] == ["a", "ab"]
    assert path(found.backward)[:2] == ["abc", "bc"]
    assert path(found.front) == ["a", "bc"]


def test_by_price_buys_the_best_gain_for_a_point() -> None:
    # a gains 0.30 for 10 points, b 0.20 for 2, c 0.05 for 1: per point 0.03, 0.10, 0.05
    found = suggest("abc", additive, Points({"a": 10, "b": 2, "c": 1}), same("abc"))
    assert path(found.by_price) == ["b", "bc", "abc"]
    assert [step.price for step in found.by_price] == [2, 3, 13]
    assert path(found.front) == ["c", "b", "bc", "a", "ac", "ab", "abc"]


def test_by_price_loses_least_where_nothing_gains() -> None:
    losses = {"a": 0.3, "b": 0.1}
    found = suggest(
        "ab", lambda subset: {"p": 0.9 - sum(losses[name] for name in subset)}, Points({"a": 9, "b": 1}), same("ab")
    )
    assert path(found.by_price) == ["b", "ab"]


def test_by_comfort_adds_what_disturbs_least_and_then_what_helps_most() -> None:
    found = suggest("abc", additive, same("abc"), Points({"a": 4, "b": 1, "c": 1}))
    assert path(found.by_comfort) == ["b", "bc", "abc"]
    assert [step.discomfort for step in found.by_comfort] == [1, 2, 6]


def test_a_second_sensor_at_a_site_that_is_worn_disturbs_no_more() -> None:
    names = LAYOUT.sensors
    found = suggest(
        names,
        lambda subset: {"p": 0.1 * len(subset)},
        price_points(names, LAYOUT),
        discomfort_points(names, LAYOUT),
    )
    assert [step.discomfort for step in found.by_comfort] == [1, 1, 4, 8]
    assert found.by_comfort[1].subset == {"right_wrist.acc", "right_wrist.gyro"}
    assert found.by_comfort[1].price == 3


def test_nothing_above_the_budget_is_told() -> None:
    found = suggest("abc", additive, Points({"a": 10, "b": 2, "c": 1}), same("abc"), budget=11)
    assert path(found.forward) == ["a", "ac"]
    assert path(found.backward) == ["a"]
    assert path(found.by_price) == ["b", "bc"]
    assert path(found.front) == ["c", "b", "bc", "a", "ac"]
    none = suggest("abc", additive, same("abc", 5), same("abc"), budget=1)
    assert (none.forward, none.backward, none.front) == ((), (), ())


@given(st.permutations("abcd"))
def test_ties_fall_the_same_way_whatever_the_order_of_the_names(names: list[str]) -> None:
    # 0.1 + 0.2 is above 0.3 in floats: sums that differ by rounding alone are ties as well
    def value(subset: Subset) -> dict[str, float]:
        return {"p": len(subset) / 10 + (0.1 + 0.2 - 0.3 if "d" in subset else 0.0)}

    found = suggest(names, value, same("abcd"), same("abcd"))
    assert path(found.forward) == path(found.by_price) == path(found.by_comfort) == ["a", "ab", "abc", "abcd"]
    assert path(found.backward) == ["abcd", "abc", "ab", "a"]


def test_a_tie_in_score_goes_to_the_cheaper_and_then_to_the_more_comfortable() -> None:
    equal = {"p": 0.5}
    assert path(suggest("abc", lambda _: equal, Points({"a": 2, "b": 1, "c": 1}), same("abc")).forward)[0] == "b"
    found = suggest("abc", lambda _: equal, same("abc"), Points({"a": 2, "b": 2, "c": 1}))
    assert path(found.forward)[0] == "c"


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 10)), min_size=1, max_size=12))
def test_no_step_of_the_front_is_beaten_and_every_other_is(points: list[tuple[int, int]]) -> None:
    steps = [
        Step(frozenset({f"s{number}"}), score / 10, None, None, price, 0.0)
        for number, (price, score) in enumerate(points)
    ]
    kept = front(steps)
    for step in steps:
        reached = [one for one in kept if one.price <= step.price and one.mean >= step.mean]
        assert reached
        assert step not in kept or reached == [step]


def test_up_to_eight_groups_all_subsets_are_asked_and_beyond_only_those_on_the_ways() -> None:
    asked: set[Subset] = set()

    def value(subset: Subset) -> dict[str, float]:
        asked.add(subset)
        return {"p": 0.05 * len(subset)}

    assert suggest("abc", value, same("abc"), same("abc")).whole
    assert asked == {EMPTY, *all_subsets("abc")}
    asked.clear()
    assert not suggest("abcdefghi", value, same("abcdefghi"), same("abcdefghi")).whole
    assert len(asked) < 120


def test_points_are_sums_over_a_sites_kinds_and_say_what_is_assumed() -> None:
    prices = price_points(["right_wrist", "left_leg.acc"], LAYOUT)
    assert prices == Points({"right_wrist": 3.0, "left_leg.acc": 1.0}, ("right_wrist", "left_leg.acc"))
    own = price_points(["right_wrist", "left_leg"], LAYOUT, {"acc": 7})
    assert own == Points({"right_wrist": 9.0, "left_leg": 7.0}, ("right_wrist",))


def test_discomfort_goes_by_site_and_the_users_own_word_counts() -> None:
    assert discomfort_points(LAYOUT.sites, LAYOUT).of == {"right_wrist": 1, "left_leg": 3, "head": 4}
    own = discomfort_points(LAYOUT.sites, LAYOUT, {"right_wrist": 5, "leg": 0})
    assert own == Points({"right_wrist": 5.0, "left_leg": 0.0, "head": 4.0}, ("head",))


def test_points_that_are_missing_or_below_zero_and_unknown_groups_are_refused() -> None:
    with pytest.raises(InputError, match="no price for c"):
        suggest("abc", additive, same("ab"), same("abc"))
    with pytest.raises(InputError, match="below 0"):
        price_points(["head"], LAYOUT, {"acc": -1})
    with pytest.raises(InputError, match="no sensor or site 'hat'"):
        discomfort_points(["hat"], LAYOUT)


def test_suggestions_are_ready_for_json() -> None:
    told = json.loads(json.dumps(suggest("abc", additive, same("abc"), same("abc")).as_dict(), allow_nan=False))
    assert set(told["forward"][0]) == {"subset", "mean", "low", "high", "price", "discomfort"}
    assert told["price"]["assumed"] == []
