"""Shapley values: what is won by all groups together, shared out among them fairly, person by person.

    phi_i = sum over S without i of  |S|! (n - |S| - 1)! / n!  (v(S + i) - v(S))

(L. S. Shapley, "A value for n-person games", 1953): a group's gain, averaged over all orders in which groups can
arrive. Up to 8 groups all 2^n subsets are asked. Beyond, orders are drawn in pairs, each with its reverse (antithetic:
Mitchell et al., "Sampling permutations for Shapley value estimation", JMLR 23, 2022). In both the shares sum to
v(all) - v(empty), for each person. They share out *this* value: of two twins each gets half, though either can go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.base.seeding import generator
from stillroom.evaluation.significance import Interval, interval
from stillroom.explain.subsets import EMPTY, Remembered, Subset, Value, all_subsets, distinct, remembered, table

EXACT_GROUPS = 8
PERMUTATIONS = 64

_Shares = Float64[NDArray[np.float64], "person group"]


@dataclass(frozen=True)
class Share:
    """One group's part.

    Attributes:
        group: its name.
        mean: over people, in the units of the score.
        low: of the interval over people; None with one person. Sampling error is not in it.
        high: of the interval over people.
        per_person: each one's.
        standard_error: of the mean, from drawing orders instead of counting all; 0 where all were counted, None where
            one pair alone was drawn.
    """

    group: str
    mean: float
    low: float | None
    high: float | None
    per_person: Mapping[str, float]
    standard_error: float | None


@dataclass(frozen=True)
class Shapley:
    """What each group is worth.

    Attributes:
        shares: in sorted order of the groups.
        total: v(all) - v(empty), which the shares' means sum to.
        exact: all subsets were counted; otherwise orders were drawn.
        permutations: how many orders were drawn; 0 where exact.
        asked: how many subsets were looked at, the empty one left out.
    """

    shares: tuple[Share, ...]
    total: Interval
    exact: bool
    permutations: int
    asked: int

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "shares": [{**vars(share), "per_person": dict(share.per_person)} for share in self.shares],
            "total": self.total._asdict(),
            "exact": self.exact,
            "permutations": self.permutations,
            "asked": self.asked,
        }


def shapley(
    names: Collection[str],
    value: Value,
    empty: Mapping[str, float] | None = None,
    *,
    permutations: int = PERMUTATIONS,
    exact_up_to: int = EXACT_GROUPS,
    seed: int = 0,
    level: float = 0.95,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Shapley:
    """Shares out the score of all groups.

    Args:
        names: of the groups.
        value: each person's score with a subset.
        empty: each person's score with no group; the value is asked for it by default.
        permutations: how many orders are drawn beyond `exact_up_to` groups; even.
        exact_up_to: up to how many groups all subsets are asked.
        seed: of the orders.
        level: coverage of the intervals over people.
        emit: hears `explain.subsets` with `done` and `of`.
        stop: asked before each subset.

    Raises:
        InputError: names that are not distinct, an odd or no number of orders, or scores of other people.
        StoppedError: on request.
    """
    groups = distinct(names)
    known = remembered(value) if empty is None else _with_empty(remembered(value), empty)
    exact = len(groups) <= exact_up_to
    if exact:
        subsets = [EMPTY, *all_subsets(groups)]
        people, shares = _exact(groups, known, subsets, emit, stop)
        errors: list[float | None] = [0.0] * len(groups)
    else:
        orders = _orders(len(groups), permutations, seed)
        subsets = _on_the_way(groups, orders)
        people, shares, errors = _sampled(groups, known, subsets, orders, emit, stop)
    whole, nothing = known(frozenset(groups)), known(EMPTY)
    return Shapley(
        shares=tuple(
            _share(group, dict(zip(people, shares[:, place].tolist(), strict=True)), errors[place], level)
            for place, group in enumerate(groups)
        ),
        total=interval([whole[person] - nothing[person] for person in people], level),
        exact=exact,
        permutations=0 if exact else permutations,
        asked=len(subsets) - 1,
    )


def _with_empty(value: Remembered, empty: Mapping[str, float]) -> Remembered:
    return Remembered(value, {EMPTY: empty})


def _share(group: str, per_person: dict[str, float], error: float | None, level: float) -> Share:
    return Share(group, *interval(list(per_person.values()), level), per_person, error)


def _exact(
    groups: list[str], value: Value, subsets: list[Subset], emit: Emit, stop: Callable[[], bool]
) -> tuple[list[str], _Shares]:
    people, scores = table(value, subsets, emit, stop)
    column = {subset: place for place, subset in enumerate(subsets)}
    n, shares = len(groups), np.zeros((len(people), len(groups)))
    for place, group in enumerate(groups):
        for subset in subsets:
            if group not in subset:
                weight = factorial(len(subset)) * factorial(n - len(subset) - 1) / factorial(n)
                shares[:, place] += weight * (scores[:, column[subset | {group}]] - scores[:, column[subset]])
    return people, shares


def _orders(groups: int, permutations: int, seed: int) -> list[NDArray[np.int64]]:
    if permutations < 2 or permutations % 2:
        raise InputError(f"{permutations} orders are no pairs", where="permutations", mend="Give an even number from 2")
    rng = generator(seed, "shapley orders")
    drawn = [rng.permutation(groups) for _ in range(permutations // 2)]
    return [order for one in drawn for order in (one, one[::-1])]


def _on_the_way(groups: list[str], orders: list[NDArray[np.int64]]) -> list[Subset]:
    """The subsets that the orders pass through, the empty one among them, each once."""
    passed = (frozenset(groups[place] for place in order[:size]) for order in orders for size in range(len(groups) + 1))
    return list(dict.fromkeys(passed))


def _sampled(
    groups: list[str],
    value: Value,
    subsets: list[Subset],
    orders: list[NDArray[np.int64]],
    emit: Emit,
    stop: Callable[[], bool],
) -> tuple[list[str], _Shares, list[float | None]]:
    people, scores = table(value, subsets, emit, stop)
    column = {subset: place for place, subset in enumerate(subsets)}
    gains = np.zeros((len(orders), len(people), len(groups)))
    for number, order in enumerate(orders):
        before = EMPTY
        for place in order:
            after = before | {groups[place]}
            gains[number, :, place] = scores[:, column[after]] - scores[:, column[before]]
            before = after
    pairs = gains.reshape(-1, 2, len(people), len(groups)).mean(axis=1)
    return people, gains.mean(axis=0), _errors(pairs.mean(axis=1))


def _errors(pairs: Float64[NDArray[np.float64], "pair group"]) -> list[float | None]:
    """Of the mean over pairs, which are independent of each other; the two orders of a pair are not."""
    if len(pairs) < 2:
        return [None] * pairs.shape[1]
    errors: list[float | None] = (pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))).tolist()
    return errors
