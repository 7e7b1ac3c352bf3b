"""The mapping: a small JSON file beside a user's own data that says what its columns are.

`stillroom.json` stands in the folder, `NAME.stillroom.json` beside one file or zip. Values are multiplied by `scale`
and then brought from the file's unit to the canonical unit of their kind; a kind outside the catalogue keeps its unit.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.data.tree import Tree
from stillroom.sensors.catalogue import KINDS
from stillroom.sensors.channel import Channel
from stillroom.sensors.units import factor

FILE_NAME = "stillroom.json"
TimeUnit = Literal["s", "ms", "us", "ns", "iso8601"]


class Csv(Config):
    """How the text tables are written.

    Attributes:
        header: False where the first row already holds values; the columns are then called 1, 2, 3, ...
        separator: what stands between two cells; empty: found from the first row.
        decimal: the decimal mark.
    """

    header: bool = True
    separator: str = ""
    decimal: Literal[".", ","] = "."


class TimeMap(Config):
    """Where the clock is: a column with its unit, or an even rate where the file has no clock."""

    column: str | None = None
    unit: TimeUnit = "s"
    rate_hz: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_clock(self) -> TimeMap:
        if (self.column is None) == (self.rate_hz is None):
            raise ValueError("give either a time column or a rate_hz, not both and not neither")
        return self


class LabelMap(Config):
    """Where the labels are.

    Attributes:
        column: the label of each row; an empty cell is unlabelled.
        names: what to call a label, as {"1": "walking"}; others keep the file's word.
        ignore: labels (as in the file) that count as unlabelled, as "null" or "0".
    """

    column: str
    names: dict[str, str] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()


class Origin(Config):
    r"""Where a person's or a session's name comes from: one of a column, a constant, a pattern over the file's path.

    Attributes:
        column: names it row by row; the recording ends where it changes.
        constant: the same name everywhere.
        pattern: a regular expression; its first group is the name, as `s(\d+)_`.
    """

    column: str | None = None
    constant: str | None = None
    pattern: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Origin:
        if sum(value is not None for value in (self.column, self.constant, self.pattern)) != 1:
            raise ValueError("give exactly one of column, constant and pattern")
        if self.pattern is not None and _groups(self.pattern) < 1:
            raise ValueError(f"the pattern {self.pattern!r} needs one group in brackets, as s(\\d+)_")
        return self

    def of_path(self, path: str, noun: str) -> str:
        """The name that a file's path gives.

        Raises:
            InputError: the pattern does not fit.
        """
        if self.constant is not None:
            return self.constant
        match = re.search(self.pattern or "()", path)
        if match is None or not match[1]:
            raise InputError(
                f"the pattern {self.pattern!r} finds no {noun} in the file's path",
                where=path,
                mend=f"Change `{noun}` in the mapping, or name the files alike",
            )
        return match[1]


class ChannelMap(Config):
    """One column that is one channel.

    Attributes:
        column: as the file's header has it.
        channel: `site.kind.axis`.
        unit: the unit of the file's values.
        scale: what raw values are multiplied by to be in `unit` (counts of a converter; -1 turns an axis round).
        files: the files that hold it, as a glob over paths; with any but `*`, files of one person and session are
            devices of one recording and are laid on one clock.
    """

    column: str
    channel: str
    unit: str
    scale: float = 1.0
    files: str = "*"

    @field_validator("channel")
    @classmethod
    def _three_words(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+\.[a-z0-9_]+", value):
            raise ValueError(f"{value!r} must be site.kind.axis in small letters, as right_wrist.acc.x")
        return value

    @model_validator(mode="after")
    def _unit_fits(self) -> ChannelMap:
        self.conversion()
        return self

    def as_channel(self, rate_hz: float) -> Channel:
        """The channel in its canonical unit."""
        site, kind, axis = self.channel.split(".")
        return Channel(site=site, kind=kind, axis=axis, unit=self._canonical(), rate_hz=rate_hz)

    def conversion(self) -> float:
        """What the file's values are multiplied by to be in the canonical unit.

        Raises:
            InputError: an unknown unit, or one of another quantity.
        """
        if self._canonical() == self.unit:
            return self.scale
        try:
            return self.scale * factor(self.unit, self._canonical())
        except InputError as error:
            raise InputError(
                error.what, where=f"column {self.column}, channel {self.channel}", mend=error.mend
            ) from error

    def _canonical(self) -> str:
        kind = self.channel.split(".")[1]
        return KINDS[kind].unit if kind in KINDS and kind != "other" else self.unit


class Mapping(Config):
    """What a user's own files mean.

    Attributes:
        title: for people; the folder's name where empty.
        licence: who may use the data.
        files: which files are data, as a glob over paths.
        csv: how text tables are written.
        time: where the clock is.
        rate_hz: the rate at which recordings are laid.
        channels: which columns are which channels.
        label: where the labels are; None where there are none.
        person: whose data it is.
        session: which session; the file's path by default.
        missing: values that mean "missing", as -999.
        nan_limit_s: missing values up to this long are filled by a straight line.
        gap_s: a silence longer than this is a gap: no window crosses it.
        split_s: a silence longer than this ends the recording.
        long_nan: what to do where values are missing for longer: refuse the file, or treat it as a gap.
        window_s: the window that suits the data.
        stride_s: the stride that suits it.
        protocol: the protocol that suits it.
    """

    title: str = ""
    licence: str = ""
    files: str = "*"
    csv: Csv = Csv()
    time: TimeMap
    rate_hz: float = Field(gt=0, le=100_000)
    channels: tuple[ChannelMap, ...] = Field(min_length=1)
    label: LabelMap | None = None
    person: Origin
    session: Origin | None = None
    missing: tuple[float, ...] = ()
    nan_limit_s: float = Field(default=0.5, ge=0)
    gap_s: float = Field(default=0.5, gt=0)
    split_s: float = Field(default=60.0, gt=0)
    long_nan: Literal["refuse", "gap"] = "refuse"
    window_s: float = Field(default=4.0, gt=0)
    stride_s: float = Field(default=2.0, gt=0)
    protocol: str = "person"

    @model_validator(mode="after")
    def _distinct(self) -> Mapping:
        names = [entry.channel for entry in self.channels]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the channel {twice[0]} is named twice")
        if self.joined and (self.session is None or self.session.column or self.person.column):
            raise ValueError("where channels name their files, person and session come from a constant or a pattern")
        return self

    @property
    def joined(self) -> bool:
        """Whether several files make one recording."""
        return any(entry.files != "*" for entry in self.channels)

    def as_json(self) -> dict[str, Any]:
        """What is written for people to edit: nulls and the defaults of single channels left out."""
        out = self.model_dump(mode="json", exclude_none=True)
        out["channels"] = [entry.model_dump(mode="json", exclude_defaults=True) for entry in self.channels]
        return out


def mapping_path(path: Path) -> Path:
    """Where the mapping of a folder, a file or a zip is written."""
    return path / FILE_NAME if path.is_dir() else path.with_name(f"{path.stem}.{FILE_NAME}")


def load_mapping(tree: Tree) -> tuple[Mapping, str] | None:
    """The mapping of a user's data and where it stands; None where there is none.

    Raises:
        InputError: it is no JSON, or a field is unknown, missing or wrong.
    """
    path = tree.path
    beside = [mapping_path(path), path.with_name(f"{path.name}.{FILE_NAME}"), path.parent / FILE_NAME]
    for candidate in beside[:2] if path.is_dir() else beside:
        if candidate.is_file():
            return _parse(candidate.read_bytes(), str(candidate)), str(candidate)
    inside = tree.find(lambda entry: entry.parts[-1] == FILE_NAME)
    if len(inside) > 1:
        raise InputError(
            f"{len(inside)} mappings",
            where=f"{inside[0].name} and {inside[1].name}",
            mend="Name one folder, or keep one",
        )
    return (_parse(inside[0].read(), inside[0].name), inside[0].name) if inside else None


def _parse(raw: bytes, where: str) -> Mapping:
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except ValueError as error:
        raise InputError(f"not valid JSON: {error}", where=where, mend="Correct it, or make it anew") from error
    if not isinstance(value, dict):
        raise InputError("a mapping is one JSON object", where=where, mend="Make it anew: stillroom data check PATH")
    try:
        return Mapping.from_input(value, where=where)
    except InputError as error:
        if where in error.where:
            raise
        raise InputError(error.what, where=f"{where}, {error.where}", mend=error.mend) from error


def _groups(pattern: str) -> int:
    try:
        return re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} is no regular expression: {error}") from error
