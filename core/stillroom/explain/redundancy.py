"""How far one sensor repeats another, seen twice: in what they are worth, and in what they measure.

    overlap(i, j) = (v(i) + v(j) - v(ij) - v(empty)) / min(v(i) - v(empty), v(j) - v(empty))

1: the weaker of the two adds nothing to the other; 0: their gains add up; below 0: they are worth more together (the
interaction index of Grabisch and Roubens, Int. J. Game Theory 28, 1999, with the other sign, for two players alone).
The two views may differ: signals that move together can still tell different things apart, and scores can stop at a
ceiling, which looks like overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float, Float64
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.evaluation.significance import Interval, interval
from stillroom.explain.subsets import EMPTY, Subset, Value, distinct, table
from stillroom.sensors.layout import Layout

# Below this gain (in score) the ratio is one of two noises.
LEAST_GAIN = 0.05


@dataclass(frozen=True)
class Overlap:
    """Two groups.

    Attributes:
        first: by name.
        second: by name.
        interaction: v(ij) - v(i) - v(j) + v(empty) over people, in the units of the score; below 0 where they repeat
            each other.
        overlap: see the module; over those people to whom each of the two alone gives at least `LEAST_GAIN`. None
            where there is nobody of that kind.
        people: how many these are.
        per_person: the interaction of each person.
    """

    first: str
    second: str
    interaction: Interval
    overlap: Interval | None
    people: int
    per_person: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        overlap = None if self.overlap is None else self.overlap._asdict()
        plain = {**vars(self), "interaction": self.interaction._asdict(), "overlap": overlap}
        return {**plain, "per_person": dict(self.per_person)}


def overlap_of_scores(
    names: Collection[str],
    value: Value,
    *,
    level: float = 0.95,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> list[Overlap]:
    """The overlap of each two groups, by name.

    Args:
        names: of the groups.
        value: each person's score with a subset; it is asked for none, each one and each two.
        level: coverage of the intervals over people.
        emit: hears `explain.subsets` with `done` and `of`.
        stop: asked before each subset.

    Raises:
        InputError: names that are not distinct.
        StoppedError: on request.
    """
    groups = distinct(names)
    pairs = list(combinations(groups, 2))
    subsets: list[Subset] = [EMPTY, *(frozenset({one}) for one in groups), *(frozenset(pair) for pair in pairs)]
    people, scores = table(value, subsets, emit, stop)
    gain = {subset: scores[:, place] - scores[:, 0] for place, subset in enumerate(subsets)}
    return [_overlap(pair, people, gain, level) for pair in pairs]


def _overlap(
    pair: tuple[str, str], people: list[str], gain: Mapping[Subset, NDArray[np.float64]], level: float
) -> Overlap:
    first, second = (gain[frozenset({one})] for one in pair)
    interaction, least = gain[frozenset(pair)] - first - second, np.minimum(first, second)
    clear = least >= LEAST_GAIN
    shares = -interaction[clear] / least[clear]
    return Overlap(
        *pair,
        interaction=interval(interaction, level),
        overlap=interval(shares, level) if len(shares) else None,
        people=len(shares),
        per_person=dict(zip(people, interaction.tolist(), strict=True)),
    )


def overlap_of_signals(
    coherence: Float[NDArray[np.floating[Any]], "channel channel bin"], layout: Layout
) -> Float64[NDArray[np.float64], "sensor sensor"]:
    """The largest mean coherence between any channel of one sensor and any of another.

    Args:
        coherence: magnitude-squared, `(channel, channel, bin)`, 0..1; bins that should not count are left out before.
            Missing where a channel is constant: it repeats nothing, and counts as 0.
        layout: of the channels.

    Returns:
        `(sensor, sensor)` in the order of `layout.sensors`, symmetric, 0..1, with 1 on the diagonal.

    Raises:
        InputError: another shape than the layout's, no bin, or a value outside 0..1.
    """
    shape = np.shape(coherence)
    if len(shape) != 3 or shape[:2] != (len(layout), len(layout)) or not shape[2]:
        raise InputError(f"coherence of shape {shape} for {len(layout)} channels", where="coherence")
    values = np.nan_to_num(np.asarray(coherence, dtype=np.float64))
    if values.min() < -1e-6 or values.max() > 1 + 1e-6:
        raise InputError("coherence lies in 0 to 1", where="coherence", mend="Give magnitude-squared coherence")
    means = np.clip(values.mean(axis=2), 0.0, 1.0)
    means = np.maximum(means, means.T)
    of = np.array([layout.sensors.index(channel.sensor) for channel in layout])
    found = np.eye(len(layout.sensors))
    for one, other in combinations(range(len(layout.sensors)), 2):
        found[one, other] = found[other, one] = means[np.ix_(of == one, of == other)].max()
    return found
