"""A folder or file of the user's own: CSV, Parquet or NPZ, read by the mapping that stands beside it.

One file may hold several people, and a person several sessions: each stretch of rows becomes a recording. Where the
mapping's channels name their files, the files of one person and session are devices of one recording.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError, StorageError
from stillroom.base.paths import cache_dir, read_json, write_json
from stillroom.data.assembly import assemble
from stillroom.data.card import Card
from stillroom.data.columns import Columns, Stretch, read_columns, rows_of, stretches
from stillroom.data.frames import SUFFIXES, TEXT
from stillroom.data.mapping import FILE_NAME, ChannelMap, Mapping, load_mapping
from stillroom.data.recording import Recording, Span, spans_of_runs
from stillroom.data.source import SOURCES, Part, Source
from stillroom.data.streams import stream_of
from stillroom.data.tree import Entry, Tree

_TRACK = "activity"
_CARD = Card(
    name="own",
    title="A folder or a file of your own",
    licence="yours",
    rate_hz=1.0,
    notes=("CSV, Parquet or NPZ with a mapping beside it; `stillroom data check PATH --write` proposes one.",),
)


class Own:
    """The reader of a user's own files.

    Args:
        mapping: what the columns are; None before a tree is known.
        title: for people.
        keep_index: whether to remember where a file's stretches are.
    """

    version = 1

    def __init__(self, mapping: Mapping | None = None, title: str = "", *, keep_index: bool = True) -> None:
        self._mapping = mapping
        self._keep_index = keep_index
        self._last: tuple[Entry, Columns] | None = None
        self.card = _card(mapping, title) if mapping else _CARD

    def adapted(self, tree: Tree) -> Source:
        """The reader with the mapping that stands beside the data.

        Raises:
            InputError: there is no mapping, or it is wrong.
        """
        found = load_mapping(tree)
        if found is None:
            raise InputError(
                f"there is no mapping ({FILE_NAME}) that says what the columns are",
                where=str(tree.path),
                mend=f"Propose one and look it over: stillroom data check '{tree.path}' --write",
            )
        return Own(found[0], tree.path.stem)

    @property
    def mapping(self) -> Mapping:
        """What the columns are.

        Raises:
            InputError: no data was named.
        """
        if self._mapping is None:
            raise InputError("own data needs a path", mend="As /where/it/lies, or own:/where/it/lies")
        return self._mapping

    def parts(self, tree: Tree | None) -> Sequence[Part]:
        """One part for each stretch of rows of one person and session."""
        mapping = self.mapping
        if tree is None:
            raise InputError("own data needs a path", mend="As /where/it/lies, or own:/where/it/lies")
        files = data_files(tree, mapping)
        parts = self.parts_of(files)
        if mapping.label and not mapping.joined and not any(self._labelled(entry) for entry in files):
            raise InputError(
                f"the label column {mapping.label.column!r} is empty in every row",
                where=files[0].name if len(files) == 1 else f"{len(files)} files, the first is {files[0].name}",
                mend="Fill it, name another column, or leave `label` out of the mapping",
            )
        return parts

    def parts_of(self, files: Sequence[Entry]) -> list[Part]:
        """One part for each stretch of rows in some files."""
        mapping = self.mapping
        if mapping.joined:
            return _joined(files, mapping)
        every = [(entry, stretch) for entry in files for stretch in self._stretches(entry)]
        # A lone row between two silences is no recording; where nothing else is left, parsing says so.
        found = [pair for pair in every if pair[1].stop - pair[1].first > 1] or every
        often = Counter((stretch.person, stretch.session) for _, stretch in found)
        count: Counter[tuple[str, str]] = Counter()
        parts = []
        for entry, stretch in found:
            key = (stretch.person, stretch.session)
            count[key] += 1
            piece = str(count[key]) if often[key] > 1 else ""
            settings = {"mapping": mapping.fingerprint(), "piece": piece, **asdict(stretch)}
            parts.append(Part("/".join(filter(None, (*key, piece))), (entry,), settings))
        return parts

    def parse(self, part: Part) -> Recording:
        """Lays a part on its even clock."""
        mapping, settings = self.mapping, part.settings
        if mapping.joined:
            devices = [_device(entry, mapping) for entry in part.entries]
            person, session, facts = settings["person"], settings["session"], ", ".join(e.name for e in part.entries)
        else:
            stretch = Stretch(**{name: settings[name] for name in ("person", "session", "first", "stop", "mixed")})
            columns = self.columns(part.entries[0])
            devices = [(columns, rows_of(columns, stretch))]
            person, session = stretch.person, stretch.session
            facts = f"{columns.where}, rows {columns.row(stretch.first)} to {columns.row(stretch.stop - 1)}"
        recording = assemble(
            [stream_of(columns, rows, mapping) for columns, rows in devices],
            person=person,
            session=session,
            piece=settings["piece"],
            rate_hz=mapping.rate_hz,
            tracks={_TRACK: _spans(devices)} if mapping.label else {},
            gap_s=min(mapping.gap_s, mapping.nan_limit_s) if mapping.long_nan == "gap" else mapping.gap_s,
            nan_limit_s=mapping.nan_limit_s,
            facts={"file": facts},
        )
        # Stamps that count from the device's start say nothing of the date.
        return recording if recording.start_s > 1e8 else replace(recording, start_s=0.0)

    def columns(self, entry: Entry) -> Columns:
        """A file's rows; the last file read is kept, as its stretches are asked for one after another."""
        if self._last is None or self._last[0] != entry:
            self._last = (entry, read_columns(entry, self.mapping))
        return self._last[1]

    def _stretches(self, entry: Entry) -> list[Stretch]:
        return [Stretch(**item) for item in self._index(entry)["stretches"]]

    def _labelled(self, entry: Entry) -> bool:
        return bool(self._index(entry)["labelled"])

    def _index(self, entry: Entry) -> dict[str, Any]:
        """Where a file's stretches are, kept beside the parsed recordings so that a second opening reads no table."""
        key = fingerprint([self.version, self.mapping.fingerprint(), entry.name, entry.size_bytes, entry.stamp])
        path = cache_dir() / "recordings" / "own" / "index" / f"{key}.json"
        if self._keep_index:
            with contextlib.suppress(InputError, OSError):
                return dict(read_json(path))
        columns = self.columns(entry)
        labels = columns.labels
        labelled = labels is not None and any(labels.names[code] for code in np.unique(labels.codes))
        index = {"stretches": [asdict(s) for s in stretches(columns, self.mapping.split_s)], "labelled": labelled}
        if self._keep_index:
            with contextlib.suppress(StorageError, OSError):
                write_json(path, index)
        return index


def data_files(tree: Tree, mapping: Mapping | None = None) -> list[Entry]:
    """The tables of a tree.

    Raises:
        InputError: there is none.
    """
    glob = mapping.files if mapping else "*"
    allowed = SUFFIXES if glob == "*" and tree.path.suffix.lower() not in TEXT else (*SUFFIXES, *TEXT)
    found = tree.find(lambda e: e.name.lower().endswith(allowed) and fnmatchcase(e.name, glob))
    if not found:
        raise InputError(
            "no CSV, Parquet or NPZ file was found" + ("" if glob == "*" else f" that fits {glob!r}"),
            where=str(tree.path),
            mend=f"Put the tables here (files end in {', '.join(SUFFIXES)})",
        )
    return found


def _card(mapping: Mapping, title: str) -> Card:
    return Card(
        name="own",
        title=mapping.title or title,
        licence=mapping.licence or "yours",
        rate_hz=mapping.rate_hz,
        window_s=mapping.window_s,
        stride_s=mapping.stride_s,
        track=_TRACK,
        protocol=mapping.protocol,
    )


def _joined(files: Iterable[Entry], mapping: Mapping) -> list[Part]:
    """One part for the files of one person and session."""
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in files:
        if any(fnmatchcase(entry.name, item.files) for item in mapping.channels):
            session = (mapping.session or mapping.person).of_path(entry.name, "session")
            groups[mapping.person.of_path(entry.name, "person"), session].append(entry)
    parts = []
    for (person, session), entries in sorted(groups.items()):
        held = [item.channel for entry in entries for item in _held(entry, mapping)]
        if apart := [item.channel for item in mapping.channels if held.count(item.channel) != 1]:
            raise InputError(
                f"{held.count(apart[0])} files hold {apart[0]}, expected one",
                where=f"person {person}, session {session}: {', '.join(entry.name for entry in entries)}",
                mend="Check `session` and the channels' `files` in the mapping",
            )
        order = sorted(entries, key=lambda entry: _first(entry, mapping))
        settings = {"mapping": mapping.fingerprint(), "person": person, "session": session, "piece": ""}
        parts.append(Part(f"{person}/{session}", tuple(order), settings))
    return parts


def _held(entry: Entry, mapping: Mapping) -> list[ChannelMap]:
    return [item for item in mapping.channels if fnmatchcase(entry.name, item.files)]


def _first(entry: Entry, mapping: Mapping) -> int:
    return mapping.channels.index(_held(entry, mapping)[0])


def _device(entry: Entry, mapping: Mapping) -> tuple[Columns, NDArray[np.int64]]:
    columns = read_columns(entry, mapping, _held(entry, mapping))
    stretches(columns, np.inf)
    return columns, np.arange(len(columns.stamps_s))


def _spans(devices: Sequence[tuple[Columns, NDArray[np.int64]]]) -> list[Span]:
    for columns, rows in devices:
        if columns.labels is not None:
            return spans_of_runs(columns.labels.rows()[rows], columns.stamps_s[rows])
    return []


SOURCES.register("own")(Own())
