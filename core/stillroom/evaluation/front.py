"""Choosing among models by score and one cost: the front, and the cheapest that is as good as the best, nearly.

A point is on the front where no other costs as little or less and scores as well or better. What is chosen as the best
of many looks better than it is: whoever shows a choice says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from stillroom.base.errors import InputError


def front(costs: Sequence[float], scores: Sequence[float]) -> list[int]:
    """The places of the points on the front, the cheapest first; of equal points the first stays.

    Args:
        costs: of each point, less is better.
        scores: of each point, more is better.

    Raises:
        InputError: another number of costs than of scores.
    """
    _same(costs, scores)
    order = sorted(range(len(costs)), key=lambda place: (costs[place], -scores[place], place))
    found: list[int] = []
    for place in order:
        if not found or scores[place] > scores[found[-1]]:
            found.append(place)
    return found


def cheapest_within(costs: Sequence[float], scores: Sequence[float], reach: float) -> int | None:
    """The place of the cheapest point whose score is at most `reach` below the best; of equal costs the better one.

    Args:
        costs: of each point.
        scores: of each point.
        reach: in units of the score, 0 for the best alone.

    Raises:
        InputError: another number of costs than of scores.
    """
    _same(costs, scores)
    if not costs:
        return None
    least = max(scores) - reach - 1e-12  # a score exactly so far below is within
    near = [place for place, score in enumerate(scores) if score >= least]
    return min(near, key=lambda place: (costs[place], -scores[place], place))


def _same(costs: Sequence[float], scores: Sequence[float]) -> None:
    if len(costs) != len(scores):
        raise InputError(f"{len(costs)} costs and {len(scores)} scores", mend="Give one of each for each point")
