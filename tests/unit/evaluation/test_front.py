"""The front against its definition, and the cheapest that is near the best."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from stillroom.base.errors import InputError
from stillroom.evaluation.front import cheapest_within, front

POINTS = some.lists(some.tuples(some.integers(1, 6), some.integers(0, 8)), max_size=12)


@given(POINTS)
def test_a_point_is_on_the_front_where_no_other_is_as_cheap_and_as_good(points: list[tuple[int, int]]) -> None:
    found = front([cost for cost, _ in points], [score for _, score in points])
    by_hand = {
        (cost, score)
        for cost, score in points
        if not any(c <= cost and s >= score and (c, s) != (cost, score) for c, s in points)
    }
    assert [points[place] for place in found] == sorted(by_hand)


def test_of_equal_points_the_first_is_taken() -> None:
    assert front([2, 1, 1], [0.5, 0.5, 0.5]) == [1]
    assert cheapest_within([1, 1], [0.5, 0.5], 0.1) == 0


@given(POINTS, some.integers(0, 4))
def test_the_cheapest_near_the_best_is_near_and_nothing_near_is_cheaper(
    points: list[tuple[int, int]], reach: int
) -> None:
    costs, scores = [cost for cost, _ in points], [score for _, score in points]
    place = cheapest_within(costs, scores, reach)
    if not points:
        assert place is None
        return
    assert place is not None and scores[place] >= max(scores) - reach
    assert all(costs[place] <= cost for cost, score in points if score >= max(scores) - reach)


def test_a_score_exactly_so_far_below_is_within() -> None:
    assert cheapest_within([3, 1], [0.90, 0.89], 0.01) == 1
    assert cheapest_within([3, 1], [0.90, 0.8899], 0.01) == 0


def test_another_number_of_costs_is_refused() -> None:
    with pytest.raises(InputError, match="2 costs and 1 scores"):
        front([1, 2], [0.5])
