"""sp-sw-har (Zenodo 8398688): 23 people, a phone in the left front pocket and a watch on the left wrist.

Layout: `sXX/sXX_YY_sp.csv` (phone) and `sXX_YY_sw.csv` (watch), one pair an execution `YY` of a timed up-and-go walk:
`x_acc..z_acc` (m/s2), `x_gyro..z_gyro` (rad/s), `timestamp` (ms since 1970), `label`; where present, also
`executions_info.csv` and `subjects_info.csv`. Asked for 100 Hz, the phone samples at 102.4 and the watch at 104.3 Hz,
with bursts and doubled stamps; the two start up to a second apart and share only the clock of the stamps.

The grid is 50 Hz: neither device keeps 100, and the motion of a walk lies below 20 Hz. Both devices carry the labels of
one video. Runs shorter than 0.1 s are slips of that labelling (a sample or two of WALKING where the second turn ends
in sitting down) and are absorbed; after that the two agree. The watch's are taken (its stamps are good to a few ms),
and both stay as published in the tracks `activity-phone` and `activity-watch`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from stillroom.base.errors import InputError
from stillroom.data.assembly import assemble
from stillroom.data.card import Card
from stillroom.data.recording import Recording, Span, Stream, spans_of_runs
from stillroom.data.source import SOURCES, Part
from stillroom.data.tables import need_columns, numbers, read_table
from stillroom.data.tree import Entry, Tree
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

RATE_HZ = 50.0
SLIP_S = 0.1
DEVICES = {"sp": ("phone", "left_pocket"), "sw": ("watch", "left_wrist")}
ACTIVITIES = ("SEATED", "STANDING_UP", "WALKING", "TURNING", "SITTING_DOWN")
_COLUMNS = [f"{axis}_{kind}" for kind in ("acc", "gyro") for axis in "xyz"]
_FILE = re.compile(r"(?:^|/)(s\d+)_(\d+)_(sp|sw)\.csv$")
_FACTS = {"executions_info.csv": "execution_id", "subjects_info.csv": "subject_id"}


class SpSw:
    """The sp-sw-har reader."""

    version = 1
    card = Card(
        name="spsw",
        title="Smartphone and smartwatch, sit-walk-turn-sit (sp-sw-har)",
        licence="CC BY 4.0 (the publisher's README)",
        rate_hz=RATE_HZ,
        window_s=1.28,
        stride_s=0.64,
        classes=ACTIVITIES,
        homepage="https://github.com/GeoTecINIT/sp-sw-har-dataset",
        citation="Matey-Sanz, Casteleyn, Granell: Dataset of inertial measurements of smartphones and smartwatches "
        "for human activity recognition. Data in Brief 51, 2023",
        notes=(
            "Executions last about 11 s and the activities between 1.1 and 2.5 s (medians): windows must be short.",
            "The devices' clocks are not synchronised beyond their stamps; they are aligned to a few milliseconds.",
            "Labels that hold for less than 0.1 s are slips and are absorbed; both devices' own labels are kept "
            "as the tracks activity-phone and activity-watch.",
        ),
    )

    def parts(self, tree: Tree | None) -> Sequence[Part]:
        """One part for each execution: phone, watch, and the two tables of facts where they are."""
        if tree is None:
            raise InputError("spsw needs a path", mend="As spsw:PATH, the unpacked folder or the publisher's zip")
        groups: dict[tuple[str, str], dict[str, Entry]] = defaultdict(dict)
        for entry in tree.entries:
            if match := _FILE.search(entry.name):
                groups[match[1], match[2]][match[3]] = entry
        if not groups:
            raise InputError(
                "no sp-sw-har recording was found", where=str(tree.path), mend="Expected s01/s01_01_sp.csv at any depth"
            )
        for (person, execution), found in sorted(groups.items()):
            if missing := [device for code, (device, _) in DEVICES.items() if code not in found]:
                raise InputError(
                    f"the {missing[0]}'s file of execution {person}_{execution} is missing",
                    where=next(iter(found.values())).name,
                    mend="Unpack the publisher's whole zip, or take this execution's file away",
                )
        facts = {entry.parts[-1]: entry for entry in tree.entries if entry.parts[-1] in _FACTS}
        return [
            Part(f"{person}/{run}", (*(files[code] for code in DEVICES), *facts.values()))
            for (person, run), files in sorted(groups.items())
        ]

    def parse(self, part: Part) -> Recording:
        """Aligns the phone's and the watch's recording of one execution."""
        person, execution = part.name.split("/")
        streams, tracks = [], {}
        for entry, (device, site) in zip(part.entries, DEVICES.values(), strict=False):
            stream, tracks[f"activity-{device}"] = _device(entry, site)
            streams.append(stream)
        return assemble(
            streams,
            person=person,
            session=execution,
            rate_hz=RATE_HZ,
            tracks={"activity": without_slips(tracks["activity-watch"]), **tracks},
            facts=_facts(part.entries[2:], {f"{person}_{execution}", person}),
        )


def without_slips(spans: Sequence[Span], shortest_s: float = SLIP_S) -> list[Span]:
    """Adjoining spans without those shorter than `shortest_s`: each falls to its successor, the last to the one before.

    Spans of one label that meet are joined.
    """
    kept: list[Span] = []
    start_s = spans[0].start_s if spans else 0.0
    for span in spans:
        if span.end_s - span.start_s < shortest_s:
            continue
        if kept and kept[-1].label == span.label:
            kept[-1] = Span(kept[-1].start_s, span.end_s, span.label)
        else:
            kept.append(Span(start_s, span.end_s, span.label))
        start_s = span.end_s
    if kept:
        kept[-1] = Span(kept[-1].start_s, spans[-1].end_s, kept[-1].label)
    return kept


def _device(entry: Entry, site: str) -> tuple[Stream, list[Span]]:
    table = read_table(entry)
    need_columns(table, [*_COLUMNS, "timestamp", "label"], entry.name)
    labels = table["label"].fillna("").astype(str).str.strip().to_numpy(dtype=str)
    if len(unknown := np.flatnonzero(~np.isin(labels, [*ACTIVITIES, ""]))):
        raise InputError(
            f"label {str(labels[unknown[0]])!r} is unknown",
            where=f"{entry.name}, row {unknown[0] + 2}, column label",
            mend=f"Labels: {', '.join(ACTIVITIES)}",
        )
    stamps_s = numbers(table, ["timestamp"], entry.name)[0] / 1000
    layout = Layout(channels=tuple(c for kind in ("acc", "gyro") for c in sensor_channels(site, kind, 100.0)))
    return Stream(layout, stamps_s, numbers(table, _COLUMNS, entry.name), entry.name), spans_of_runs(labels, stamps_s)


def _facts(entries: Sequence[Entry], wanted: set[str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for entry in entries:
        key = _FACTS[entry.parts[-1]]
        table = read_table(entry)
        need_columns(table, [key], entry.name)
        for row in table[table[key].isin(wanted)].to_dict("records"):
            facts |= {str(name): str(value) for name, value in row.items() if name not in (key, "executions")}
    return facts


SOURCES.register("spsw")(SpSw())
