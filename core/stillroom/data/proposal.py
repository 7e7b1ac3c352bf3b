"""Proposes a mapping for a user's own files from their columns, and says what it was not sure of."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.columns import stamps_of
from stillroom.data.findings import Findings, leak
from stillroom.data.frames import TEXT, first_row, read_frame
from stillroom.data.guess import UNKNOWN_SITE, Guess, nice_rate, of_name, site_in_path, time_unit, unit_of
from stillroom.data.mapping import ChannelMap, Csv, LabelMap, Mapping, Origin, TimeMap
from stillroom.data.tree import Entry

_PERSON = r"(?i)(?:^|[/_-])((?:subject|subj|sub|person|participant|volunteer|user|s|p|u)[_-]?\d+)"
_NO_CLOCK_HZ = 50.0
_MANY_CLASSES = 64
_TRIES = 20


class NoSensorError(InputError):
    """The files can be read, but no column holds numbers that could be a sensor's."""


def propose(files: Sequence[Entry], notes: Findings) -> Mapping:
    """A mapping for files that are alike, from the first one and all their names.

    Args:
        files: at least one.
        notes: gathers what the proposal is not sure of.

    Raises:
        NoSensorError: none of the first file's columns holds numbers.
        InputError: it cannot be read.
    """
    first = _first_with_sensors(files)
    form, frame = _form(first)
    where = first.name
    guesses = {name: of_name(name) for name in map(str, frame.columns)}
    glob, files = _alike(files, first, notes)
    roles = _roles(frame, guesses)
    time, rate_hz = _clock(frame, roles.get("time"), where, first_row(first, form), notes)
    channels = _channels(frame, guesses, roles, where, notes)
    paths = [entry.name for entry in files]
    person = Origin(column=roles["person"]) if "person" in roles else _person(paths, notes)
    session = Origin(column=roles["session"]) if "session" in roles else None
    devices = _devices(paths, channels) if person.column is None and session is None else None
    if devices:
        channels, session = devices
    label = LabelMap(column=roles["label"]) if "label" in roles else None
    if label is None:
        notes.say("warning", "label", "no label column was recognised", where, "Name it in the mapping's `label`")
    if not devices and any(item.channel.startswith(f"{UNKNOWN_SITE}.") for item in channels):
        what = f"the columns do not say where the sensor was worn; it is called {UNKNOWN_SITE!r}"
        notes.say("note", "site", what, where, "Write the site into the channels' names, as right_wrist.acc.x")
    return Mapping(
        files=glob,
        csv=form,
        time=time,
        rate_hz=rate_hz,
        channels=channels,
        label=label,
        person=person,
        session=session,
    )


def _first_with_sensors(files: Sequence[Entry]) -> Entry:
    """The first file with a column that names a sensor, as lists of people or sessions may stand beside."""
    for entry in files[:_TRIES]:
        with contextlib.suppress(InputError):
            if any(of_name(str(name)).kind for name in _form(entry)[1].columns):
                return entry
    return files[0]


def _alike(files: Sequence[Entry], first: Entry, notes: Findings) -> tuple[str, list[Entry]]:
    """The text files whose first row is that of `first`, with all files of other forms, and a glob that finds them."""
    if not _is_text_file(first):
        return "*", list(files)
    head, numeric = _head(first), _all_numbers(_first_cells(first))
    good = [entry for entry in files if not _is_text_file(entry) or _head(entry) == head or numeric]
    other = [entry for entry in files if entry not in good]
    if not other:
        return "*", list(files)
    names = [entry.name for entry in good]
    # Characters are compared, not folders: what the names share may end inside a word.
    prefix = os.path.commonprefix(names)  # noqa: RUF071
    suffix = os.path.commonprefix([name[::-1] for name in names])[::-1]  # noqa: RUF071
    for glob in (f"{prefix}*{suffix}", "*/" * min(name.count("/") for name in names) + "*"):
        if all(fnmatchcase(n, glob) for n in names) and not any(fnmatchcase(e.name, glob) for e in other):
            what = f"{len(other)} files have other columns and are left out, the first is {other[0].name}"
            notes.say("note", "files", what, mend="`files` in the mapping says which are read")
            return glob, good
    what = f"{len(other)} files have other columns, the first is {other[0].name}"
    notes.say("warning", "files", what, mend="Write a glob into the mapping's `files` that leaves them out")
    return "*", list(files)


def _is_text_file(entry: Entry) -> bool:
    return entry.name.lower().endswith(TEXT)


def _head(entry: Entry) -> bytes:
    return entry.read().split(b"\n", 1)[0].strip()


def _form(entry: Entry) -> tuple[Csv, pd.DataFrame]:
    """How the file is written: no header where its first row holds numbers only; decimal commas where cells do."""
    form = Csv(header=not (_is_text_file(entry) and _all_numbers(_first_cells(entry))))
    frame = read_frame(entry, form)
    text = [name for name in frame.columns if frame[name].dtype.kind not in "fiubM"]
    if any(frame[name].astype(str).str.fullmatch(r"-?\d+,\d+").mean() > 0.5 for name in text):
        form = form.changed(decimal=",")
        frame = read_frame(entry, form)
    return form, frame


def _first_cells(entry: Entry) -> list[str]:
    head = entry.read()[:65536].decode("utf-8-sig", errors="replace").split("\n", 1)[0]
    return re.split(r"[;\t, ]+", head.strip())


def _all_numbers(cells: Sequence[str]) -> bool:
    try:
        return bool([float(cell) for cell in cells])
    except ValueError:
        return False


def _roles(frame: pd.DataFrame, guesses: dict[str, Guess]) -> dict[str, str]:
    """Which column is the clock, the label, the person, the session: by name, then by content."""
    roles: dict[str, str] = {}
    for name, guess in guesses.items():
        if guess.role and not (guess.role == "time" and not _is_clock(frame[name])):
            better = guess.role not in roles or (guess.role == "label" and _is_text(frame[name], frame[roles["label"]]))
            if better:
                roles[guess.role] = name
    named = [name for name, guess in guesses.items() if guess.kind or guess.axis]
    if "time" not in roles and not named and len(frame.columns) > 1 and _is_clock(frame.iloc[:, 0]):
        roles["time"] = str(frame.columns[0])
    left = [name for name in map(str, frame.columns) if name not in roles.values()]
    last = left[-1] if len(left) > 1 and left[-1] not in named else None
    if "label" not in roles and last and frame[last].dtype.kind not in "fM" and frame[last].nunique() <= _MANY_CLASSES:
        roles["label"] = last
    return roles


def _is_text(column: pd.Series, other: pd.Series) -> bool:
    return column.dtype.kind not in "fiu" and other.dtype.kind in "fiu"


def _is_clock(column: pd.Series) -> bool:
    """Whether a column mostly rises: numbers, or ISO 8601 text."""
    if column.dtype.kind in "fiu":
        steps = np.diff(column.to_numpy(dtype=np.float64))
        return len(steps) > 1 and bool((steps >= 0).mean() > 0.9 and (steps > 0).any())
    head = column.head(50)
    return column.dtype.kind == "M" or bool(
        pd.to_datetime(head.astype("string"), format="ISO8601", utc=True, errors="coerce").notna().all()
        and head.astype(str).str.len().min() >= 8
    )


def _clock(frame: pd.DataFrame, name: str | None, where: str, start: int, notes: Findings) -> tuple[TimeMap, float]:
    if name is None:
        what = f"no time column was recognised; an even {_NO_CLOCK_HZ:g} Hz is assumed"
        notes.say("warning", "clock", what, where, "Write the true rate into `time.rate_hz` and `rate_hz`")
        return TimeMap(rate_hz=_NO_CLOCK_HZ), _NO_CLOCK_HZ
    column = frame[name]
    numeric = column.dtype.kind in "fiu"
    unit = time_unit(column.dropna().to_numpy(dtype=np.float64)) if numeric else "iso8601"
    time = TimeMap.model_validate({"column": name, "unit": unit})
    steps = np.diff(stamps_of(frame, time, where, start))
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0
    near = steps[(steps >= 0) & (steps <= 10 * usual)]
    return time, nice_rate(1 / float(near.mean())) if len(near) and near.mean() > 0 else _NO_CLOCK_HZ


def _channels(
    frame: pd.DataFrame, guesses: dict[str, Guess], roles: dict[str, str], where: str, notes: Findings
) -> tuple[ChannelMap, ...]:
    columns = [name for name in guesses if name not in roles.values() and frame[name].dtype.kind in "fiu"]
    known = [name for name in columns if guesses[name].kind or guesses[name].axis]
    taken = known or [name for name in columns if not _tells(frame, name, roles)]
    if not taken:
        raise NoSensorError(
            "no column looks like a sensor", where=where, mend=f"Columns present: {', '.join(guesses)[:300]}"
        )
    if left := [name for name in columns if name not in taken]:
        what = f"{len(left)} number columns were not recognised: {', '.join(left)[:200]}"
        notes.say("note", "columns", what, where, "Add those that are sensors to the mapping's `channels`")
    items: list[ChannelMap] = []
    sensors = groupby(
        sorted(taken, key=lambda n: (_sensor(guesses[n]), columns.index(n))), lambda n: _sensor(guesses[n])
    )
    for (site, kind), group in sensors:
        items += _sensor_channels(frame, list(group), guesses, site, kind, where, notes)
    order = {name: index for index, name in enumerate(columns)}
    return _distinct(sorted(items, key=lambda item: order[item.column]), notes, where)


def _sensor(guess: Guess) -> tuple[str, str]:
    """A bare axis is most likely an accelerometer's."""
    return guess.site, guess.kind or ("acc" if guess.axis in ("x", "y", "z") else "other")


def _sensor_channels(
    frame: pd.DataFrame, names: list[str], guesses: dict[str, Guess], site: str, kind: str, where: str,
    notes: Findings,
) -> list[ChannelMap]:  # fmt: skip
    vectors = frame[names].to_numpy(dtype=np.float64).T
    said = next((guesses[name].unit for name in names if guesses[name].unit), "")
    unit, sure = (said, True) if said else unit_of(kind, vectors)
    if kind == "mag" and not said and 0.2 < _middle(vectors) < 3:
        kind, unit, sure = "magn", "1", True
    if not sure:
        what = f"{site}.{kind}: the unit {unit} is a guess, its values leave doubt"
        notes.say("warning", "unit", what, where, "Check the channels' `unit` in the mapping", subject=site + kind)
    return [
        ChannelMap(column=name, channel=f"{site}.{kind}.{guesses[name].axis or _plain(name)}", unit=unit)
        for name in names
    ]


def _middle(vectors: NDArray[np.float64]) -> float:
    return float(np.nanmedian(np.sqrt(np.square(vectors).sum(axis=0))))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "v"


def _distinct(items: list[ChannelMap], notes: Findings, where: str) -> tuple[ChannelMap, ...]:
    kept: dict[str, ChannelMap] = {}
    for item in items:
        if item.channel in kept:
            what = f"columns {kept[item.channel].column!r} and {item.column!r} both look like {item.channel}"
            notes.say("warning", "twice", what, where, "Say in the mapping which of them is which", subject=item.column)
        else:
            kept[item.channel] = item
    return tuple(kept.values())


def _tells(frame: pd.DataFrame, name: str, roles: dict[str, str]) -> bool:
    if "label" not in roles:
        return False
    labels = frame[roles["label"]].astype("string").fillna("").to_numpy(dtype=str)
    return bool(leak(frame[name].to_numpy(dtype=np.float64), labels))


def _person(paths: Sequence[str], notes: Findings) -> Origin:
    """Who, from the files' paths: a word with a number, else the folder."""
    for pattern in (_PERSON, r"^([^/]+)/[^/]+$", r"^[^/]+/([^/]+)/"):
        names = [match[1] for path in paths if (match := re.search(pattern, path))]
        if len(names) == len(paths) and (len(set(names)) > 1 or pattern == _PERSON):
            return Origin(pattern=pattern)
    mend = "Name a column or a pattern in the mapping's `person`: without people, a score says little"
    notes.say("warning", "person", "nothing says whose data it is; all of it counts as one person", "", mend)
    return Origin(constant="1")


def _devices(paths: Sequence[str], channels: tuple[ChannelMap, ...]) -> tuple[tuple[ChannelMap, ...], Origin] | None:
    """One file a device, where the paths name different sites and the columns none."""
    found = [site_in_path(path) for path in paths]
    sites = dict.fromkeys(found)
    if len(sites) < 2 or ("", "") in sites or any(not item.channel.startswith(UNKNOWN_SITE) for item in channels):
        return None
    spread = tuple(
        item.changed(channel=item.channel.replace(UNKNOWN_SITE, site, 1), files=f"*{_any_case(words)}*")
        for site, words in sites
        for item in channels
    )
    either = "|".join(re.escape(words) for _, words in sites)
    prefix = rf"(?i)^(.*?)[ /_-]*(?:{either})"
    named = all((match := re.search(prefix, path)) and match[1] for path in paths)
    return spread, Origin(pattern=prefix) if named else Origin(constant="1")


def _any_case(words: str) -> str:
    """A glob that takes either case, as globs over paths mind it."""
    return "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in words)
