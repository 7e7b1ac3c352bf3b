"""HAPT, postural transitions with a waist phone (UCI 341), raw signals: 30 people, 50 Hz, 12 activities.

Layout: `RawData/acc_expXX_userYY.txt` (g) and `gyro_expXX_userYY.txt` (rad/s), three space-separated numbers a row,
no header; `RawData/labels.txt` with experiment, person, activity, first and last sample, counted from 1 and both
included. What no row of it covers (about a quarter) stays unlabelled. The windowed features are not read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd

from stillroom.base.errors import InputError
from stillroom.data.assembly import assemble
from stillroom.data.card import Card
from stillroom.data.recording import Floats, Recording, Span, Stream
from stillroom.data.source import SOURCES, Part
from stillroom.data.tables import numbers, read_table
from stillroom.data.tree import Entry, Tree
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.sensors.units import factor

RATE_HZ = 50.0
ACTIVITIES = (
    "WALKING",
    "WALKING_UPSTAIRS",
    "WALKING_DOWNSTAIRS",
    "SITTING",
    "STANDING",
    "LAYING",
    "STAND_TO_SIT",
    "SIT_TO_STAND",
    "SIT_TO_LIE",
    "LIE_TO_SIT",
    "STAND_TO_LIE",
    "LIE_TO_STAND",
)
LAYOUT = Layout(channels=tuple(c for kind in ("acc", "gyro") for c in sensor_channels("waist", kind, RATE_HZ)))
_UNITS = {"acc": factor("g", "m/s2"), "gyro": 1.0}
_FILE = re.compile(r"(acc|gyro)_exp(\d+)_user(\d+)\.txt$")


class Hapt:
    """The HAPT reader."""

    version = 1
    card = Card(
        name="hapt",
        title="Human activities and postural transitions (HAPT), raw signals",
        licence="its README prohibits commercial use; the UCI page says CC BY 4.0",
        rate_hz=RATE_HZ,
        window_s=2.56,
        stride_s=1.28,
        classes=ACTIVITIES,
        homepage="https://archive.ics.uci.edu/dataset/341",
        citation="Reyes-Ortiz et al.: Transition-aware human activity recognition using smartphones. "
        "Neurocomputing 171, 2016",
        notes=(
            "Only 73 % of the time is labelled; the rest stays unlabelled.",
            "The six postural transitions are rare and last a few seconds each.",
            "The same people and the same published test split as UCI HAR.",
        ),
    )

    def parts(self, tree: Tree | None) -> Sequence[Part]:
        """One part for each experiment: its two signals and the table of labels."""
        if tree is None:
            raise InputError("hapt needs a path", mend="As hapt:PATH, the unpacked folder or the publisher's zip")
        groups: dict[tuple[int, int], dict[str, Entry]] = defaultdict(dict)
        for entry in tree.entries:
            if match := _FILE.search(entry.name):
                groups[int(match[3]), int(match[2])][match[1]] = entry
        if not groups:
            raise InputError(
                "no raw HAPT signal was found",
                where=str(tree.path),
                mend="Expected RawData/acc_exp01_user01.txt at any depth (the windowed features are not read)",
            )
        labels = tree.find(lambda entry: entry.parts[-1] == "labels.txt")
        if not labels:
            raise InputError(
                "RawData/labels.txt is missing", where=str(tree.path), mend="Unpack the publisher's whole zip"
            )
        return [
            Part(f"u{person:02d}/e{number:02d}", (*files.values(), labels[0]))
            for (person, number), files in sorted(groups.items())
        ]

    def parse(self, part: Part) -> Recording:
        """Reads one experiment."""
        files = {match[1]: entry for entry in part.entries if (match := _FILE.search(entry.name))}
        if missing := [kind for kind in ("acc", "gyro") if kind not in files]:
            other = next(iter(files.values())).name
            raise InputError(
                f"the {missing[0]} file of {part.name} is missing", where=other, mend="Unpack the publisher's whole zip"
            )
        signals = [_signal(files[kind]) * _UNITS[kind] for kind in ("acc", "gyro")]
        counts = [signal.shape[1] for signal in signals]
        if counts[0] != counts[1]:
            raise InputError(
                f"{counts[0]} rows of acceleration and {counts[1]} of rate of turn",
                where=files["gyro"].name,
                mend="Download the file again: the two must be of one length",
            )
        person, experiment = part.name.split("/")
        return assemble(
            [Stream(LAYOUT, np.arange(counts[0]) / RATE_HZ, np.concatenate(signals), files["acc"].name)],
            person=person,
            session=experiment,
            rate_hz=RATE_HZ,
            tracks={"activity": _spans(part.entries[-1], int(person[1:]), int(experiment[1:]), counts[0])},
        )


def _signal(entry: Entry) -> Floats:
    table = read_table(entry, header=False, separator=r"\s+")
    if table.shape[1] != 3:
        raise InputError(f"{table.shape[1]} columns, expected 3", where=entry.name, mend="Download the file again")
    return numbers(table, list(table.columns), entry.name, header=False)


def _spans(entry: Entry, person: int, experiment: int, count: int) -> list[Span]:
    table = read_table(entry, header=False, separator=r"\s+")
    if table.shape[1] != 5:
        raise InputError(f"{table.shape[1]} columns, expected 5", where=entry.name, mend="Download the file again")
    rows = pd.DataFrame(numbers(table, list(table.columns), entry.name, header=False).T)
    own = rows[(rows[0] == experiment) & (rows[1] == person)]
    return [_span(row, entry.name, count) for row in own.itertuples()]


def _span(row: tuple[float, ...], where: str, count: int) -> Span:
    number, _, _, activity, first, last = row
    here = f"{where}, row {int(number) + 1}"
    if activity not in range(1, len(ACTIVITIES) + 1):
        raise InputError(
            f"activity {activity:g} is unknown", where=here, mend=f"The activities are 1 to {len(ACTIVITIES)}"
        )
    if not 1 <= first <= last <= count:
        raise InputError(
            f"samples {first:g} to {last:g} do not lie in a signal of {count}",
            where=here,
            mend="Download labels.txt and the signals again: they must be of one version",
        )
    return Span((first - 1) / RATE_HZ, last / RATE_HZ, ACTIVITIES[int(activity) - 1])


SOURCES.register("hapt")(Hapt())
