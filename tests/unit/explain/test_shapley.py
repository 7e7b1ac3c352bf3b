from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.explain.shapley import Shapley, shapley
from stillroom.explain.subsets import EMPTY, Subset, Value, all_subsets

PEOPLE = ("ann", "bea", "cleo")


def made(groups: str, seed: int) -> dict[Subset, dict[str, float]]:
    draw = np.random.default_rng(seed)
    return {subset: dict(zip(PEOPLE, draw.random(3), strict=True)) for subset in [EMPTY, *all_subsets(groups)]}


def brute_force(groups: str, scores: dict[Subset, dict[str, float]], person: str) -> dict[str, float]:
    orders = list(permutations(groups))
    gains = dict.fromkeys(groups, 0.0)
    for order in orders:
        for place, group in enumerate(order):
            before = frozenset(order[:place])
            gains[group] += scores[before | {group}][person] - scores[before][person]
    return {group: gain / len(orders) for group, gain in gains.items()}


def of_person(found: Shapley, person: str) -> dict[str, float]:
    return {share.group: share.per_person[person] for share in found.shares}


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(0, 10_000))
def test_exact_values_are_the_mean_gain_over_all_orders(count: int, seed: int) -> None:
    groups = "abcde"[:count]
    scores = made(groups, seed)
    found = shapley(groups, scores.__getitem__)
    assert (found.exact, found.permutations, found.asked) == (True, 0, 2**count - 1)
    for person in PEOPLE:
        assert of_person(found, person) == pytest.approx(brute_force(groups, scores, person))


@settings(max_examples=30)
@given(st.integers(2, 6), st.integers(0, 10_000), st.booleans())
def test_shares_sum_to_what_all_groups_win_for_each_person(count: int, seed: int, sampled: bool) -> None:
    groups = "abcdef"[:count]
    scores = made(groups, seed)
    found = shapley(groups, scores.__getitem__, exact_up_to=0 if sampled else 8, permutations=4)
    assert found.exact is not sampled
    for person in PEOPLE:
        total = scores[frozenset(groups)][person] - scores[EMPTY][person]
        assert sum(of_person(found, person).values()) == pytest.approx(total, abs=1e-12)
    assert sum(share.mean for share in found.shares) == pytest.approx(found.total.mean, abs=1e-12)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.booleans())
def test_a_group_that_changes_nothing_gets_nothing(seed: int, sampled: bool) -> None:
    scores = made("abcd", seed)
    found = shapley("abcde", lambda subset: scores[subset - {"e"}], exact_up_to=0 if sampled else 8, permutations=8)
    assert list(found.shares[4].per_person.values()) == pytest.approx([0.0] * 3, abs=1e-15)
    assert found.shares[4].standard_error == pytest.approx(0.0, abs=1e-15)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_groups_that_can_stand_for_each_other_get_the_same(seed: int) -> None:
    scores = made("abc", seed)

    def twins(subset: Subset) -> dict[str, float]:
        return scores[frozenset("a") & subset | (frozenset("bc") if {"x", "y"} <= subset else
                      frozenset("b") if subset & {"x", "y"} else EMPTY)]  # fmt: skip

    found = {share.group: share for share in shapley("axy", twins).shares}
    assert list(found["x"].per_person.values()) == pytest.approx(list(found["y"].per_person.values()))


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_shares_of_a_sum_are_sums_of_shares(one: int, other: int) -> None:
    first, second = made("abcd", one), made("abcd", other)
    both = {subset: {person: first[subset][person] + second[subset][person] for person in PEOPLE} for subset in first}
    parts = [of_person(shapley("abcd", scores.__getitem__), "bea") for scores in (first, second, both)]
    assert parts[2] == pytest.approx({group: parts[0][group] + parts[1][group] for group in "abcd"})


def ceiling(subset: Subset) -> dict[str, float]:
    """Ten groups of unequal strength under a ceiling: gains depend on who came before."""
    strength = sum(0.05 * (1 + "abcdefghij".index(group)) for group in subset)
    return {person: float(1 - np.exp(-strength * (1 + 0.2 * place))) for place, person in enumerate(PEOPLE)}


def test_sampled_values_come_near_the_exact_ones_and_say_how_near() -> None:
    groups = "abcdefghij"
    exact = shapley(groups, ceiling, exact_up_to=10)
    errors = {}
    for count in (16, 1024):
        found = shapley(groups, ceiling, permutations=count, seed=3)
        apart = [one.mean - other.mean for one, other in zip(found.shares, exact.shares, strict=True)]
        told = [share.standard_error for share in found.shares]
        assert 0.4 < np.sqrt(np.mean(np.square(np.array(apart) / np.array(told)))) < 2
        errors[count] = max(map(abs, apart))
    assert errors[1024] < 0.005 < 0.16 < max(share.mean for share in exact.shares)
    assert errors[1024] < errors[16] / 3
    assert exact.shares[0].standard_error == 0.0


def test_an_order_and_its_reverse_cancel_what_grows_with_the_number_of_groups() -> None:
    # v = |S|^2: a group's gain on arrival k is 2k + 1, and k + its reverse's k is n - 1: each pair is exact
    found = shapley("abcdefghij", lambda subset: {"ann": float(len(subset) ** 2)}, permutations=4)
    assert [share.mean for share in found.shares] == pytest.approx([10.0] * 10)
    assert [share.standard_error for share in found.shares] == pytest.approx([0.0] * 10, abs=1e-12)


def test_sampling_is_repeatable_and_moves_with_its_seed() -> None:
    same = [shapley("abcdefghij", ceiling, permutations=6, seed=seed).as_dict() for seed in (1, 1, 2)]
    assert same[0] == same[1] != same[2]


def test_eight_groups_are_counted_and_nine_are_drawn() -> None:
    assert shapley("abcdefgh", ceiling).exact
    found = shapley("abcdefghi", ceiling, permutations=2)
    assert (found.exact, found.permutations, found.asked) == (False, 2, 17)
    assert [share.standard_error for share in found.shares] == [None] * 9


def test_the_empty_set_is_taken_as_given_and_not_asked_for() -> None:
    def value(subset: Subset) -> dict[str, float]:
        assert subset
        return {"ann": 0.9}

    found = shapley("ab", value, {"ann": 0.5})
    assert [share.mean for share in found.shares] == pytest.approx([0.2, 0.2])
    assert found.total.mean == pytest.approx(0.4)


def test_the_interval_is_over_people() -> None:
    value: Value = lambda subset: {"ann": 0.1 * len(subset), "bea": 0.3 * len(subset)}  # noqa: E731
    share = shapley("ab", value).shares[0]
    assert (share.mean, share.low, share.high) == pytest.approx((0.2, 0.2 - 1.27062, 0.2 + 1.27062), abs=1e-5)


def test_no_pairs_are_refused_and_the_whole_is_ready_for_json() -> None:
    for count in (0, 7):
        with pytest.raises(InputError, match="no pairs"):
            shapley("abcdefghi", ceiling, permutations=count)
    told = json.loads(json.dumps(shapley("ab", ceiling).as_dict(), allow_nan=False))
    assert [share["group"] for share in told["shares"]] == ["a", "b"]
    assert set(told["total"]) == {"mean", "low", "high"}
