"""A recording: one continuous piece of one person, every sensor on one even clock, with its labels as spans of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from stillroom.sensors.layout import Layout

Floats = NDArray[np.float64]

UNLABELLED = -1


@dataclass(frozen=True)
class Span:
    """A label that holds over `[start_s, end_s)`, in seconds of the recording's own clock."""

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True)
class Stream:
    """What one device delivered, on its own clock.

    Attributes:
        layout: its channels, in canonical units; the kind's rate is what the device claims.
        stamps_s: `(sample,)` the device's stamps in seconds; bursty, doubled or drifting is fine.
        values: `(channel, sample)` in the layout's units; short NaN runs are filled on assembly.
        where: the file, for error messages.
    """

    layout: Layout
    stamps_s: Floats
    values: Floats
    where: str = ""


@dataclass(frozen=True)
class Recording:
    """One continuous piece of one person.

    Attributes:
        person: whose it is; ids that are known to be one person are already merged.
        session: which of the person's sessions.
        layout: the channels, in order.
        rate_hz: the rate of `signal`.
        signal: `(channel, time)` float32 in the layout's units.
        segments: `(segment, 2)` first and one-past-last sample of each stretch without a gap.
        tracks: annotation kinds by name, each a sequence of spans; seconds since the first sample.
        start_s: seconds since 1970 of the first sample, 0 where unknown.
        facts: small facts of the source (original id, handedness, mounting), for people.
        piece: which part of the session, where a session was recorded in several.
    """

    person: str
    session: str
    layout: Layout
    rate_hz: float
    signal: NDArray[np.float32]
    segments: NDArray[np.int64]
    tracks: Mapping[str, Sequence[Span]]
    start_s: float = 0.0
    facts: Mapping[str, str] = field(default_factory=dict)
    piece: str = ""

    @property
    def name(self) -> str:
        """`person/session`, with the piece behind it where there is one."""
        return "/".join(filter(None, (self.person, self.session, self.piece)))

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last sample."""
        return float(self.signal.shape[1] / self.rate_hz)

    def codes(self, track: str, classes: Sequence[str]) -> NDArray[np.int16]:
        """The class index of each sample, `(time,)`; `UNLABELLED` where no span of a known class holds."""
        index = {name: code for code, name in enumerate(classes)}
        out = np.full(self.signal.shape[1], UNLABELLED, dtype=np.int16)
        for span in self.tracks.get(track, ()):
            if span.label in index:
                first, stop = np.ceil(np.array([span.start_s, span.end_s]) * self.rate_hz - 1e-6).astype(np.int64)
                out[max(first, 0) : max(stop, 0)] = index[span.label]
        return out

    def view(self, layout: Layout) -> Recording:
        """The same recording with only some channels."""
        return replace(self, layout=layout, signal=self.signal[self.layout.indices_of(layout)])


def spans_of_runs(labels: Sequence[str] | NDArray[np.str_], stamps_s: Floats, end_s: float | None = None) -> list[Span]:
    """Per-sample labels as spans; an empty label leaves its stretch unlabelled.

    Args:
        labels: `(sample,)`.
        stamps_s: `(sample,)` when each sample's label begins to hold.
        end_s: when the last label stops to hold; the last stamp plus the median step by default.
    """
    values = np.asarray(labels, dtype=str)
    if not len(values):
        return []
    step = float(np.median(np.diff(stamps_s))) if len(stamps_s) > 1 else 0.0
    last = float(stamps_s[-1]) + step if end_s is None else end_s
    edges = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), len(values)]
    bounds = [*(float(stamps_s[edge]) for edge in edges[:-1]), last]
    return [
        Span(bounds[i], bounds[i + 1], str(values[edges[i]])) for i in range(len(edges) - 1) if values[edges[i]] != ""
    ]
