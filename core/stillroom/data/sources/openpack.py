"""OpenPack (Zenodo 8145223): packing at a workbench, 21 subject ids of 16 people, four IMUs on both arms.

Layout: `U0101/atr/atr01..atr04/S0100.csv` and `U0101/annotation/<kind>/S0100.csv` at any depth, as folders or as the
publisher's zips; the older trees (`U0101/atr01/`, `annotation/activity-1s`, `annotation/work-process`); and the
preprocessed tables `U0101-S0100.csv`, which are read where a session's own files are not there. Everything is laid on
the nominal 30 Hz. Ids that are one person are merged; a recording keeps its original id in its facts.
`openpack-e4` adds the Empatica bands (32 Hz acceleration, pulse, skin conductance, temperature) that every session has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from stillroom.base.errors import InputError
from stillroom.data.assembly import assemble
from stillroom.data.card import Card
from stillroom.data.recording import Recording, Stream
from stillroom.data.source import SOURCES, Part
from stillroom.data.sources.openpack_annotations import Tracks, of_preprocessed, tracks_of
from stillroom.data.sources.openpack_facts import ISSUES, OPERATIONS, SAME_PERSON, UNUSABLE, facts
from stillroom.data.sources.openpack_streams import (
    BAND_RATES_HZ,
    BANDS,
    DEVICES,
    RATE_HZ,
    atr,
    band,
    preprocessed,
    stamps,
)
from stillroom.data.tables import read_table
from stillroom.data.tree import Entry, Tree

_USER = r"(?:^|/)(?P<user>U\d{4})(?:__[a-z0-9_-]+)?/"
_SESSION = r"/(?P<session>S\d{4})\.csv$"
_FILES = (
    re.compile(_USER + r"(?:atr/)?(?P<role>atr0[1-4])" + _SESSION),
    re.compile(_USER + r"(?:annotation/)(?P<role>[\w-]+)" + _SESSION),
    re.compile(_USER + r"e4/(?P<role>e40[12]/(?:acc|bvp|eda|temp))" + _SESSION),
)
_TABLE = re.compile(r"(?:^|/)(?P<user>U\d{4})-(?P<session>S\d{4})\.csv$")
_WHOLE = "preprocessed"
# The first row's stamp is wrong here; the publisher's reader drops it too.
_BAD_FIRST_ROW = {("U0101/S0500", "atr01")}

Files = dict[str, Entry]


class OpenPack:
    """The OpenPack reader; `bands` adds the Empatica E4."""

    version = 1

    def __init__(self, name: str = "openpack", *, bands: bool = False) -> None:
        self.bands = bands
        self.card = Card(
            name=name,
            title="OpenPack: packing at a workbench" + (", with the E4 bands" if bands else ""),
            licence="CC BY-NC-SA 4.0 (no commercial use, share alike)",
            rate_hz=RATE_HZ,
            window_s=4.0,
            stride_s=1.0,
            track="operation",
            classes=tuple(OPERATIONS.values()),
            homepage="https://open-pack.github.io/",
            citation="Yoshimura et al.: OpenPack: a large-scale dataset for recognizing packaging works in "
            "IoT-enabled logistic environments. PerCom 2024",
            notes=(
                "Five people have two ids; they are merged: "
                + ", ".join(f"{other} is {one}" for other, one in sorted(SAME_PERSON.items()))
                + ".",
                "U0109 is the only left-hander.",
                "Some sensors were worn upside down, swapped or stalled: see a recording's `known_issue`.",
                "U0108 S0400 is left out: "
                f"{ISSUES['U0108', 'S0400']}, and the publisher knows no way to align its devices.",
                "Null (8100) and the other ids from 8000 on are unlabelled.",
            ),
        )

    def parts(self, tree: Tree | None) -> Sequence[Part]:
        """One part for each session."""
        if tree is None:
            raise InputError(
                f"{self.card.name} needs a path", mend=f"As {self.card.name}:PATH, the unpacked folder, a zip or zips"
            )
        sessions = {key: files for key, files in _sessions(tree).items() if key not in UNUSABLE}
        if not sessions:
            raise InputError(
                "no OpenPack session was found",
                where=str(tree.path),
                mend="Expected U0101/atr/atr01/S0100.csv at any depth, or preprocessed tables U0101-S0100.csv",
            )
        bands = self._bands(sessions, tree) if self.bands else []
        return [
            Part(f"{user}/{session}", tuple(files[role] for role in sorted(files)), {"bands": bands})
            for (user, session), files in sorted(sessions.items())
        ]

    def parse(self, part: Part) -> Recording:
        """Aligns a session's devices and reads its annotations."""
        user, session = part.name.split("/")
        files = {_role(entry): entry for entry in part.entries}
        streams, tracks = _tabled(files[_WHOLE]) if _WHOLE in files else _devices(part.name, files)
        bands = {(name, kind): files[f"{name}/{kind}"] for name in part.settings["bands"] for kind in BAND_RATES_HZ}
        person = SAME_PERSON.get(user, user)
        return assemble(
            [*streams, *band(bands, part.settings["bands"])],
            person=person,
            session=session if person == user else f"{user}-{session}",
            rate_hz=RATE_HZ,
            tracks=tracks,
            facts={**facts(user, session), "labels": _source_of_labels(files, tracks)},
        )

    def _bands(self, sessions: dict[tuple[str, str], Files], tree: Tree) -> list[str]:
        found = [
            name
            for name in BANDS
            if all(f"{name}/{kind}" in files for files in sessions.values() for kind in BAND_RATES_HZ)
        ]
        if not found:
            raise InputError(
                "no E4 band is there in every session",
                where=str(tree.path),
                mend="Take the sessions without e4/ away, or read the set as openpack",
            )
        return found


def _sessions(tree: Tree) -> dict[tuple[str, str], Files]:
    """The files of each user and session by role; the path's own name counts, so `.../U0209` may be opened."""
    sessions: dict[tuple[str, str], Files] = defaultdict(dict)
    tables: dict[tuple[str, str], Entry] = {}
    for entry in tree.entries:
        name = f"{tree.path.resolve().name}/{entry.name}"
        if match := next((found for pattern in _FILES if (found := pattern.search(name))), None):
            sessions[match["user"], match["session"]][match["role"]] = entry
        elif match := _TABLE.search(name):
            tables[match["user"], match["session"]] = entry
    whole = {key: files for key, files in sessions.items() if any(device in files for device in DEVICES)}
    for (user, session), files in whole.items():
        if missing := [device for device in DEVICES if device not in files]:
            raise InputError(
                f"{missing[0]} ({DEVICES[missing[0]].replace('_', ' ')}) of {user} {session} is missing",
                where=str(tree.path),
                mend="Unpack the user's whole zip, or take this session's files away",
            )
    return {**{key: {_WHOLE: entry} for key, entry in tables.items()}, **whole}


def _role(entry: Entry) -> str:
    if _TABLE.search(entry.name):
        return _WHOLE
    *_, band_name, folder, _ = ("", *entry.parts)
    return f"{band_name}/{folder}" if band_name in BANDS else folder


def _devices(name: str, files: Files) -> tuple[list[Stream], Tracks]:
    streams = [atr(files[device], device, skip_rows=1 if (name, device) in _BAD_FIRST_ROW else 0) for device in DEVICES]
    return streams, tracks_of(files)


def _tabled(entry: Entry) -> tuple[list[Stream], Tracks]:
    table = read_table(entry)
    return preprocessed(table, entry.name), of_preprocessed(table, stamps(table, entry.name), entry.name)


def _source_of_labels(files: Files, tracks: Tracks) -> str:
    if _WHOLE in files:
        return "by whole seconds, from the preprocessed table"
    if "operation" not in tracks:
        return "none: the session has no annotation of operations"
    return "intervals" if "openpack-operations" in files else "by whole seconds, from an older release"


SOURCES.register("openpack")(OpenPack())
SOURCES.register("openpack-e4")(OpenPack("openpack-e4", bands=True))
