"""What recordings hold, in numbers: people, sessions, sensors, seconds of each class, gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from stillroom.data.dataset import Dataset
from stillroom.data.recording import Recording
from stillroom.sensors.layout import Layout


def summarise(recordings: Iterable[Recording], track: str) -> dict[str, Any]:
    """Counts recordings one by one, so that they need not all stay in memory.

    Args:
        recordings: with one layout and one rate.
        track: the annotation kind whose classes are counted.

    Returns:
        `people` (by name: recordings, sessions, seconds), `recordings`, `rate_hz`, `duration_s`, `labelled_s`,
        `sensors`, `classes` (name, seconds, people), `gaps` (count, total_s, longest_s), `tracks`.
    """
    people: dict[str, dict[str, Any]] = {}
    seconds: dict[str, float] = defaultdict(float)
    who: dict[str, set[str]] = defaultdict(set)
    gaps: list[float] = []
    tracks: set[str] = set()
    layout, rate_hz, count = Layout(channels=()), 0.0, 0
    for recording in recordings:
        layout, rate_hz, count = recording.layout, recording.rate_hz, count + 1
        person = people.setdefault(recording.person, {"recordings": 0, "sessions": set(), "seconds": 0.0})
        person["recordings"] += 1
        person["sessions"].add(recording.session)
        person["seconds"] += recording.duration_s
        tracks |= set(recording.tracks)
        for label, spent in _seconds(recording, track).items():
            seconds[label] += spent
            who[label].add(recording.person)
        gaps += (np.diff(recording.segments.reshape(-1))[1::2] / recording.rate_hz).tolist()
    return {
        "people": {
            name: {**facts, "sessions": len(facts["sessions"]), "seconds": round(facts["seconds"], 3)}
            for name, facts in sorted(people.items())
        },
        "sessions": sum(len(facts["sessions"]) for facts in people.values()),
        "recordings": count,
        "rate_hz": rate_hz or None,
        "duration_s": round(sum(facts["seconds"] for facts in people.values()), 3),
        "labelled_s": round(sum(seconds.values()), 3),
        "channels": len(layout),
        "sensors": _sensors(layout),
        "classes": [
            {"name": name, "seconds": round(spent, 3), "people": len(who[name])}
            for name, spent in sorted(seconds.items())
        ],
        "gaps": {"count": len(gaps), "total_s": round(sum(gaps), 3), "longest_s": round(max(gaps, default=0.0), 3)},
        "tracks": sorted(tracks),
    }


def describe(dataset: Dataset) -> dict[str, Any]:
    """The summary of a data set with what its card says; classes in the data set's order, the others behind them."""
    card = dataset.card
    out = summarise(dataset.recordings, card.track)
    order = {name: index for index, name in enumerate(dataset.classes)}
    classes = sorted(out["classes"], key=lambda item: order.get(item["name"], len(order)))
    facts = ("title", "licence", "simulated", "homepage", "citation", "track", "window_s", "stride_s", "protocol")
    return {
        **{name: getattr(card, name) for name in facts},
        **out,
        "classes": [{**item, "learned": item["name"] in order} for item in classes],
        "notes": list(card.notes),
    }


def _seconds(recording: Recording, track: str) -> dict[str, float]:
    """Seconds of each label inside the recording."""
    out: dict[str, float] = defaultdict(float)
    for span in recording.tracks.get(track, ()):
        inside = min(span.end_s, recording.duration_s) - max(span.start_s, 0.0)
        if inside > 0:
            out[span.label] += inside
    return out


def _sensors(layout: Layout) -> list[dict[str, Any]]:
    return [
        {
            "sensor": sensor,
            "axes": [channel.axis for channel in layout if channel.sensor == sensor],
            "unit": next(channel.unit for channel in layout if channel.sensor == sensor),
        }
        for sensor in layout.sensors
    ]
