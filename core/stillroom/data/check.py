"""Looks a user's own data over: validates it against its mapping, or proposes one, and lists what it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, Event, silent
from stillroom.base.paths import write_json
from stillroom.data.columns import Columns, rows_of, stretches
from stillroom.data.findings import Finding, Findings, of_columns
from stillroom.data.mapping import Mapping, load_mapping, mapping_path
from stillroom.data.proposal import propose
from stillroom.data.recording import Recording
from stillroom.data.sources.own import Own, data_files
from stillroom.data.summary import summarise
from stillroom.data.tree import Entry, Tree

_PILOT = 8


@dataclass(frozen=True)
class Report:
    """What a look at data found.

    Attributes:
        path: what was looked at.
        mapping: what the columns are taken to be.
        mapping_file: where the mapping stands; "" where it is only proposed.
        findings: errors first.
        summary: people, sessions, seconds per class, rates, of what could be read.
    """

    path: str
    mapping: Mapping
    mapping_file: str
    findings: tuple[Finding, ...]
    summary: dict[str, Any]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What stops the data from opening."""
        return tuple(finding for finding in self.findings if finding.level == "error")

    def as_dict(self) -> dict[str, Any]:
        """What a script reads."""
        return {
            "path": self.path,
            "ok": not self.errors,
            "proposed": not self.mapping_file,
            "mapping_file": self.mapping_file or None,
            "mapping": self.mapping.as_json(),
            "findings": [finding.as_dict() for finding in self.findings],
            **self.summary,
        }


def check(path: Path, *, anew: bool = False, emit: Emit = silent) -> Report:
    """Reads every file of a folder, a zip or one table.

    Args:
        path: the data.
        anew: propose a mapping even though one stands there.
        emit: hears of each file.

    Raises:
        InputError: nothing is there, the mapping is wrong, or no proposal can be made from the first file.
    """
    tree = Tree(path)
    found = None if anew else load_mapping(tree)
    findings = Findings()
    mapping = found[0] if found else propose(data_files(tree), findings)
    files = data_files(tree, mapping)
    rates: list[float] = []
    summary = summarise(_read(mapping, files, findings, rates, emit), "activity")
    _of_all(mapping, summary, rates, findings)
    if found is None and len(summary["people"]) == 1:
        mapping = mapping.changed(protocol="blocks")
    measured = {"low": round(min(rates), 3), "high": round(max(rates), 3)} if rates else {"low": None, "high": None}
    return Report(
        path=str(path),
        mapping=mapping,
        mapping_file=found[1] if found else "",
        findings=findings.all(),
        summary={"files": len(files), "measured_rate_hz": measured, **summary},
    )


def write_mapping(report: Report, *, overwrite: bool = False) -> Path:
    """Writes a report's mapping beside the data.

    Raises:
        InputError: one stands there and may not be replaced.
    """
    path = mapping_path(Path(report.path))
    if path.exists() and not overwrite:
        raise InputError(
            "a mapping stands there already", where=str(path), mend="Edit it, or replace it with --anew --write"
        )
    write_json(path, report.mapping.as_json())
    return path


def _read(
    mapping: Mapping, files: Sequence[Entry], findings: Findings, rates: list[float], emit: Emit
) -> Iterator[Recording]:
    """Every recording that can be read; what cannot becomes a finding."""
    own = Own(mapping, keep_index=False)
    groups = [list(files)] if mapping.joined else [[entry] for entry in files]
    for done, group in enumerate(groups, start=1):
        try:
            parts = own.parts_of(group)
            if not mapping.joined:
                _look(own.columns(group[0]), mapping, findings, rates)
        except InputError as error:
            findings.refuse(error)
            continue
        for part in parts:
            try:
                yield own.parse(part)
            except InputError as error:
                findings.refuse(error)
        emit(Event("data.part", data={"part": group[0].name, "done": done, "of": len(groups)}))


def _look(columns: Columns, mapping: Mapping, findings: Findings, rates: list[float]) -> None:
    for subject, finding in of_columns(columns):
        findings.add(finding, subject)
    if columns.labels is not None and not any(columns.labels.rows() != ""):
        what = f"the label column {mapping.label.column if mapping.label else ''!r} is empty in every row"
        findings.say("warning", "unlabelled", what, columns.where)
    for stretch in stretches(columns, mapping.split_s) if mapping.time.column else ():
        steps = np.diff(columns.stamps_s[rows_of(columns, stretch)])
        near = steps[steps <= mapping.gap_s]
        if len(near) > 1 and near.sum() > 0:
            rates.append(float(len(near) / near.sum()))


def _of_all(mapping: Mapping, summary: dict[str, Any], rates: list[float], findings: Findings) -> None:
    """What shows only over all files."""
    people, classes, gaps = summary["people"], summary["classes"], summary["gaps"]
    if rates and max(rates) > 1.05 * min(rates):
        what = f"rates from {min(rates):.4g} to {max(rates):.4g} Hz; all is laid at {mapping.rate_hz:g} Hz"
        findings.say("note", "rates", what)
    if rates and mapping.time.column and mapping.rate_hz > 1.1 * min(rates):
        what = (
            f"the slowest recording has {min(rates):.4g} Hz, laid at {mapping.rate_hz:g} Hz: values in between are made"
        )
        findings.say("warning", "rate", what, "", "Set `rate_hz` no higher than the slowest recording")
    if gaps["count"]:
        what = f"{gaps['count']} gaps, {gaps['total_s']:g} s together, the longest {gaps['longest_s']:g} s"
        findings.say("note", "gaps", what, "", "No window crosses a gap")
    if len(people) == 1:
        mend = "Use --protocol blocks or session; nothing can be said of other people"
        findings.say("warning", "people", "one person only", "", mend)
    elif 1 < len(people) < _PILOT:
        findings.say("note", "people", f"{len(people)} people: what is found with them is a pilot")
    if mapping.label and summary["recordings"]:
        _of_classes(classes, len(people), f"column {mapping.label.column}", findings)


def _of_classes(classes: list[dict[str, Any]], people: int, where: str, findings: Findings) -> None:
    if len(classes) < 2:
        what = "one class only: there is nothing to tell apart" if classes else "no row has a label"
        findings.say("warning" if classes else "error", "classes", what, where, "Check `label` in the mapping")
    for item in classes:
        if item["people"] < 2 <= people:
            what = f"class {item['name']!r} was done by one person only"
            mend = "It cannot be learned and tested on different people: record more, or ignore it"
            findings.say("warning", "class", what, mend=mend, subject=item["name"])
