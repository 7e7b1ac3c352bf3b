"""How a data set is divided, shown before anything is trained: folds, windows, and the words of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.data.dataset import Dataset
from stillroom.data.splits import LEAK_WARNING, Fold, Split, split
from stillroom.data.windows import WindowConfig, WindowIndex, cut

PROTOCOL, WINDOW, STRIDE, LEAKS = "protocol", "window_s", "stride_s", "leaks_known"
OWN, RANDOM = "own", "random:5"
WARNING = LEAK_WARNING
_SAID = {
    "person": "each person is tested once, by models that never saw them",
    "session": "each session is tested once; its people also train",
    "random:5": "at random, which flatters",
}
_GROUPS, _STRETCHES = (2, 3, 4, 5, 6, 8, 10), (3, 5, 10)


@dataclass(frozen=True)
class Asked:
    """A split as it is chosen; what is left open is the data set's own.

    Attributes:
        protocol: as the command line takes it; empty for the data set's own.
        window_s: 0 for the data set's own.
        stride_s: 0 for half a window, or the data set's own where the length is.
        leaks_known: a random split was asked for twice.
    """

    protocol: str = ""
    window_s: float = 0.0
    stride_s: float = 0.0
    leaks_known: bool = False

    def options(self) -> list[str]:
        """For `stillroom distil`; nothing that was left open."""
        words = ["--protocol", self.protocol] if self.protocol else []
        words += ["--window-s", f"{self.window_s:g}"] if self.window_s else []
        words += ["--stride-s", f"{self.stride_s:g}"] if self.stride_s else []
        return words + ["--i-know-it-leaks"] * (self.leaks_known and self.protocol.startswith("random"))


@dataclass(frozen=True)
class Preview:
    """What a split does.

    Attributes:
        unit: what an interval runs over: `people` or `stretches`.
        folds: of each `fold`, who stands in `train`, `validation` and `test`, and its `windows`.
        apart: whether nobody, and no stretch, stands on two sides.
        warning: what a score of it cannot say.
        counts: `(person, class)` windows.
        people: rows of `counts`.
        classes: its columns.
        set_aside: classes with too few windows, with their number.
        window_s: as it was cut.
        stride_s: as it was cut.
    """

    unit: str
    folds: tuple[dict[str, Any], ...]
    apart: bool
    warning: str
    counts: tuple[tuple[int, ...], ...]
    people: tuple[str, ...]
    classes: tuple[str, ...]
    set_aside: dict[str, int]
    window_s: float
    stride_s: float


def protocols(people: int) -> list[str]:
    """What can be chosen of a data set, the set's own first."""
    groups = [f"persons:{count}" for count in _GROUPS if count < people]
    return [OWN, "person", *groups, "session", *(f"blocks:{count}" for count in _STRETCHES), RANDOM]


def said(protocol: str, own: str) -> str:
    """A protocol in words."""
    name, _, count = protocol.partition(":")
    if protocol == OWN:
        return f"the set's own, {own}: {said(own, own)}"
    if name == "persons":
        return f"people in {count} groups, each tested once by models that never saw it"
    if name == "blocks":
        return f"each recording in {count or 5} stretches with a gap between; the person also trains"
    return _SAID.get(protocol, protocol)


def preview(dataset: Dataset, asked: Asked) -> Preview:
    """Cuts and divides a data set as `stillroom distil` would.

    Raises:
        InputError: what cannot be cut or divided so, and how to mend it.
    """
    card = dataset.card
    length, step = card.windows_s(asked.window_s, asked.stride_s)
    index = cut(dataset, WindowConfig.from_input({"window_s": length, "stride_s": step}, where="the window"))
    protocol = asked.protocol or card.protocol
    divided = split(index, protocol, leaks_known=asked.leaks_known)
    name = protocol.partition(":")[0]
    whose = _stretches(index, divided) if name == "blocks" else index.person_names(np.arange(len(index)))
    folds = tuple(_fold(fold, whose) for fold in divided.folds)
    counts = np.zeros((len(index.people), len(index.classes)), dtype=int)
    np.add.at(counts, (index.person, index.label), 1)
    return Preview(
        unit=divided.unit,
        folds=folds,
        apart=name in ("person", "persons", "blocks"),
        warning=divided.warning,
        counts=tuple(map(tuple, counts.tolist())),
        people=index.people,
        classes=index.classes,
        set_aside=index.set_aside,
        window_s=length,
        stride_s=step,
    )


def _fold(fold: Fold, whose: NDArray[np.str_]) -> dict[str, Any]:
    parts = {"train": fold.train, "validation": fold.validation, "test": fold.test}
    sides = {part: sorted(set(whose[ids].tolist())) for part, ids in parts.items()}
    return {"fold": fold.name, **sides, "windows": {part: len(ids) for part, ids in parts.items()}}


def _stretches(index: WindowIndex, divided: Split) -> NDArray[np.str_]:
    """Each window's stretch: the one that is tested with it."""
    named = np.full(len(index), "", dtype="<U16")
    for number, fold in enumerate(divided.folds, start=1):
        named[fold.test] = f"stretch {number}"
    return named
