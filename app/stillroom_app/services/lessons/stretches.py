"""Lesson 1's stretches of recordings: a signal, the labels of its samples, and how the run cut its windows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.data.dataset import Dataset
from stillroom.data.recording import Recording
from stillroom_app.services.lessons.frame import rounded, unit_of
from stillroom_app.services.listing import Listed
from stillroom_app.services.recorded import recordings_of
from stillroom_app.services.workspace import Entry

LENGTH_S, COUNT, CHANNELS, _POINTS = 40.0, 3, 3, 1200


def fits(one: Listed) -> bool:
    """Whether a run says which recordings it was made of; whether they are there still, opening them tells."""
    return bool(one.asked.get("data"))


def data(one: Entry) -> dict[str, Any]:
    """Some stretches of 40 s, of different people, each where the most activities follow one another.

    Raises:
        InputError: the recordings of the run are gone, or other ones.
    """
    dataset, index = recordings_of(one.run)
    shown = dataset.layout.select(str(one.run.facts["asked"]["student_view"] or "*"))
    sensor = shown.channels[0].sensor
    lines = [place for place, channel in enumerate(dataset.layout) if channel.sensor == sensor][:CHANNELS]
    windows = one.run.facts["asked"]["windows"]
    return {
        "samples": [_sample(dataset, recording, first, count, lines) for recording, first, count in _chosen(dataset)],
        "classes": [str(name) for name in dataset.classes],
        "rate": dataset.rate_hz,
        "channels": [dataset.layout.channels[place].name for place in lines],
        "unit": unit_of(shown.channels[0].kind),
        "begins": {"own": {"length": windows["window_s"], "stride": windows["stride_s"], "purity": windows["purity"]}},
        "origin": f"Recordings of {dataset.card.title}; the run cut {len(index)} windows from all of them",
        "words": {
            "rate": f"{dataset.rate_hz:g}",
            "own": f"{windows['window_s']:g} s, every {windows['stride_s']:g} s",
            "all": str(len(index)),
            "samples": str(index.width),
        },
    }


def _chosen(dataset: Dataset) -> Iterator[tuple[Recording, int, int]]:
    """One stretch of each of the first people: a recording, its first sample, and how many."""
    seen: set[str] = set()
    for recording in dataset.recordings:
        if recording.person in seen or len(seen) == COUNT:
            continue
        first, stop = max(recording.segments.tolist(), key=lambda one: one[1] - one[0])
        count = min(stop - first, round(LENGTH_S * dataset.rate_hz))
        codes = recording.codes(dataset.card.track, dataset.classes)
        tried = range(first, stop - count + 1, max(1, round(dataset.rate_hz)))
        seen.add(recording.person)
        yield recording, max(tried, key=lambda at: _activities(codes[at : at + count])), count


def _activities(codes: NDArray[np.int16]) -> int:
    return len(np.unique(codes[codes >= 0]))


def _sample(dataset: Dataset, recording: Recording, first: int, count: int, lines: list[int]) -> dict[str, Any]:
    codes = recording.codes(dataset.card.track, dataset.classes)[first : first + count]
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), count]
    step = -(-count // _POINTS)
    return {
        "name": f"{recording.name}, from {first / dataset.rate_hz:.0f} s",
        "start": first / dataset.rate_hz,
        "count": count,
        "step": step,
        "signal": [rounded(recording.signal[place, first : first + count : step]) for place in lines],
        "spans": [[begin, end, int(codes[begin])] for begin, end in pairwise(edges)],
    }
