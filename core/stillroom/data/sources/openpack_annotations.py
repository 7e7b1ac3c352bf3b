"""OpenPack's annotation kinds as tracks of spans, in seconds since 1970.

    operation      the ten operations as intervals (the default); from the seconds where there are no intervals
    operation-1hz  the same by whole seconds; it differs from the intervals on 7 % of the samples (rounded boundaries)
    action         the actions as intervals
    action-1hz     the action with the largest share of each second (the files hold shares, which sum to 1)
    outlier        mishaps, struggles and detours as intervals; they overlap the work and sometimes one another

Trees before v1.0.0 hold seconds only: `activity-1s` (operation and action) in v0.3, `work-process` in v0.2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.recording import Floats, Span, spans_of_runs
from stillroom.data.sources.openpack_facts import ACTIONS, FIRST_NULL, OPERATIONS
from stillroom.data.tables import need_columns, numbers, read_table
from stillroom.data.tree import Entry

Tracks = dict[str, list[Span]]
_EPOCH = pd.Timestamp(0, tz="UTC")
_INDEX_OF_NULL = len(OPERATIONS)


def tracks_of(files: dict[str, Entry]) -> Tracks:
    """Every track that a session's annotation files hold.

    Args:
        files: by folder name, as `openpack-operations`; folders of other kinds are left alone.

    Raises:
        InputError: a missing column, a time that is none, or an id that the publisher does not list.
    """
    tracks: Tracks = {}
    for folder, read in _READERS.items():
        if folder in files:
            tracks = {**read(files[folder]), **tracks}
    if "operation" not in tracks and "operation-1hz" in tracks:
        tracks["operation"] = tracks["operation-1hz"]
    return tracks


def of_preprocessed(table: pd.DataFrame, stamps_s: Floats, where: str) -> Tracks:
    """The labels beside the samples of a preprocessed table: operation ids or indices 0 to 10, and action ids."""
    need_columns(table, ["operation"], where)
    codes = numbers(table, ["operation"], where)[0]
    if np.nanmax(codes) <= _INDEX_OF_NULL:
        ids = np.array([*OPERATIONS, FIRST_NULL])
        whole = np.isin(codes, range(len(ids)))
        codes = np.where(whole, ids[np.where(whole, codes, 0).astype(np.int64)], codes)
    tracks = {"operation": spans_of_runs(_named(codes, operation, where, "operation"), stamps_s)}
    if "action" in table.columns:
        actions = numbers(table, ["action"], where)[0]
        tracks["action"] = spans_of_runs(_named(actions, action, where, "action"), stamps_s)
    return tracks


def operation(number: int) -> str | None:
    """An operation's name; empty for the null ids, None for an unknown one."""
    return "" if number >= FIRST_NULL else OPERATIONS.get(number)


def action(number: int) -> str | None:
    """An action's id and name, since names repeat; empty for the null ids, None for an unknown one."""
    if number >= FIRST_NULL:
        return ""
    return f"{number} {ACTIONS[number]}" if number in ACTIONS else None


def _named(codes: Floats, name_of: Callable[[int], str | None], where: str, column: str) -> NDArray[np.str_]:
    names = {code: name_of(int(code)) if code == code // 1 else None for code in np.unique(codes).tolist()}
    for code, name in names.items():
        if name is None:
            row = int(np.flatnonzero((codes == code) | (np.isnan(codes) & np.isnan(code)))[0]) + 2
            raise InputError(
                f"{column} {code:g} is unknown",
                where=f"{where}, row {row}, column {column}",
                mend="Download the file again; ids are those of OpenPack's class list",
            )
    return np.array([names[code] for code in codes.tolist()], dtype=str)


def _intervals(entry: Entry, track: str, name_of: Callable[[int], str | None]) -> Tracks:
    table = read_table(entry)
    need_columns(table, ["id", "start", "end"], entry.name)
    labels = _named(numbers(table, ["id"], entry.name)[0], name_of, entry.name, "id")
    return {track: _spans(table, labels.tolist(), entry.name)}


def _outliers(entry: Entry) -> Tracks:
    table = read_table(entry)
    need_columns(table, ["category", "event", "start", "end"], entry.name)
    labels = [f"{category} / {event}" for category, event in zip(table["category"], table["event"], strict=True)]
    return {"outlier": _spans(table, labels, entry.name)}


def _spans(table: pd.DataFrame, labels: list[str], where: str) -> list[Span]:
    starts, ends = (_times_s(table[name], where, name) for name in ("start", "end"))
    if len(wrong := np.flatnonzero(ends < starts)):
        raise InputError("an interval ends before it starts", where=f"{where}, row {wrong[0] + 2}")
    rows = sorted(zip(starts.tolist(), ends.tolist(), labels, strict=True))
    return [Span(start, end, label) for start, end, label in rows if label]


def _times_s(column: pd.Series, where: str, name: str) -> Floats:
    """ISO 8601 times, with or without fractions, always with a zone."""
    text = column.astype(str)
    zoned = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
    times = pd.to_datetime(text.where(zoned), format="ISO8601", utc=True, errors="coerce")
    if len(bad := np.flatnonzero(times.isna().to_numpy())):
        raise InputError(
            f"{str(text.iloc[bad[0]])[:40]!r} is no time with a zone",
            where=f"{where}, row {bad[0] + 2}, column {name}",
            mend="Expected the form 2022-03-29 14:25:22.143000+09:00",
        )
    return np.asarray((times - _EPOCH) / pd.Timedelta(seconds=1), dtype=np.float64)


def _seconds(entry: Entry, columns: dict[str, tuple[str, Callable[[int], str | None]]]) -> Tracks:
    """Whole-second labels; `columns` names, for each track, its column and how its ids are named."""
    table = read_table(entry)
    need_columns(table, ["unixtime", *(name for name, _ in columns.values())], entry.name)
    stamps_s = numbers(table, ["unixtime"], entry.name)[0] / 1000
    return {
        track: _of_seconds(_named(numbers(table, [name], entry.name)[0], name_of, entry.name, name), stamps_s)
        for track, (name, name_of) in columns.items()
    }


def _shares(entry: Entry) -> Tracks:
    table = read_table(entry)
    names = [name for name in table.columns if str(name).startswith("ID")]
    need_columns(table, ["unixtime", names[0] if names else "ID101"], entry.name)
    shares = numbers(table, names, entry.name)
    ids = np.array([float(str(name)[2:]) for name in names])[np.nan_to_num(shares).argmax(axis=0)]
    ids[np.nan_to_num(shares).max(axis=0) <= 0] = FIRST_NULL
    labels = _named(ids, action, entry.name, "ID")
    return {"action-1hz": _of_seconds(labels, numbers(table, ["unixtime"], entry.name)[0] / 1000)}


def _of_seconds(labels: NDArray[np.str_], stamps_s: Floats) -> list[Span]:
    """Each label holds for its own second; seconds that are left out stay unlabelled."""
    breaks = np.flatnonzero(np.diff(stamps_s) > 1.5) + 1
    parts = zip(np.split(labels, breaks), np.split(stamps_s, breaks), strict=True)
    return [span for names, times in parts if len(times) for span in spans_of_runs(names, times, times[-1] + 1.0)]


# Later readers add only what the earlier ones left out.
_READERS: dict[str, Callable[[Entry], Tracks]] = {
    "openpack-operations": lambda entry: _intervals(entry, "operation", operation),
    "openpack-operations-1hz": lambda entry: _seconds(entry, {"operation-1hz": ("id", operation)}),
    "openpack-actions": lambda entry: _intervals(entry, "action", action),
    "openpack-actions-1hz": _shares,
    "openpack-outliers": _outliers,
    "activity-1s": lambda entry: _seconds(
        entry, {"operation-1hz": ("operation", operation), "action-1hz": ("action", action)}
    ),
    "work-process": lambda entry: _seconds(entry, {"operation-1hz": ("act_id", operation)}),
}
