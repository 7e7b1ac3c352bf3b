"""Sensors taken from a fixed model, in two ways that need not agree.

`mean`: all channels of the sensor lie at their training mean, which is what a model trained with sensor dropout knows;
any other sees windows such as it has never met. `permutation`: they come from another window of the same person, so
each sensor looks as ever, but fits the others no longer (Breiman, "Random forests", 2001, with one person's windows as
the block and one sensor's channels as the variable). Where two sensors repeat each other, a model may lean on both: a
mean-replaced twin leaves the other to be believed, a permuted twin contradicts it. Neither is what a model that is
trained without the sensor would score.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int64, Shaped
from numpy.typing import NDArray
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, Event, silent
from stillroom.base.seeding import generator
from stillroom.evaluation.people import per_person
from stillroom.evaluation.significance import Interval, interval
from stillroom.explain.asking import Ask
from stillroom.explain.subsets import EMPTY, Subset, Value, refuse_stopped

Way = Literal["mean", "permutation"]
Groups = Mapping[str, Int64[NDArray[np.int64], " _"]]
ByPerson = dict[str, float]

_BATCH = 512
_WHOLE = ""

# From windows and the rows in which they stand among the tested ones, to changed windows.
_Change = Callable[[Tensor, NDArray[np.int64]], Tensor]


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows that a model is asked about.

    Attributes:
        give: windows by their ids, `(batch, channel, time)` in the model's input units.
        ids: `(window,)`.
        persons: `(window,)` whose they are.
        truth: `(window,)` class indices.
        classes: the class names.
        donors: `(window,)` within whom windows are permuted, where that is not who is scored.
    """

    give: Callable[[NDArray[np.int64]], Tensor]
    ids: Int64[NDArray[np.int64], " window"]
    persons: Shaped[NDArray[np.str_], " window"]
    truth: Int64[NDArray[np.int64], " window"]
    classes: tuple[str, ...]
    donors: Shaped[NDArray[np.str_], " window"] | None = None


@dataclass(frozen=True)
class Ablation:
    """Macro-F1 of each person with all groups, and with each one removed.

    Attributes:
        way: how groups were removed.
        whole: nothing removed, by person.
        without: by removed group, then by person.
        draws: how many permutations were averaged; 0 for `mean`.
    """

    way: Way
    whole: Mapping[str, float]
    without: Mapping[str, Mapping[str, float]]
    draws: int

    def drop(self, group: str, level: float = 0.95) -> Interval:
        """What macro-F1 loses without the group, over people; above 0 where the model needs it."""
        return interval([self.whole[person] - self.without[group][person] for person in sorted(self.whole)], level)

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form, with each group's drop."""
        return {
            "way": self.way,
            "draws": self.draws,
            "whole": dict(self.whole),
            "without": {group: dict(scores) for group, scores in self.without.items()},
            "drop": {group: self.drop(group)._asdict() for group in self.without},
        }


def ablate(
    ask: Ask,
    tested: Windows,
    groups: Groups,
    mean: Float[Tensor, " channel"],
    way: Way,
    *,
    seed: int = 0,
    draws: int = 1,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Ablation:
    """Removes each group in turn; the model stays as it is.

    Args:
        ask: the model, in eval mode: windows to logits.
        tested: the windows.
        groups: places of each group's channels.
        mean: `(channel,)` the training mean, in the model's input units.
        way: `mean` or `permutation`.
        seed: of the permutations; each person and group has its own, whoever and whatever else is tested.
        draws: how many permutations are averaged, score by score.
        emit: hears `explain.ablation` with `done` and `of`, in batches.
        stop: asked before each batch is asked about.

    Raises:
        InputError: an unknown way, a group without channels or with one that is not there, or for `permutation` a
            person with a single window or no draw.
        StoppedError: on request.
    """
    _check(tested, groups, mean)
    changes: dict[str, _Change] = {_WHOLE: _unchanged}
    if way == "mean":
        draws = 0
        changes |= {f"{group}/0": partial(_at_mean, places, mean) for group, places in groups.items()}
    elif way == "permutation" and draws >= 1:
        for group, places in groups.items():
            for draw in range(draws):
                donors = _donors(tested.persons if tested.donors is None else tested.donors, seed, group, draw)
                changes[f"{group}/{draw}"] = partial(_from_others, places, tested, donors)
    else:
        raise InputError(f"cannot remove by {way!r} in {draws} draws", where="way", mend="Known: mean, permutation")
    found = _scored(ask, tested, changes, emit, stop)
    without = {group: [found[f"{group}/{draw}"] for draw in range(max(draws, 1))] for group in groups}
    return Ablation(way, found[_WHOLE], {group: _averaged(scores) for group, scores in without.items()}, draws)


def scored_subset(
    ask: Ask,
    tested: Windows,
    groups: Groups,
    mean: Float[Tensor, " channel"],
    subset: Collection[str],
    *,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> ByPerson:
    """Macro-F1 of each person where only some groups are worn: every other channel lies at its training mean.

    Args:
        ask: the model, in eval mode; one trained with sensor dropout, or the answer is about windows it never met.
        tested: the windows.
        groups: places of each group's channels.
        mean: `(channel,)` the training mean, in the model's input units.
        subset: the groups that are worn; may be none.
        emit: hears `explain.ablation` with `done` and `of`, in batches.
        stop: asked before each batch.

    Raises:
        InputError: a group that is not there.
        StoppedError: on request.
    """
    _check(tested, groups, mean)
    if unknown := sorted(set(subset) - set(groups)):
        raise InputError(f"no group {unknown[0]!r}", where="subset", mend=f"Known: {', '.join(groups)}")
    worn = np.concatenate([np.zeros(0, dtype=np.int64), *(groups[name] for name in sorted(subset))])
    rest = np.setdiff1d(np.arange(len(mean)), worn)
    return _scored(ask, tested, {_WHOLE: partial(_at_mean, rest, mean)}, emit, stop)[_WHOLE]


def subset_value(
    ask: Ask,
    tested: Windows,
    groups: Groups,
    mean: Float[Tensor, " channel"],
    *,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Value:
    """`scored_subset` as a value: what Shapley values, overlaps and suggestions are made from."""

    def value(subset: Subset = EMPTY) -> ByPerson:
        return scored_subset(ask, tested, groups, mean, subset, emit=emit, stop=stop)

    return value


def _check(tested: Windows, groups: Groups, mean: Tensor) -> None:
    lengths = {len(tested.ids), len(tested.persons), len(tested.truth)}
    if len(lengths) > 1 or not len(tested.ids):
        raise InputError("ids, persons and truth must be one for each window, at least one", where="tested")
    for group, places in groups.items():
        if not len(places) or min(places) < 0 or max(places) >= len(mean):
            raise InputError(
                f"the channels of {group} are not among {len(mean)}", where="groups", mend="Give places from 0"
            )


def _unchanged(x: Tensor, _: NDArray[np.int64]) -> Tensor:
    return x


def _at_mean(places: NDArray[np.int64], mean: Tensor, x: Tensor, _: NDArray[np.int64]) -> Tensor:
    changed = x.clone()
    changed[:, places] = mean.to(x)[places, None]
    return changed


def _from_others(
    places: NDArray[np.int64], tested: Windows, donors: NDArray[np.int64], x: Tensor, rows: NDArray[np.int64]
) -> Tensor:
    changed = x.clone()
    changed[:, places] = tested.give(tested.ids[donors[rows]])[:, places]
    return changed


def _donors(persons: NDArray[np.str_], seed: int, group: str, draw: int) -> NDArray[np.int64]:
    """The row that each row's channels come from: of one person a random circle, in which nobody gives to himself."""
    donors = np.arange(len(persons))
    for person in np.unique(persons):
        rows = np.flatnonzero(persons == person)
        if len(rows) < 2:
            raise InputError(f"{person} has a single window: there is no other", mend="Test more windows, or use mean")
        circle = generator(seed, "ablation", person, group, draw).permutation(rows)
        donors[circle] = np.roll(circle, 1)
    return donors


def _scored(
    ask: Ask, tested: Windows, changes: Mapping[str, _Change], emit: Emit, stop: Callable[[], bool]
) -> dict[str, ByPerson]:
    said: dict[str, list[NDArray[np.int64]]] = {name: [] for name in changes}
    count = len(tested.ids)
    of = -(-count // _BATCH) * len(changes)
    for begin in range(0, count, _BATCH):
        rows = np.arange(begin, min(begin + _BATCH, count))
        x = tested.give(tested.ids[rows])
        for name, change in changes.items():
            done = sum(map(len, said.values()))
            refuse_stopped(stop, f"batch {done + 1} of {of}")
            with torch.no_grad():
                said[name].append(ask(change(x, rows)).argmax(dim=1).cpu().numpy())
            emit(Event("explain.ablation", data={"done": done + 1, "of": of}))
    return {name: _by_person(tested, np.concatenate(parts)) for name, parts in said.items()}


def _by_person(tested: Windows, predicted: NDArray[np.int64]) -> ByPerson:
    scores = per_person(tested.truth, predicted, tested.persons, tested.classes)
    return {person: found.macro_f1 for person, found in scores.items()}


def _averaged(scores: list[ByPerson]) -> ByPerson:
    return {person: float(np.mean([one[person] for one in scores])) for person in scores[0]}
