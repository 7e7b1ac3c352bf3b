"""One file of the user's own, read by its mapping: stamps, channels in canonical units, labels and names, row by row.

Where people or sessions change, and where the clock is silent for long, the rows fall into stretches; each becomes a
recording. Errors name the file's own rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.frames import first_row, read_frame
from stillroom.data.mapping import ChannelMap, Mapping, Origin, TimeMap
from stillroom.data.recording import Floats
from stillroom.data.tables import need_columns, numbers
from stillroom.data.tree import Entry

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_MANY_RUNS = 10


@dataclass(frozen=True)
class Named:
    """A name for each row: `names[codes[row]]`."""

    names: tuple[str, ...]
    codes: NDArray[np.int64]

    def rows(self) -> NDArray[np.str_]:
        """`(row,)` the names themselves."""
        return np.array(self.names or ("",), dtype=str)[self.codes]


@dataclass(frozen=True)
class Columns:
    """A file's rows.

    Attributes:
        where: the file.
        first_row: what people call row 0.
        stamps_s: `(row,)`.
        values: `(channel, row)` in canonical units, NaN where missing.
        channels: what the rows of `values` are.
        labels: a label for each row, "" where there is none; None where the file has no label column.
        person: whose each row is.
        session: which session.
    """

    where: str
    first_row: int
    stamps_s: Floats
    values: Floats
    channels: tuple[ChannelMap, ...]
    labels: Named | None
    person: Named
    session: Named

    def row(self, index: int) -> int:
        """What people call a row."""
        return int(index) + self.first_row


@dataclass(frozen=True)
class Stretch:
    """Rows `[first, stop)` of one person and session; with `mixed`, only those of them that are theirs."""

    person: str
    session: str
    first: int
    stop: int
    mixed: bool = False


def read_columns(entry: Entry, mapping: Mapping, channels: Sequence[ChannelMap] | None = None) -> Columns:
    """Reads a file by its mapping.

    Args:
        entry: the file.
        mapping: what its columns are.
        channels: those that this file holds; all of the mapping by default.

    Raises:
        InputError: a column is missing, a cell is no number, a stamp cannot be read, a person has no name.
    """
    frame = read_frame(entry, mapping.csv)
    start = first_row(entry, mapping.csv)
    held = tuple(mapping.channels if channels is None else channels)
    need_columns(frame, [item.column for item in held], entry.name)
    label = mapping.label
    labels = None
    if label is not None and (label.column in frame.columns or not mapping.joined):
        need_columns(frame, [label.column], entry.name)
        raw = _words(frame[label.column])
        named = ["" if name in label.ignore else label.names.get(name, name) for name in raw.names]
        labels = Named(tuple(named), raw.codes)
    session = mapping.session or Origin(pattern=r"^(.+?)(?:\.[^./]*)?$")
    return Columns(
        where=entry.name,
        first_row=start,
        stamps_s=stamps_of(frame, mapping.time, entry.name, start),
        values=_values(frame, held, mapping.missing, entry.name, start),
        channels=held,
        labels=labels,
        person=_named(frame, mapping.person, "person", entry.name, start),
        session=_named(frame, session, "session", entry.name, start),
    )


def stretches(columns: Columns, split_s: float) -> list[Stretch]:
    """What becomes one recording each: rows of one person and session without a long silence.

    Raises:
        InputError: time runs backwards within a stretch.
    """
    both = columns.person.codes * max(len(columns.session.names), 1) + columns.session.codes
    edges = [0, *(np.flatnonzero(np.diff(both)) + 1).tolist(), len(both)]
    groups = np.unique(both)
    mixed = len(edges) - 1 > _MANY_RUNS * len(groups)
    rows = [np.flatnonzero(both == group) for group in groups] if mixed else _ranges(edges)
    out = []
    for part in rows:
        stamps = columns.stamps_s[part]
        _refuse_backwards(columns, part, stamps)
        cuts = [0, *(np.flatnonzero(np.diff(stamps) > split_s) + 1).tolist(), len(part)]
        person = columns.person.names[columns.person.codes[part[0]]]
        session = columns.session.names[columns.session.codes[part[0]]]
        for first, stop in pairwise(cuts):
            out.append(Stretch(person, session, int(part[first]), int(part[stop - 1]) + 1, mixed))
    return out


def rows_of(columns: Columns, stretch: Stretch) -> NDArray[np.int64]:
    """The indices of a stretch's rows."""
    rows = np.arange(stretch.first, stretch.stop)
    if not stretch.mixed:
        return rows
    person = columns.person.names.index(stretch.person)
    session = columns.session.names.index(stretch.session)
    theirs = (columns.person.codes[rows] == person) & (columns.session.codes[rows] == session)
    return np.asarray(rows[theirs], dtype=np.int64)


def _ranges(edges: list[int]) -> list[NDArray[np.int64]]:
    return [np.arange(first, stop) for first, stop in pairwise(edges)]


def _refuse_backwards(columns: Columns, part: NDArray[np.int64], stamps: Floats) -> None:
    steps = np.diff(stamps)
    if len(back := np.flatnonzero(steps < 0)):
        raise InputError(
            f"time runs backwards by {-steps[back[0]]:.3f} s",
            where=f"{columns.where}, row {columns.row(part[back[0] + 1])}",
            mend="Sort the rows by time, or name a session column where the clock was set back",
        )


def stamps_of(frame: pd.DataFrame, time: TimeMap, where: str, start: int) -> Floats:
    """The rows' stamps in seconds.

    Raises:
        InputError: the column is missing, or a stamp is empty or unreadable.
    """
    if time.column is None:
        return np.arange(len(frame)) / float(time.rate_hz or 1.0)
    need_columns(frame, [time.column], where)
    column = frame[time.column]
    if time.unit == "iso8601" or column.dtype.kind == "M":
        parsed = pd.to_datetime(column.astype("string"), format="ISO8601", utc=True, errors="coerce")
        _refuse_bad(parsed.isna().to_numpy(), column, where, start, "no ISO 8601 time")
        return np.asarray(parsed.dt.as_unit("ns").astype("int64").to_numpy() * 1e-9, dtype=np.float64)
    stamps = numbers(frame, [time.column], where, header=start == 2)[0]
    _refuse_bad(~np.isfinite(stamps), column, where, start, "no time")
    return np.asarray(stamps * SECONDS[time.unit], dtype=np.float64)


def _values(
    frame: pd.DataFrame, channels: tuple[ChannelMap, ...], missing: tuple[float, ...], where: str, start: int
) -> Floats:
    values = numbers(frame, [item.column for item in channels], where, header=start == 2)
    if missing:
        values[np.isin(values, missing)] = np.nan
    for item, row in zip(channels, values, strict=True):
        _refuse_bad(np.isinf(row), frame[item.column], where, start, "no finite number")
    return np.asarray(values * np.array([[item.conversion()] for item in channels]), dtype=np.float64)


def _refuse_bad(bad: NDArray[np.bool_], column: pd.Series, where: str, start: int, what: str) -> None:
    if len(rows := np.flatnonzero(bad)):
        cell = column.iloc[rows[0]]
        raise InputError(
            f"{'an empty cell' if pd.isna(cell) else repr(str(cell)[:40])} is {what}",
            where=f"{where}, row {rows[0] + start}, column {column.name}",
            mend="Correct the cell, or cut the row out",
        )


def _named(frame: pd.DataFrame, origin: Origin, noun: str, where: str, start: int) -> Named:
    if origin.column is None:
        return Named((_plain(origin.of_path(where, noun)),), np.zeros(len(frame), dtype=np.int64))
    need_columns(frame, [origin.column], where)
    words = _words(frame[origin.column])
    if "" in words.names:
        _refuse_bad(words.codes == words.names.index(""), frame[origin.column], where, start, f"no {noun}")
    return Named(tuple(_plain(name) for name in words.names), words.codes)


def _words(column: pd.Series) -> Named:
    """A column's cells as words: 1.0 and 1 are "1", an empty cell is ""."""
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    words = [_word(value) for value in uniques]
    if (codes < 0).any():
        codes, words = np.where(codes < 0, len(words), codes), [*words, ""]
    distinct = tuple(dict.fromkeys(words))
    again = np.array([distinct.index(word) for word in words] or [0], dtype=np.int64)
    return Named(distinct, again[codes])


def _word(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _plain(name: str) -> str:
    return name.replace("/", "-").replace("\\", "-")
