"""Subsets of groups of channels, and what each is worth to each person.

A group is a sensor (`right_wrist.acc`) or a site (`right_wrist`). A *value* is any function from a subset to the score
of each person with that subset alone: one model asked with its other sensors at rest, or a model trained for it. The
score of no sensor at all (v of the empty set) is a value's as well, and is what all gains are counted from.
Means and intervals are over people; nothing here knows of windows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import Emit, Event, silent
from stillroom.evaluation.significance import Interval, interval

Subset = frozenset[str]
Value = Callable[[Subset], Mapping[str, float]]

EMPTY: Subset = frozenset()
MOST_GROUPS = 16


def all_subsets(names: Collection[str]) -> list[Subset]:
    """Every subset but the empty one, by size and then by name.

    Raises:
        InputError: no name, one twice, or more than 16 (65,535 subsets).
    """
    ordered = distinct(names)
    if len(ordered) > MOST_GROUPS:
        raise InputError(
            f"{len(ordered)} groups have {2 ** len(ordered) - 1} subsets",
            where="groups",
            mend=f"Give at most {MOST_GROUPS}, as sites instead of sensors",
        )
    return [frozenset(some) for size in range(1, len(ordered) + 1) for some in combinations(ordered, size)]


def distinct(names: Collection[str]) -> list[str]:
    """The groups' names in sorted order.

    Raises:
        InputError: none, or one twice.
    """
    ordered = sorted(names)
    if not ordered or len(set(ordered)) < len(ordered):
        raise InputError("groups must be named, each once", where="groups", mend=f"Got: {', '.join(ordered) or 'none'}")
    return ordered


def order_of(subset: Subset) -> tuple[int, list[str]]:
    """What subsets are sorted by: size, then names."""
    return len(subset), sorted(subset)


class Remembered:
    """A value that is asked about each subset once.

    Args:
        value: who is asked.
        known: scores that need not be asked for, by subset and person.
    """

    def __init__(self, value: Value, known: Mapping[Subset, Mapping[str, float]] | None = None) -> None:
        self._value = value
        self._known: dict[Subset, dict[str, float]] = {}
        for subset, scores in (known or {}).items():
            self._keep(subset, scores)

    def __call__(self, subset: Subset) -> Mapping[str, float]:
        """Each person's score.

        Raises:
            InputError: a score that is missing or not finite, or other people than those of the first subset.
        """
        return self._known[subset] if subset in self._known else self._keep(subset, self._value(subset))

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, subset: Subset) -> bool:
        return subset in self._known

    @property
    def known(self) -> dict[Subset, dict[str, float]]:
        """What was asked for so far, by size and then by name."""
        return {subset: dict(self._known[subset]) for subset in sorted(self._known, key=order_of)}

    def as_list(self) -> list[dict[str, Any]]:
        """What was asked for so far, ready for JSON: `{subset: [..], scores: {person: score}}`."""
        return [{"subset": sorted(subset), "scores": scores} for subset, scores in self.known.items()]

    @classmethod
    def from_list(cls, value: Value, entries: Iterable[Mapping[str, Any]]) -> Remembered:
        """The same again, from `as_list`.

        Raises:
            InputError: an entry without a subset or scores, or scores that are none.
        """
        known: dict[Subset, Mapping[str, float]] = {}
        for number, entry in enumerate(entries):
            if not isinstance(entry.get("subset"), list) or not isinstance(entry.get("scores"), Mapping):
                raise InputError("an entry must hold `subset` (a list) and `scores`", where=f"entry {number}")
            known[frozenset(entry["subset"])] = entry["scores"]
        return cls(value, known)

    def _keep(self, subset: Subset, scores: Mapping[str, float]) -> dict[str, float]:
        told = {person: float(scores[person]) for person in sorted(scores)}
        where = f"subset {' + '.join(sorted(subset)) or 'of nothing'}"
        if not told or not np.isfinite(list(told.values())).all():
            raise InputError("a score is missing or not finite", where=where)
        first = next(iter(self._known.values()), told)
        if list(first) != list(told):
            raise InputError(
                f"scores of other people: {', '.join(told)}", where=where, mend=f"Expected: {', '.join(first)}"
            )
        return self._known.setdefault(subset, told)


def remembered(value: Value) -> Remembered:
    """The value itself where it remembers already, so that what it knows is not asked for again."""
    return value if isinstance(value, Remembered) else Remembered(value)


def table(
    value: Value, subsets: Collection[Subset], emit: Emit = silent, stop: Callable[[], bool] = lambda: False
) -> tuple[list[str], Float64[NDArray[np.float64], "person subset"]]:
    """Asks about several subsets.

    Args:
        value: who is asked, each subset once.
        subsets: in the order of the table's columns.
        emit: hears `explain.subsets` with `done` and `of`.
        stop: asked before each subset.

    Returns:
        The people, in sorted order, and their scores `(person, subset)`.

    Raises:
        StoppedError: on request.
        InputError: as `Remembered` raises.
    """
    known, columns = remembered(value), []
    for done, subset in enumerate(subsets):
        refuse_stopped(stop, f"subset {done + 1} of {len(subsets)}")
        columns.append(known(subset))
        emit(Event("explain.subsets", data={"done": done + 1, "of": len(subsets), "subset": sorted(subset)}))
    people = list(columns[0]) if columns else []
    return people, np.array([[column[person] for column in columns] for person in people], dtype=np.float64)


def refuse_stopped(stop: Callable[[], bool], where: str) -> None:
    """Ends the work where that was asked for.

    Raises:
        StoppedError: on request.
    """
    if stop():
        raise StoppedError("stopped on request", where=where)


def worth(
    value: Value,
    subset: Subset,
    *,
    over: Subset | None = None,
    level: float = 0.95,
    possible: tuple[float, float] | None = None,
) -> Interval:
    """What a subset is worth: the mean over people with its t interval.

    Args:
        value: who is asked.
        subset: which groups.
        over: counted from this other subset, person by person; the plain score by default.
        level: coverage of the interval.
        possible: where the interval is cut, as `(0, 1)` for a plain macro-F1.
    """
    scores = value(subset)
    base = dict.fromkeys(scores, 0.0) if over is None else value(over)
    return interval([scores[person] - base[person] for person in sorted(scores)], level, possible=possible)
