"""What a report reads: the files that commands kept in the folder of a run or of a study, and nothing else.

    run.json, report.json          always; an unfinished or damaged run is refused
    cost.json                      where `stillroom cost` was asked
    explain/PART.json              where `stillroom explain` was asked
    plan.json, table.json, ...     of a study; methods.json where it is over several data sets

Nothing is trained, scored or measured here, and no model is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.paths import read_json
from stillroom.runs.store import COST, Run, open_run

PARTS = ("windows", "frequency", "sets", "privacy")
ROLES = ("teacher", "semantic", "small_teacher", "student", "alone", "reference", "forest")
PLAN, TABLE, METHODS, CALIBRATION = "plan.json", "table.json", "methods.json", "calibration.json"
DEMO = "made.json"  # lies beside the runs that come with the app
_AGAIN = "Make it anew with the command that made it"
_NEEDED = {
    "data_title": str, "data": str, "simulated": bool, "protocol": str, "fast": bool, "seed": int, "folds": list,
    "folds_left_out": int, "windows": dict, "teacher_view": list, "student_view": list, "classes": list, "units": str,
    "n": int, "pilot": bool, "models": list, "recipe": str, "title": str, "source": str, "warning": str,
}  # fmt: skip
_SCORED = ("macro_f1", "low", "high", "per_person", "per_class", "confusion", "channels")

Told = dict[str, Any]


@dataclass(frozen=True)
class RunSource:
    """A finished run.

    Attributes:
        run: its folder.
        facts: `run.json`.
        report: `report.json`.
        cost: `cost.json`; None where nobody asked.
        explained: what `stillroom explain` told, by part.
    """

    run: Run
    facts: Told
    report: Told
    cost: Told | None
    explained: Mapping[str, Told]

    @property
    def demo(self) -> bool:
        """Whether it came with Stillroom."""
        return (self.run.folder.parent / DEMO).is_file()

    @property
    def name(self) -> str:
        """Of its folder: the same run has the same name wherever its workspace lies."""
        return self.run.folder.name

    def scored(self, role: str) -> Told | None:
        """What a model reached; None where the run has none of that role."""
        found: Told | None = self.report.get(role)
        return found


@dataclass(frozen=True)
class StudySource:
    """A study that has an answer.

    Attributes:
        folder: where it lies.
        plan: `plan.json`.
        table: `table.json`.
        calibration: `calibration.json` of a study of sensors, else empty.
        facts: `run.json` of its first run; None where its runs do not lie there, as in the demo.
    """

    folder: Path
    plan: Told
    table: Told
    calibration: Told
    facts: Told | None

    @property
    def demo(self) -> bool:
        """Whether it came with Stillroom."""
        return (self.folder.parent / DEMO).is_file()

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.name


@dataclass(frozen=True)
class MethodsSource:
    """A study of methods over one data set or several: their ranks, and each set's own study."""

    folder: Path
    told: Told
    studies: Mapping[str, StudySource]

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.name


Source = RunSource | StudySource | MethodsSource


def read(folder: Path) -> Source:
    """A run or a study.

    Raises:
        InputError: neither lies there, it is not finished, or a file is damaged.
    """
    folder = folder.resolve()
    if (folder / METHODS).is_file():
        return _methods(folder)
    if (folder / PLAN).is_file():
        return _study(folder)
    if not (folder / "run.json").is_file():
        raise InputError(
            "neither a run nor a study lies here", where=str(folder), mend="`stillroom runs list` shows the runs"
        )
    return _run(folder)


def _run(folder: Path) -> RunSource:
    run = open_run(folder)
    facts, report = run.facts, run.report
    if wrong := _flaw(report):
        raise InputError(f"report.json is damaged: {wrong}", where=str(folder), mend=_AGAIN)
    cost = _object(folder / COST, ("figures", "host", "notes")) if (folder / COST).is_file() else None
    explained: dict[str, Told] = {}
    for part in PARTS:
        path = folder / "explain" / f"{part}.json"
        if path.is_file():
            explained[part] = _object(path, ("told",))["told"]
    return RunSource(run, facts, report, cost, explained)


def _flaw(report: Told) -> str:
    """What keeps a report from being read, in few words; empty where nothing does."""
    for name, kind in _NEEDED.items():
        if not isinstance(report.get(name), kind):
            return f"{name} is missing or something else"
    roles = [role for role in ROLES if report.get(role) is not None]
    if not roles:
        return "no model is in it"
    for role in roles:
        if not isinstance(report[role], dict) or any(key not in report[role] for key in _SCORED):
            return f"the {role}'s scores are not whole"
    if not isinstance(report["windows"].get("per_class"), dict):
        return "windows are not counted"
    return ""


def _study(folder: Path) -> StudySource:
    plan = _object(folder / PLAN, ("kind", "asked", "cells", "runs", "command", "versions"))
    if not (folder / TABLE).is_file():
        raise InputError(
            "the study has no answer yet", where=str(folder), mend=f"Finish it: {plan['command']} --out {folder.name}"
        )
    table = _object(folder / TABLE, ("sentence", "caveats", "table", "front"))
    if not table["table"]:
        raise InputError(f"the study found nothing: {table['sentence']}", where=str(folder), mend="Finish its runs")
    kept = folder / CALIBRATION
    found = _object(kept, ("calibration",)) if kept.is_file() else {}
    first = folder / "runs" / str(plan["runs"][0]["id"]) if plan["runs"] else folder
    facts = open_run(first).facts if (first / "run.json").is_file() and first != folder else None
    return StudySource(folder, plan, table, found, facts)


def _methods(folder: Path) -> MethodsSource:
    told = _object(folder / METHODS, ("sentence", "ranks"))
    names = sorted({name for entry in told["ranks"] for name in entry["scores"]})
    if not names:
        raise InputError("the study has no answer yet", where=str(folder), mend="Finish it with its own command")
    return MethodsSource(folder, told, {name: _study(folder / name) for name in names})


def _object(path: Path, needed: tuple[str, ...]) -> Told:
    value = read_json(path)
    if not isinstance(value, dict) or any(name not in value for name in needed):
        raise InputError(f"{path.name} is damaged, or not one of ours", where=str(path.parent), mend=_AGAIN)
    return value
