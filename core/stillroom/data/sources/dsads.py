"""DSADS, Daily and Sports Activities (UCI 256): 8 people, 19 activities, five Xsens units, 25 Hz.

Layout: `a01..a19/p1..p8/s01..s60.txt`, 125 rows of 45 comma-separated numbers, no header; units in the order torso,
right arm, left arm, right leg, left leg, each with acceleration (m/s2), rate of turn (rad/s) and normalised field.
The 60 segments of a person's activity are consecutive pieces of one five-minute recording, so they are joined again;
their numbers say when each was recorded, and a missing one leaves a gap.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.assembly import assemble, segments_of
from stillroom.data.card import Card
from stillroom.data.recording import Recording, Span, Stream
from stillroom.data.source import SOURCES, Part
from stillroom.data.tables import numbers, read_table
from stillroom.data.tree import Entry, Tree
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

RATE_HZ = 25.0
ROWS = 125
UNITS = ("torso", "right_arm", "left_arm", "right_leg", "left_leg")
ACTIVITIES = (
    "sitting",
    "standing",
    "lying on back",
    "lying on right side",
    "ascending stairs",
    "descending stairs",
    "standing in a lift",
    "moving about in a lift",
    "walking in a car park",
    "walking on a treadmill, flat",
    "walking on a treadmill, 15 deg inclined",
    "running on a treadmill",
    "exercising on a stepper",
    "exercising on a cross trainer",
    "cycling, horizontal",
    "cycling, vertical",
    "rowing",
    "jumping",
    "playing basketball",
)
LAYOUT = Layout(
    channels=tuple(
        c for site in UNITS for kind in ("acc", "gyro", "magn") for c in sensor_channels(site, kind, RATE_HZ)
    )
)
_FILE = re.compile(r"(?:^|/)a(\d\d)/p(\d+)/s(\d\d)\.txt$")


class Dsads:
    """The DSADS reader."""

    version = 2
    card = Card(
        name="dsads",
        title="Daily and Sports Activities (DSADS)",
        licence="CC BY 4.0, as the UCI page states",
        rate_hz=RATE_HZ,
        window_s=5.0,
        stride_s=2.5,
        classes=ACTIVITIES,
        homepage="https://archive.ics.uci.edu/dataset/256/daily+and+sports+activities",
        citation="Altun, Barshan, Tuncel: Classifying human activities. Pattern Recognition 43, 2010",
        notes=(
            "Balanced: 60 segments of 5 s for each person and activity.",
            "Segments follow one another without a break: windows split at random leak between train and test.",
        ),
    )

    def parts(self, tree: Tree | None) -> Sequence[Part]:
        """One part for each person and activity."""
        if tree is None:
            raise InputError("dsads needs a path", mend="As dsads:PATH, the unpacked folder or the publisher's zip")
        groups: dict[tuple[int, int], list[Entry]] = defaultdict(list)
        for entry in tree.entries:
            if match := _FILE.search(entry.name):
                if not 1 <= (activity := int(match[1])) <= len(ACTIVITIES):
                    raise InputError(
                        f"activity {activity} does not exist",
                        where=entry.name,
                        mend=f"DSADS has a01 to a{len(ACTIVITIES)}",
                    )
                groups[int(match[2]), activity].append(entry)
        if not groups:
            raise InputError(
                "no DSADS segment was found", where=str(tree.path), mend="Expected a01/p1/s01.txt at any depth"
            )
        return [
            Part(f"p{person}/a{activity:02d}", _in_order(groups[person, activity]))
            for person, activity in sorted(groups)
        ]

    def parse(self, part: Part) -> Recording:
        """Joins a person's segments of one activity; where a number is missing, the recording has a gap."""
        values = _values(part.entries)
        places = np.array([_number(entry) for entry in part.entries])
        places -= places[0]
        person, activity = part.name.split("/")
        label = ACTIVITIES[int(activity[1:]) - 1]
        return assemble(
            [Stream(LAYOUT, _stamps(places), values, part.entries[0].name.rpartition("/")[0])],
            person=person,
            session="1",
            piece=activity,
            rate_hz=RATE_HZ,
            tracks={"activity": [Span(*stretch, label) for stretch in _stretches(places)]},
        )


def _number(entry: Entry) -> int:
    match = _FILE.search(entry.name)
    assert match, "only segments become entries of a part"
    return int(match[3])


def _in_order(entries: list[Entry]) -> tuple[Entry, ...]:
    """One activity of one person by segment number; a number that stands twice would double those five seconds."""
    ordered = sorted(entries, key=_number)
    for one, other in pairwise(ordered):
        if _number(one) == _number(other):
            raise InputError(
                "the same segment stands twice", where=f"{one.name} and {other.name}", mend="Name one copy of DSADS"
            )
    return tuple(ordered)


def _stamps(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """`(sample,)` seconds; `places` says which five seconds each segment is."""
    return (ROWS * places[:, None] + np.arange(ROWS)).ravel() / RATE_HZ


def _stretches(places: NDArray[np.int64]) -> list[tuple[float, float]]:
    """Start and end, in seconds, of each run of consecutive segments."""
    there = np.zeros(places[-1] + 1, dtype=bool)
    there[places] = True
    return [(first, stop) for first, stop in (segments_of(there) * (ROWS / RATE_HZ)).tolist()]


def _values(entries: Sequence[Entry]) -> NDArray[np.float64]:
    """`(channel, sample)`: read in one go where every file is whole, else file by file, which says what is wrong."""
    texts = [entry.read() for entry in entries]
    if all(text.count(b",") == ROWS * (len(LAYOUT) - 1) for text in texts):
        joined = Entry(entries[0].name, sum(map(len, texts)), 0, lambda: b"\n".join(texts))
        with contextlib.suppress(InputError):
            table = read_table(joined, header=False)
            numeric = all(kind.kind in "fi" for kind in table.dtypes)
            if numeric and table.shape == (ROWS * len(entries), len(LAYOUT)) and table.notna().all(axis=None):
                return table.to_numpy(dtype=np.float64).T
    return np.concatenate([_segment(entry) for entry in entries], axis=1)


def _segment(entry: Entry) -> NDArray[np.float64]:
    table = read_table(entry, header=False)
    if table.shape[1] != len(LAYOUT):
        raise InputError(
            f"{table.shape[1]} columns, expected {len(LAYOUT)}",
            where=entry.name,
            mend="Download the file again: it is no whole DSADS segment",
        )
    if len(table) != ROWS:
        raise InputError(f"{len(table)} rows, expected {ROWS}", where=entry.name, mend="Download the file again")
    if table.iloc[:, -1].isna().any():  # missing, or the row ends early
        for row, line in enumerate(entry.read().splitlines(), start=1):
            if line.strip() and (cells := line.count(b",") + 1) < len(LAYOUT):
                raise InputError(
                    f"{cells} cells, expected {len(LAYOUT)}",
                    where=f"{entry.name}, row {row}",
                    mend="Download the file again",
                )
    return numbers(table, list(table.columns), entry.name, header=False)


SOURCES.register("dsads")(Dsads())
