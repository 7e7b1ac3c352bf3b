"""Protocols: which windows train, which validate, which test.

`person` leaves one person out, `persons:K` a group of people, `session` one session (the people stay on both
sides), and `blocks:K` a stretch of each recording with a gap around it. `random:K` leaks and must be asked for
twice. Validation is by person, or by stretch, and never shares either with training.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.seeding import generator
from stillroom.data.windows import WindowIndex

Ids = NDArray[np.int64]

LEAK_WARNING = (
    "Split at random: windows of one person, overlapping in time, stand on both sides. Such a score measures memory of "
    "these people; on new people expect far less (on both arms of DSADS a forest scores .99 so and .81 by person)."
)
SESSION_WARNING = "Split by session: the same people stand on both sides, so a new person may score lower."
BLOCKS_WARNING = "Split by stretches of the same recordings: nothing is said about a new person or another day."


@dataclass(frozen=True)
class Fold:
    """One division of the windows.

    Attributes:
        name: of the fold, usable as a folder.
        train: ids of the windows that train.
        validation: ids that stop training and choose between settings.
        test: ids that are scored once, at the end.
        units: the test windows' unit of evidence, `(test window,)`: person or stretch.
    """

    name: str
    train: Ids
    validation: Ids
    test: Ids
    units: NDArray[np.str_]


@dataclass(frozen=True)
class Split:
    """Folds in which every window tests at most once.

    Attributes:
        protocol: as asked for.
        unit: what an interval runs over, "people" or "stretches".
        folds: the folds.
        warning: what this protocol cannot say; empty for a split by person.
    """

    protocol: str
    unit: Literal["people", "stretches"]
    folds: tuple[Fold, ...]
    warning: str = ""


def split(index: WindowIndex, protocol: str, *, leaks_known: bool = False, gap_s: float = 10.0, seed: int = 0) -> Split:
    """Divides windows by a protocol.

    Args:
        index: the windows.
        protocol: `person`, `persons:K`, `session`, `blocks[:K]` or `random[:K]`.
        leaks_known: the user has said that a random split leaks.
        gap_s: the silence between stretches of `blocks`; never less than a window.
        seed: of the random split.

    Raises:
        InputError: an unknown protocol, too few people or sessions, or a class that a fold's training lacks.
    """
    name, _, number = protocol.partition(":")
    count = _count(protocol, name, number)
    if name in ("person", "persons"):
        folds, warning = _by_person(index, count if name == "persons" else len(_present(index))), ""
    elif name == "session":
        folds, warning = _by_session(index), SESSION_WARNING
    elif name == "blocks":
        folds, warning = _by_stretch(index, count, max(gap_s, index.width / index.rate_hz)), BLOCKS_WARNING
    elif name == "random":
        if not leaks_known:
            raise InputError(
                "a random split puts one person's windows on both sides",
                where=f"--protocol {protocol}",
                mend="Use --protocol person; to see how much it flatters, add --i-know-it-leaks",
            )
        folds, warning = _at_random(index, count, seed), LEAK_WARNING
    else:
        raise InputError(
            f"unknown protocol {protocol!r}", mend="Protocols: person, persons:K, session, blocks, blocks:K"
        )
    for fold in folds:
        _check_classes(index, fold)
    return Split(protocol, "stretches" if name == "blocks" else "people", tuple(folds), warning)


def _count(protocol: str, name: str, number: str) -> int:
    if name == "persons" and not number:
        raise InputError("persons needs a number of groups", where=f"--protocol {protocol}", mend="As persons:4")
    if number and (not number.isdigit() or int(number) < 2 or name in ("person", "session")):
        raise InputError(
            f"protocol {protocol!r} is not understood", mend="A number of at least 2 follows persons:, blocks:"
        )
    return int(number) if number else 5


def _present(index: WindowIndex) -> list[int]:
    return [int(person) for person in np.unique(index.person)]


def _by_person(index: WindowIndex, groups: int) -> list[Fold]:
    present = _present(index)
    if len(present) < 3:
        raise InputError(
            f"{len(present)} {'person is' if len(present) == 1 else 'people are'} too few to leave one out",
            where=", ".join(index.people[i] for i in present),
            mend="One must train, one validate and one test; with one person use --protocol blocks",
        )
    if groups > len(present):
        raise InputError(f"{groups} groups of people asked for", where=f"{len(present)} people", mend="Ask for fewer")
    folds: list[Fold] = []
    for group in np.array_split(np.array(present), groups):
        tested = set(group.tolist())
        others = [person for person in present if person not in tested]
        if len(others) < 2:
            raise InputError(
                "too few people are left to train and to validate",
                where=f"{len(others)} left",
                mend="Ask for more groups",
            )
        after = [person for person in others if person > group[-1]] + [p for p in others if p <= group[-1]]
        validating = after[: max(1, round(0.15 * len(others)))]
        names = "+".join(index.people[i] for i in group) if len(group) <= 3 else f"group-{len(folds) + 1}"
        folds.append(_fold(index, names, np.isin(index.person, group), np.isin(index.person, validating)))
    return folds


def _fold(index: WindowIndex, name: str, test: NDArray[np.bool_], validation: NDArray[np.bool_]) -> Fold:
    ids = np.flatnonzero(test)
    return Fold(
        name=name,
        train=np.flatnonzero(~test & ~validation),
        validation=np.flatnonzero(validation & ~test),
        test=ids,
        units=index.person_names(ids),
    )


def _by_session(index: WindowIndex) -> list[Fold]:
    session = np.array(index.session)[index.recording]
    names = np.unique(session)
    if len(names) < 2:
        raise InputError("one session cannot be left out of one", where=str(names[0]), mend="Use --protocol person")
    folds: list[Fold] = []
    for number, name in enumerate(names):
        test = session == name
        present = np.unique(index.person[~test])
        if len(present) < 2:
            validation = session == names[(number + 1) % len(names)]
            if len(names) < 3:
                raise InputError("two sessions of one person leave none to validate", mend="Use --protocol blocks")
        else:
            validation = ~test & (index.person == present[number % len(present)])
        folds.append(_fold(index, f"session-{name}", test, validation))
    return folds


def _by_stretch(index: WindowIndex, count: int, gap_s: float) -> list[Fold]:
    if count < 3:
        raise InputError("blocks needs three stretches or more", mend="One trains, one validates, one tests: blocks:5")
    stretch = np.full(len(index), -1)
    half_gap = round(gap_s * index.rate_hz / 2)
    for number, (first, stop) in enumerate(pairwise(index.offsets)):
        rows = np.flatnonzero(index.recording == number)
        edges = np.linspace(first, stop, count + 1)
        for part, (low, high) in enumerate(pairwise(edges)):
            inside = (index.start[rows] >= low + (half_gap if part else 0)) & (
                index.start[rows] + index.width <= high - (half_gap if part < count - 1 else 0)
            )
            stretch[rows[inside]] = part
    folds = []
    for part in range(count):
        test, validation = stretch == part, stretch == (part + 1) % count
        train = (stretch >= 0) & ~test & ~validation
        ids = np.flatnonzero(test)
        units = np.full(len(ids), f"stretch {part + 1}")
        folds.append(Fold(f"stretch-{part + 1}", np.flatnonzero(train), np.flatnonzero(validation), ids, units))
    return folds


def _at_random(index: WindowIndex, count: int, seed: int) -> list[Fold]:
    part = generator(seed, "random split").permutation(len(index)) % max(count, 3)
    return [
        _fold(index, f"random-{number + 1}", part == number, part == (number + 1) % max(count, 3))
        for number in range(max(count, 3))
    ]


def _check_classes(index: WindowIndex, fold: Fold) -> None:
    for ids, what in ((fold.train, "training"), (fold.validation, "validation"), (fold.test, "test")):
        if not len(ids):
            raise InputError(f"the {what} part is empty", where=f"fold {fold.name}", mend="Choose another protocol")
    lacking = sorted(set(range(len(index.classes))) - set(np.unique(index.label[fold.train]).tolist()))
    if lacking:
        names = ", ".join(index.classes[i] for i in lacking)
        raise InputError(
            f"the training part has no window of {names}",
            where=f"fold {fold.name}",
            mend=f"Record it with more people, or leave it out: --drop-class '{index.classes[lacking[0]]}'",
        )
