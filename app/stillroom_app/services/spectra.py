"""Frequencies on a page: densities of activities over people, one recording moment by moment, and what a model keeps.

The first two are computed here from recordings; what a model keeps is read from the files that `stillroom explain` left
in the run's folder, and nothing is asked of a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom.data.recording import Recording
from stillroom.evaluation.densities import by_class, stretches
from stillroom.figures.spectra import Spread
from stillroom.signal.spectra import spectrogram, welch
from stillroom_app.services.workspace import kept

Floats = NDArray[np.float64]

ANCHORS, FREQUENCY = "anchors", "frequency"
FEW_BINS = 6
_LAYERED = "smldist_net"  # the one architecture that names its layers alike in both
_SEGMENTS_S = (1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, eq=False)
class Densities:
    """What frequencies each activity holds.

    Attributes:
        hertz: `(bin,)`.
        spreads: by class, over people.
        unit: of the signal.
    """

    hertz: Floats
    spreads: dict[str, Spread]
    unit: str


@dataclass(frozen=True, eq=False)
class Moments:
    """One channel of a recording, power by frequency and moment."""

    hertz: Floats
    seconds: Floats
    density: Floats
    unit: str


def segments_s(rate_hz: float) -> list[float]:
    """Lengths of segments that hold enough samples to tell anything."""
    return [one for one in _SEGMENTS_S if one * rate_hz >= 8] or [16 / rate_hz]


def choices(dataset: Dataset) -> list[str]:
    """What can be looked at: each sensor with its axes' densities added, then each channel."""
    layout = dataset.layout
    several = [one for one in layout.sensors if sum(channel.sensor == one for channel in layout) > 1]
    return [*several, *layout.names]


def of_classes(dataset: Dataset, name: str, segment_s: float) -> Densities:
    """Welch's density of a channel or sensor by activity: each person's mean first, then the mean and band over people.

    Args:
        dataset: the recordings.
        name: a channel, or a sensor whose axes' densities are added.
        segment_s: length of a segment.

    Raises:
        InputError: no such channel, or no stretch of an activity is long enough.
    """
    places = _places(dataset, name)
    shortest = max(2, round(segment_s * dataset.rate_hz / 2))
    parts, codes, who, lengths = [], [], [], []
    hertz = np.zeros(0)
    for recording in dataset.recordings:
        of = recording.codes(dataset.card.track, dataset.classes)
        for first, stop, code in stretches(of, recording.segments, shortest):
            hertz, density = welch(recording.signal[places, first:stop], dataset.rate_hz, segment_s)
            parts.append(density.sum(axis=0, keepdims=True))
            codes.append(code)
            who.append(recording.person)
            lengths.append(stop - first)
    if not parts:
        mend = "Choose shorter segments"
        raise InputError(f"no activity lasts {segment_s / 2:g} s without a gap", where=name, mend=mend)
    found = by_class(np.stack(parts), codes, who, dataset.classes, lengths=lengths)
    spreads = {
        label: Spread(
            one.mean[0],
            None if one.low is None else one.low[0],
            None if one.high is None else one.high[0],
            len(one.people),
        )
        for label, one in found.items()
    }
    return Densities(hertz, spreads, dataset.layout.channels[places[0]].unit)


def over_time(recording: Recording, name: str, segment_s: float) -> Moments:
    """The spectrogram of one channel of a recording; between segments without a gap, it pauses.

    Raises:
        InputError: no such channel, or every stretch is shorter than a segment.
    """
    place = _place(recording, name)
    least = round(segment_s * recording.rate_hz)
    found = [
        (first / recording.rate_hz, spectrogram(recording.signal[place, first:stop], recording.rate_hz, segment_s))
        for first, stop in recording.segments
        if stop - first >= least
    ]
    if not found:
        mend = "Choose shorter segments"
        raise InputError(f"no stretch lasts {segment_s:g} s without a gap", where=recording.name, mend=mend)
    seconds = np.concatenate([start + moments for start, (_, moments, _) in found])
    density = np.concatenate([density for _, (_, _, density) in found], axis=1)
    return Moments(found[0][1][0], seconds, density, recording.layout.channels[place].unit)


def explained(run_folder: Path) -> dict[str, dict[str, Any]]:
    """The parts on frequencies that `stillroom explain` has told of a run, by name; the others are absent."""
    parts = {part: kept(run_folder / "explain" / f"{part}.json") for part in (ANCHORS, FREQUENCY)}
    return {part: one["told"] for part, one in parts.items() if one and isinstance(one.get("told"), dict)}


def has_layers(facts: Mapping[str, Any]) -> bool:
    """Whether teacher and student of a run have layers that can be held against each other.

    Args:
        facts: as in `run.json`.
    """
    recipe = facts["asked"].get("recipe") or {}
    names = {((recipe.get(role) or {}).get("model") or {}).get("name") for role in ("teacher", "student")}
    return names == {_LAYERED}


def terms(anchor: Mapping[str, Any], weight: float) -> list[dict[str, Any]]:
    """The two parts of the stage term at an anchor, by model: in time, in frequency, and their sum.

    Args:
        anchor: as `explain/anchors.json` tells one: `models` with `time` and `frequency`.
        weight: lambda_f, which the part in frequency is multiplied by; 0 is "as released".
    """
    return [
        {
            "model": name,
            "time": one["time"],
            "spectrum": one["frequency"],
            "stage term": one["time"] + weight * one["frequency"],
        }
        for name, one in anchor["models"].items()
    ]


def _places(dataset: Dataset, name: str) -> list[int]:
    found = [place for place, one in enumerate(dataset.layout) if name in (one.name, one.sensor)]
    if not found:
        raise InputError("no such channel or sensor", where=name, mend="Choose one from the list")
    return found


def _place(recording: Recording, name: str) -> int:
    if name not in recording.layout.names:
        raise InputError("no such channel", where=name, mend="Choose one from the list")
    return recording.layout.names.index(name)
