"""From staged files to a data set: what the columns are taken to be, how that is changed, the check, and the saving.

A staged folder (`services.uploads`) is hidden; it becomes `data/NAME/` in one rename, files and mapping together, once
nothing in it stops the data from opening.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stillroom.base.errors import InputError
from stillroom.base.paths import storage_errors, write_json
from stillroom.data.check import check
from stillroom.data.findings import Findings
from stillroom.data.frames import read_frame
from stillroom.data.guess import UNKNOWN_SITE, of_name
from stillroom.data.mapping import FILE_NAME, ChannelMap, Csv, Mapping, load_mapping
from stillroom.data.proposal import NoSensorError, propose
from stillroom.data.sources.own import data_files
from stillroom.data.tree import Tree
from stillroom.sensors.catalogue import kind_of
from stillroom_app.services.sources import folder, free_name
from stillroom_app.services.uploads import STAGED

CHANNEL, IGNORE = "channel", "ignore"
ROLES = (CHANNEL, "time", "label", "person", "session", IGNORE)
_SINGLE = ("time", "label", "person", "session")
_SHOWN = 3
_FEW_REPEATS = 3  # what searches a path of a few hundred letters at once
_ESCAPED, _CLASS = re.compile(r"\\."), re.compile(r"\[[^\]]*\]")
_REPEATED_GROUP, _REPEATS = re.compile(r"\)[*+{]"), re.compile(r"[*+{]")
_MOSTLY = 0.5  # of a column's cells are numbers


@dataclass(frozen=True)
class Looked:
    """What a look at staged files says.

    Attributes:
        rows: one of each column, as `mapping_of` reads them: column, holds, role, site, kind, axis, unit, files.
        mapping: proposed, or the one that came along; None where no sensor was recognised.
        why: nothing was recognised; empty otherwise.
        files: how many are read.
        whose: how people are told apart, where no column says it.
    """

    rows: tuple[dict[str, str], ...]
    mapping: Mapping | None
    why: str
    files: int
    whose: str


@dataclass(frozen=True)
class Settings:
    """What is said beside the table of columns.

    Attributes:
        title: for people.
        licence: who may use the data.
        rate_hz: at which recordings are laid; that of the file where it has no clock.
        time_unit: of the time column.
        unlabelled: labels that count as none.
        gaps: treat long missing stretches as gaps, instead of refusing the file.
        site: where the channels were worn whose columns do not say it; empty for not said.
    """

    title: str = ""
    licence: str = ""
    rate_hz: float = 50.0
    time_unit: str = "s"
    unlabelled: tuple[str, ...] = ()
    gaps: bool = False
    site: str = ""


def look(place: Path) -> Looked:
    """Reads the first file's columns and proposes what they are.

    Raises:
        InputError: a file cannot be read.
    """
    tree = Tree(place)
    mapping, why = _proposed(tree)
    files = data_files(tree, mapping)
    frame = read_frame(files[0], mapping.csv if mapping else Csv())
    whose = _whose(mapping) if mapping else ""
    return Looked(tuple(_rows(frame, mapping)), mapping, why, len(files), whose)


def settings_of(mapping: Mapping | None) -> Settings:
    """What a mapping says beside its columns."""
    if mapping is None:
        return Settings()
    ignored = mapping.label.ignore if mapping.label else ()
    return Settings(
        title=mapping.title,
        licence=mapping.licence,
        rate_hz=mapping.rate_hz,
        time_unit=mapping.time.unit,
        unlabelled=ignored,
        gaps=mapping.long_nan == "gap",
    )


def mapping_of(rows: Sequence[Dict[str, Any]], base: Mapping | None, settings: Settings) -> Mapping:
    """The mapping that a table of columns means.

    Args:
        rows: as `Looked.rows`, changed by a person.
        base: what was proposed; keeps what the table does not show.
        settings: what is said beside the table.

    Raises:
        InputError: a role given twice, no channel, or a row that cannot be one, which is named.
    """
    of = {role: _column(rows, role) for role in _SINGLE}
    channels = [_channel(row, base, settings.site) for row in rows if row["role"] == CHANNEL]
    if not channels:
        mend = f"Give at least one column the role {CHANNEL}, with its site, kind, axis and unit"
        raise InputError("no column is a channel", where="the table of columns", mend=mend)
    value = base.as_json() if base else {}
    value |= {
        "title": settings.title,
        "licence": settings.licence,
        "rate_hz": settings.rate_hz,
        "long_nan": "gap" if settings.gaps else "refuse",
        "channels": channels,
        "time": {"column": of["time"], "unit": settings.time_unit} if of["time"] else {"rate_hz": settings.rate_hz},
        "person": _origin(of["person"], value.get("person")) or {"constant": "1"},
        "session": _origin(of["session"], value.get("session")),
        "label": _label(of["label"], value.get("label"), settings.unlabelled),
    }
    return Mapping.from_input(value, where="the table of columns")


def checked(place: Path, mapping: Mapping) -> dict[str, Any]:
    """Reads every staged file by a mapping, and lists what is found, as `stillroom data check PATH --json` tells it.

    Raises:
        InputError: no file can be read at all.
        StorageError: the disk refuses.
    """
    write_json(place / FILE_NAME, mapping.as_json())
    return check(place).as_dict()


def save(place: Path, name: str, mapping: Mapping, told: Dict[str, Any] | None = None) -> Path:
    """Makes staged files a data set of the workspace, whole or not at all.

    Args:
        place: the staged folder; it is gone afterwards.
        name: of the data set.
        mapping: what the columns are.
        told: what `checked` said of just these files and this mapping; they are checked now by default.

    Returns:
        Where it lies now.

    Raises:
        InputError: a name that is taken or cannot be one, or an error in the data.
        StorageError: the disk refuses; nothing new is listed.
    """
    free_name(name)
    if not place.name.startswith(STAGED) or not place.is_dir():
        raise InputError("these files are no longer there", mend="Choose them once more")
    found = told or checked(place, mapping)
    if errors := [one for one in found["findings"] if one["level"] == "error"]:
        raise InputError(errors[0]["what"], where=errors[0]["where"], mend=errors[0]["mend"])
    suited = mapping.changed(protocol="blocks") if len(found["people"]) == 1 else mapping
    write_json(place / FILE_NAME, suited.as_json())
    to = folder() / name
    with storage_errors(to):
        place.rename(to)
    return to


def _proposed(tree: Tree) -> tuple[Mapping | None, str]:
    if found := load_mapping(tree):
        _refuse_slow_patterns(found[0])
        return found[0], ""
    files = data_files(tree)
    try:
        return propose(files, Findings()), ""
    except NoSensorError as error:
        return None, error.what


def _refuse_slow_patterns(mapping: Mapping) -> None:
    """Refuses what could search for hours: a pattern that repeats a group, or repeats more than a few things.

    Raises:
        InputError: `person` or `session` has such a pattern.
    """
    for field in ("person", "session"):
        origin = getattr(mapping, field)
        pattern = origin.pattern if origin is not None else None
        bare = _CLASS.sub("x", _ESCAPED.sub("x", pattern or ""))
        if _REPEATED_GROUP.search(bare) or len(_REPEATS.findall(bare)) > _FEW_REPEATS:
            raise InputError(
                f"the pattern {pattern!r} may search for hours",
                where=f"{FILE_NAME}, {field}",
                mend=f"Repeat no group, and at most {_FEW_REPEATS} things with * + or {{}}, as s(\\d+)_",
            )


def _rows(frame: pd.DataFrame, mapping: Mapping | None) -> list[dict[str, str]]:
    """The columns in the file's order; one that is several devices' channel stands once for each."""
    roles = _roles(mapping) if mapping else {}
    channels = mapping.channels if mapping else ()
    rows: list[dict[str, str]] = []
    for column in map(str, frame.columns):
        seen = {"column": column, "holds": _holds(frame[column])}
        blank = {"site": "", "kind": "", "axis": "", "unit": "", "files": "*"}
        of = [_words(item) for item in channels if item.column == column and column not in roles]
        if not of and column not in roles:
            of = _meant(frame[column], channels)
        rows += [{**seen, **words} for words in of or [{"role": roles.get(column, IGNORE), **blank}]]
    return rows


def _meant(column: pd.Series, known: Sequence[ChannelMap]) -> list[dict[str, str]]:
    """A sensor by its name whose numbers a few cells spoil: it is read, so that the check names those cells."""
    guess = of_name(str(column.name))
    if not guess.kind or column.dtype.kind in "fiu" or pd.to_numeric(column, errors="coerce").notna().mean() < _MOSTLY:
        return []
    sensor = f"{guess.site}.{guess.kind}."
    unit = next((item.unit for item in known if item.channel.startswith(sensor)), kind_of(guess.kind).unit)
    words = {"site": guess.site, "kind": guess.kind, "axis": guess.axis, "unit": guess.unit or unit, "files": "*"}
    return [{"role": CHANNEL, **words}]


def _roles(mapping: Mapping) -> dict[str, str]:
    named = {"time": mapping.time.column, "label": mapping.label.column if mapping.label else None}
    named |= {"person": mapping.person.column, "session": mapping.session.column if mapping.session else None}
    return {column: role for role, column in named.items() if column}


def _words(item: ChannelMap) -> dict[str, str]:
    site, kind, axis = item.channel.split(".")
    return {"role": CHANNEL, "site": site, "kind": kind, "axis": axis, "unit": item.unit, "files": item.files}


def _holds(column: pd.Series) -> str:
    """A few of its values; of words, different ones."""
    present = column.dropna()
    if column.dtype.kind in "fiu":
        return ", ".join(f"{value:.5g}" if column.dtype.kind == "f" else str(value) for value in present.head(_SHOWN))
    return ", ".join(str(value)[:24] for value in present.head(100_000).unique()[:_SHOWN])


def _whose(mapping: Mapping) -> str:
    if mapping.person.constant is not None:
        return "one person"
    return "the files' names" if mapping.person.pattern else ""


def _column(rows: Sequence[Dict[str, Any]], role: str) -> str | None:
    named = [str(row["column"]) for row in rows if row["role"] == role]
    if len(named) > 1:
        mend = f"Only one column is the {role}; give the others {IGNORE}"
        raise InputError(f"two columns are the {role}", where=f"columns {named[0]} and {named[1]}", mend=mend)
    return named[0] if named else None


def _channel(row: Dict[str, Any], base: Mapping | None, worn: str) -> dict[str, Any]:
    column, files = str(row["column"]), str(row.get("files") or "*")
    words = [_word(row.get(part)) for part in ("site", "kind", "axis")]
    if missing := [part for part, word in zip(("site", "kind"), words, strict=False) if not word]:
        mend = "As right_wrist, acc, x" if missing == ["site"] else "As acc, gyro, mag, or other"
        raise InputError(f"a channel needs its {missing[0]}", where=f"column {column}", mend=mend)
    if not row.get("unit"):
        raise InputError("a channel needs its unit", where=f"column {column}", mend="As g, m/s2, deg/s, or 1")
    same = [item for item in base.channels if (item.column, item.files) == (column, files)] if base else []
    site = worn if worn and words[0] == UNKNOWN_SITE else words[0]
    name = ".".join((site, words[1], words[2] or "v"))
    scale = same[0].scale if same else 1.0
    value = {"column": column, "channel": name, "unit": str(row["unit"]), "files": files, "scale": scale}
    ChannelMap.from_input(value, where=f"column {column}")
    return value


def _word(text: object) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", str(text or "").strip().lower()).strip("_")


def _origin(column: str | None, known: dict[str, Any] | None) -> dict[str, Any] | None:
    """A column where one has the role; else a constant or a pattern that was proposed."""
    if column:
        return {"column": column}
    return known if known and "column" not in known else None


def _label(column: str | None, known: dict[str, Any] | None, unlabelled: tuple[str, ...]) -> dict[str, Any] | None:
    if column is None:
        return None
    kept = known if known and known.get("column") == column else {}
    return {**kept, "column": column, "ignore": unlabelled}
