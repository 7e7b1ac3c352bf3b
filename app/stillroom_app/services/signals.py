"""What a page shows of one recording: its stretches of activity, where they change, and numbers of what is in sight."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom.data.recording import Recording

Band = tuple[float, float, str]

FIRST_S = 60.0  # of a recording, shown at first
_BEFORE = 0.25  # of what is shown lies before the change that was jumped to
_LEAST_S = 1.0
_NEAR_S = 0.06  # what is shown begins at tenths of a second, so a change that was jumped to lies this near


def names(dataset: Dataset) -> list[str]:
    """Every recording, by person, session and piece."""
    return [recording.name for recording in dataset.recordings]


def recording_of(dataset: Dataset, name: str) -> Recording:
    """A recording by its name.

    Raises:
        InputError: no such recording.
    """
    for recording in dataset.recordings:
        if recording.name == name:
            return recording
    raise InputError("no such recording", where=name, mend="Choose one from the list")


def bands(recording: Recording, track: str) -> list[Band]:
    """Its labelled stretches in seconds, in order, inside the recording."""
    spans = sorted(recording.tracks.get(track, ()), key=lambda span: span.start_s)
    inside = [(max(0.0, one.start_s), min(one.end_s, recording.duration_s), one.label) for one in spans]
    return [band for band in inside if band[1] > band[0]]


def labels(dataset: Dataset) -> list[str]:
    """Every label that colours are given to: the classes in their order, then what else is marked."""
    marked = {span.label for one in dataset.recordings for span in one.tracks.get(dataset.card.track, ())}
    return [*dataset.classes, *sorted(marked - set(dataset.classes))]


def changes(marked: Sequence[Band]) -> list[float]:
    """When one activity ends or another begins."""
    return sorted({round(edge, 3) for start, end, _ in marked for edge in (start, end)})


def jump(shown_s: tuple[float, float], at: Sequence[float], duration_s: float, *, back: bool) -> tuple[float, float]:
    """The stretch of time after a jump to the next or the previous change; its length stays.

    Args:
        shown_s: what is in sight.
        at: when activities change.
        duration_s: of the recording.
        back: to the previous one.
    """
    length = shown_s[1] - shown_s[0]
    here = shown_s[0] + _BEFORE * length
    place = bisect_left(at, here - _NEAR_S) - 1 if back else bisect_right(at, here + _NEAR_S)
    if not 0 <= place < len(at):
        return (0.0, length) if back else (max(0.0, duration_s - length), duration_s)
    return within(at[place] - _BEFORE * length, length, duration_s)


def zoom(shown_s: tuple[float, float], times: float, duration_s: float) -> tuple[float, float]:
    """A stretch of `times` the length around the same middle."""
    middle, length = sum(shown_s) / 2, (shown_s[1] - shown_s[0]) * times
    return within(middle - length / 2, length, duration_s)


def within(start_s: float, length_s: float, duration_s: float) -> tuple[float, float]:
    """A stretch of at least a second, moved until it lies inside the recording; its edges are tenths of a second."""
    length = min(max(length_s, _LEAST_S), duration_s)
    start = round(min(max(0.0, start_s), duration_s - length), 1)
    return start, round(min(start + length, duration_s), 1)


def read(text: str, duration_s: float) -> tuple[float, float]:
    """A stretch of time as an address says it, `10-20`; the beginning of the recording where it says none."""
    found = re.fullmatch(r"([\d.]{1,9})-([\d.]{1,9})", text)
    try:
        start, end = map(float, found.groups()) if found else (0.0, FIRST_S)
    except ValueError:
        start, end = 0.0, FIRST_S
    return within(start, end - start, duration_s)


def written(shown_s: tuple[float, float]) -> str:
    """A stretch of time for an address."""
    return f"{shown_s[0]:g}-{shown_s[1]:g}"


def numbers(recording: Recording, shown_s: tuple[float, float], channels: Sequence[int]) -> list[dict[str, Any]]:
    """Mean, standard deviation, range and missing share of channels over a stretch of time; null where nothing is."""
    first, stop = (int(min(max(0, round(edge * recording.rate_hz)), recording.signal.shape[1])) for edge in shown_s)
    inside = _measured(recording)[first:stop]
    values = recording.signal[list(channels), first:stop][:, inside].astype(np.float64)
    missing = round(100 * (1 - float(inside.mean())), 2) if len(inside) else 0.0
    rows = []
    for place, row in zip(channels, values, strict=True):
        channel = recording.layout.channels[place]
        told = (row.mean(), row.std(), row.min(), row.max()) if len(row) else (None,) * 4
        named = dict(zip(("mean", "sd", "lowest", "highest"), (_number(one) for one in told), strict=True))
        rows.append({"channel": channel.name, "unit": channel.unit, **named, "missing %": missing})
    return rows


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _measured(recording: Recording) -> NDArray[np.bool_]:
    """`(time,)` whether a sample lies in a segment, and not in a gap."""
    inside = np.zeros(recording.signal.shape[1], dtype=bool)
    for first, stop in recording.segments:
        inside[first:stop] = True
    return inside
