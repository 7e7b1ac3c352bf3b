"""Findings: what a person should know of data before learning from it, each said once however many files show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.assembly import segments_of
from stillroom.data.columns import Columns

Level = Literal["error", "warning", "note"]
_LEVELS: tuple[Level, ...] = ("error", "warning", "note")
_FEW_VALUES = 64


@dataclass(frozen=True)
class Finding:
    """Something found.

    Attributes:
        level: an error stops the data from opening; a warning spoils results; a note is good to know.
        code: a word for scripts, as `leak`.
        what: one sentence.
        where: file, rows, column.
        mend: what to do about it.
        files: in how many files it was found.
    """

    level: Level
    code: str
    what: str
    where: str = ""
    mend: str = ""
    files: int = 1

    def as_dict(self) -> dict[str, Any]:
        """What a script reads."""
        return {name: getattr(self, name) for name in ("level", "code", "what", "where", "mend", "files")}


@dataclass
class Findings:
    """Gathers findings; the same one (by code and subject) from several files is kept once, with a count."""

    _kept: dict[tuple[str, str], Finding] = field(default_factory=dict)
    _count: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, finding: Finding, subject: str = "") -> None:
        """Keeps a finding about a subject (a channel, a file)."""
        key = (finding.code, subject)
        self._kept.setdefault(key, finding)
        self._count[key] += 1

    def say(self, level: Level, code: str, what: str, where: str = "", mend: str = "", *, subject: str = "") -> None:
        """Keeps what is found only once."""
        self.add(Finding(level, code, what, where, mend), subject)

    def refuse(self, error: InputError) -> None:
        """Keeps an error as a finding of its own place."""
        self.add(Finding("error", "input", error.what, error.where, error.mend), f"{error.what} {error.where}")

    def all(self) -> tuple[Finding, ...]:
        """Every finding, errors first."""
        counted = [
            Finding(one.level, one.code, one.what, one.where, one.mend, self._count[key])
            for key, one in self._kept.items()
        ]
        return tuple(sorted(counted, key=lambda one: _LEVELS.index(one.level)))


def of_columns(columns: Columns) -> Iterable[tuple[str, Finding]]:
    """What one file's channels show: constants, copies, leaks, missing values, doubtful units; by subject."""
    seen: dict[bytes, str] = {}
    for item, values in zip(columns.channels, columns.values, strict=True):
        name, where = item.channel, f"{columns.where}, column {item.column}"
        present = values[~np.isnan(values)]
        if len(present) and present.min() == present.max():
            yield name, Finding("warning", "constant", f"{name} never changes", where, "Leave the channel out")
            continue
        twin = seen.setdefault(values.tobytes(), name) if len(present) else name
        if twin != name:
            mend = "Leave one of the two out; the same column may be mapped twice"
            yield name, Finding("warning", "copy", f"{name} is a copy of {twin}", where, mend)
        yield from _missing(name, where, values, columns)
        if columns.labels is not None and (what := leak(values, columns.labels.rows())):
            mend = "Leave the channel out: a model would read the label, not the movement"
            yield name, Finding("warning", "leak", f"{name} {what}", where, mend)
    yield from _gravity(columns)


def leak(values: NDArray[np.float64], labels: NDArray[np.str_]) -> str:
    """Says so where a few-valued channel tells the label: "" where it does not.

    Args:
        values: `(row,)`.
        labels: `(row,)`, "" where there is none.
    """
    both = (labels != "") & ~np.isnan(values)
    kinds, codes = np.unique(values[both], return_inverse=True)
    classes, label_codes = np.unique(labels[both], return_inverse=True)
    if len(classes) < 2 or not len(classes) <= len(kinds) <= _FEW_VALUES:
        return ""
    pairs = len(np.unique(codes * len(classes) + label_codes))
    if pairs != len(kinds):
        return ""
    return "equals the label" if len(kinds) == len(classes) else "gives the label away"


def _missing(name: str, where: str, values: NDArray[np.float64], columns: Columns) -> Iterable[tuple[str, Finding]]:
    missing = np.isnan(values)
    if missing.any():
        runs = segments_of(missing)
        first, stop = runs[int(np.diff(runs, axis=1).argmax())]
        rows = f"rows {columns.row(first)} to {columns.row(stop - 1)}"
        what = f"{name}: {missing.mean():.1%} missing, longest run {stop - first} rows"
        yield name, Finding("note", "missing", what, f"{where}, {rows}")


def _gravity(columns: Columns) -> Iterable[tuple[str, Finding]]:
    """An accelerometer's median length far from 9.8 m/s2 is a wrong unit, or gravity was taken away."""
    sensors: dict[str, list[int]] = {}
    for index, item in enumerate(columns.channels):
        sensors.setdefault(item.channel.rpartition(".")[0], []).append(index)
    for sensor, rows in sensors.items():
        if sensor.endswith(".acc") and len(rows) == 3:
            lengths = np.sqrt(np.square(columns.values[rows]).sum(axis=0))
            middle = float(np.nanmedian(lengths)) if np.isfinite(lengths).any() else 9.8
            if not 5 < middle < 20:
                what = f"{sensor} has a median length of {middle:.3g} m/s2, at rest it would be 9.8"
                mend = "Check the channels' `unit`; where gravity was taken away, this is as it should be"
                yield sensor, Finding("warning", "unit", what, columns.where, mend)
