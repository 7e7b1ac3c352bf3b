"""The window index: which stretches of which recording are windows, of whom, with which label and how pure.

A window never crosses a recording or a gap. Its label is the one that holds for most of its samples; it is kept when
that label holds for at least `purity` of them. Stretches without a label count against every label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from stillroom.base.config import Config, fingerprint
from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom.data.recording import UNLABELLED


class WindowConfig(Config):
    """How windows are cut.

    Attributes:
        window_s: length.
        stride_s: step from one window's start to the next.
        purity: the least share of a window's samples that its label must hold for.
        min_windows: a class with fewer windows in the whole set is set aside (and named in the report).
    """

    window_s: float = Field(gt=0)
    stride_s: float = Field(gt=0)
    purity: float = Field(default=0.5, gt=0, le=1)
    min_windows: int = Field(default=10, ge=0)


@dataclass(frozen=True)
class WindowIndex:
    """Windows of a data set; arrays run over windows.

    Attributes:
        start: first sample, counted in the bank of all recordings.
        recording: which recording.
        label: class index.
        purity: share of the samples with that label.
        person: index into `people`.
        width: samples in a window.
        rate_hz: samples per second.
        classes: class names.
        people: names of people.
        session: `(recording,)` the session of each recording.
        offsets: `(recording + 1,)` where each recording begins in the bank.
        set_aside: classes with too few windows, with their number.
        grid: `(place,)` first samples of all places where a window could lie, those left out for their label among
            them; None where they are the windows' own.
    """

    start: NDArray[np.int64]
    recording: NDArray[np.int32]
    label: NDArray[np.int64]
    purity: NDArray[np.float32]
    person: NDArray[np.int32]
    width: int
    rate_hz: float
    classes: tuple[str, ...]
    people: tuple[str, ...]
    session: tuple[str, ...]
    offsets: NDArray[np.int64]
    set_aside: dict[str, int]
    grid: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.start)

    def key(self) -> str:
        """The fingerprint of which windows these are."""
        return fingerprint([self.start.tolist(), self.label.tolist(), self.width, self.rate_hz, list(self.classes)])

    def person_names(self, ids: NDArray[np.int64]) -> NDArray[np.str_]:
        """Whose the windows are."""
        return np.array(self.people)[self.person[ids]]

    def between(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """First samples of what lies between some windows of a recording and is no window: a stream passes it as well.

        Whether a window is left out follows from its label, which a stream does not know.

        Args:
            ids: which windows.

        Returns:
            `(place,)`, ascending; places before the first and behind the last of a recording's windows are not in it.
        """
        if self.grid is None:
            return np.zeros(0, dtype=np.int64)
        left = np.setdiff1d(self.grid, self.start)
        where = np.searchsorted(self.offsets, left, side="right") - 1
        first, last = np.full(len(self.offsets), np.inf), np.full(len(self.offsets), -np.inf)
        np.minimum.at(first, self.recording[ids], self.start[ids])
        np.maximum.at(last, self.recording[ids], self.start[ids])
        inside: NDArray[np.int64] = left[(left > first[where]) & (left < last[where])]
        return inside

    def summary(self) -> dict[str, Any]:
        """Plain numbers for a report."""
        counts = np.bincount(self.label, minlength=len(self.classes))
        return {
            "windows": len(self),
            "width": self.width,
            "rate_hz": self.rate_hz,
            "per_class": dict(zip(self.classes, counts.tolist(), strict=True)),
            "set_aside": self.set_aside,
        }


def cut(dataset: Dataset, config: WindowConfig) -> WindowIndex:
    """Cuts every recording of a data set.

    Raises:
        InputError: windows longer than any recording, or no labelled window at all.
    """
    width = round(config.window_s * dataset.rate_hz)
    stride = max(1, round(config.stride_s * dataset.rate_hz))
    people = dataset.people
    offsets = np.concatenate([[0], np.cumsum([r.signal.shape[1] for r in dataset.recordings])]).astype(np.int64)
    columns: list[list[NDArray[Any]]] = [[], [], [], []]
    grid = []
    for number, recording in enumerate(dataset.recordings):
        starts = _starts(recording.segments, width, stride)
        grid.append(starts + offsets[number])
        label, purity = _majority(
            recording.codes(dataset.card.track, dataset.classes), starts, width, len(dataset.classes)
        )
        keep = (purity >= config.purity) & (label != UNLABELLED)
        for column, values in zip(columns, (starts[keep], label[keep], purity[keep]), strict=False):
            column.append(values)
        columns[3].append(np.full(int(keep.sum()), number, dtype=np.int32))
    start, label, purity, recording_of = (np.concatenate(column) for column in columns)
    if not len(start):
        longest = max(r.duration_s for r in dataset.recordings)
        fits = (
            f"Lower --purity ({config.purity:g}): no label holds for that share of one" if any(map(len, grid)) else ""
        )
        raise InputError(
            f"no window of {config.window_s:g} s could be cut",
            where=f"the longest recording lasts {longest:.1f} s",
            mend=fits or "Choose a shorter --window-s",
        )
    person_of = np.array([people.index(r.person) for r in dataset.recordings], dtype=np.int32)
    index = WindowIndex(
        start=start + offsets[recording_of],
        recording=recording_of,
        label=label.astype(np.int64),
        purity=purity.astype(np.float32),
        person=person_of[recording_of],
        width=width,
        rate_hz=dataset.rate_hz,
        classes=dataset.classes,
        people=people,
        session=tuple(r.session for r in dataset.recordings),
        offsets=offsets,
        set_aside={},
        grid=np.concatenate(grid),
    )
    return _without_rare(index, config.min_windows)


def labels_at(
    dataset: Dataset, config: WindowConfig, index: WindowIndex, recording: int, starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The class by the rule of windows of what begins anywhere in a recording, between windows too.

    Args:
        dataset: whose recordings.
        config: how its windows were cut.
        index: those windows.
        recording: which recording.
        starts: `(place,)` first samples, counted in the recording; a whole window must follow each.

    Returns:
        `(place,)` class indices as in `index`; `UNLABELLED` where no class of it holds for enough of the samples.
    """
    codes = dataset.recordings[recording].codes(dataset.card.track, dataset.classes)
    label, purity = _majority(codes, starts, index.width, len(dataset.classes))
    known = {name: code for code, name in enumerate(index.classes)}
    renumber = np.array([*(known.get(name, UNLABELLED) for name in dataset.classes), UNLABELLED])
    return np.where(purity >= config.purity, renumber[label], UNLABELLED)


def _starts(segments: NDArray[np.int64], width: int, stride: int) -> NDArray[np.int64]:
    parts = [np.arange(first, stop - width + 1, stride) for first, stop in segments]
    return np.concatenate(parts or [np.zeros(0)]).astype(np.int64)


def _majority(
    codes: NDArray[np.int16], starts: NDArray[np.int64], width: int, classes: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The most frequent class of each window and its share, by differences of running counts."""
    best = np.full(len(starts), UNLABELLED, dtype=np.int64)
    most = np.zeros(len(starts), dtype=np.int64)
    for code in range(classes):
        running = np.concatenate([[0], np.cumsum(codes == code)])
        count = running[starts + width] - running[starts]
        best, most = np.where(count > most, code, best), np.maximum(count, most)
    return best, most / width


def _without_rare(index: WindowIndex, least: int) -> WindowIndex:
    counts = np.bincount(index.label, minlength=len(index.classes))
    kept = np.flatnonzero(counts >= max(least, 1))
    if len(kept) < 2:
        raise InputError(
            f"{len(kept)} class has {least} windows or more: there is nothing to tell apart",
            where=", ".join(f"{name} {count}" for name, count in zip(index.classes, counts, strict=True)),
            mend="Record more, shorten the stride, or lower --min-windows",
        )
    renumber = np.full(len(counts), UNLABELLED, dtype=np.int64)
    renumber[kept] = np.arange(len(kept))
    rows = np.isin(index.label, kept)
    return WindowIndex(
        start=index.start[rows],
        recording=index.recording[rows],
        label=renumber[index.label[rows]],
        purity=index.purity[rows],
        person=index.person[rows],
        width=index.width,
        rate_hz=index.rate_hz,
        classes=tuple(index.classes[i] for i in kept),
        people=index.people,
        session=index.session,
        offsets=index.offsets,
        set_aside={index.classes[i]: int(counts[i]) for i in range(len(counts)) if i not in kept},
        grid=index.grid,
    )
