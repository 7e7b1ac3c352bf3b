"""What a notebook must know of a run or a study before it is written: names, and what its folder holds.

Only that decides which cells a page has. No score is read here: cells read them when they run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.paths import read_json
from stillroom.evaluation.caveats import strangers
from stillroom.runs.predictions import PREDICTIONS, WINDOWS
from stillroom.runs.store import COST, Run, open_run

ROLES = ("teacher", "student", "alone")
PLAN, TABLE, METHODS = "plan.json", "table.json", "methods.json"
_TAUGHT_BY = frozenset({"cross_entropy"})  # a loss that needs no teacher


@dataclass(frozen=True)
class Facts:
    """What decides a page.

    Attributes:
        kind: folder of the templates: `run`, `sensors`, `table`, `methods`.
        names: what stands in the templates by name.
        flags: what holds.
    """

    kind: str
    names: Mapping[str, str]
    flags: frozenset[str]


def facts_of(folder: Path) -> Facts:
    """The facts of a finished run, or of a study that has an answer.

    Raises:
        InputError: neither lies there, it is not done, or its files are damaged.
    """
    if (folder / "run.json").exists():
        return _of_run(open_run(folder))
    if (folder / METHODS).exists():
        return Facts("methods", {"first": _first_below(folder)}, frozenset())
    if (folder / PLAN).exists():
        return _of_study(folder)
    mend = "Name the folder of a finished run, or the --out folder of a study"
    raise InputError("no run and no study lies here", where=str(folder), mend=mend)


def _of_run(run: Run) -> Facts:
    report, asked = run.report, run.facts["asked"]
    try:
        recipe, folds = asked["recipe"], [str(fold["fold"]) for fold in report["folds"]]
        roles = [role for role in ROLES if report[role]]
        names = {
            "title": str(report["title"]),
            "data_title": str(report["data_title"]),
            "change": _change(recipe, roles),
            "warning": str(report["warning"]),
        }
        flags = {name for name in ("simulated", "fast", "pilot", "gain", "heads", "steps", "context", "classifier",
                             "warning") if report.get(name)}  # fmt: skip
        flags |= {"strangers"} if strangers(report) else set()
        flags |= {"stretches"} if report["units"] == "stretches" else set()
        flags |= {"two"} if len(report["models"]) > 1 else set()
    except (KeyError, TypeError, IndexError) as error:
        what = f"report.json or run.json lacks {error}"
        raise InputError(what, where=str(run.folder), mend="Run it again") from error
    return Facts("run", names, frozenset(flags | set(roles) | _held(run, folds, roles)))


def _held(run: Run, folds: list[str], roles: list[str]) -> set[str]:
    """What lies in the run's folder."""
    parts = [run.part(fold, role) for fold in folds for role in roles]
    explain = run.folder / "explain"
    held = {
        "learning": any((part / "history.json").is_file() for part in parts),
        "answers": bool(parts) and all((part / PREDICTIONS).is_file() for part in parts),
        "weights": bool(parts) and all((part / "model.json").is_file() for part in parts),
        "places": (run.folder / WINDOWS).is_file(),
        "cost": (run.folder / COST).is_file(),
        "explain": any(explain.glob("*.json")),
        "sets": (explain / "sets.json").is_file(),
    }
    return {name for name, here in held.items() if here}


def _change(recipe: Mapping[str, Any], roles: list[str]) -> str:
    """A setting worth changing: twice the weight of the first thing that is handed down, else no turned windows."""
    terms = recipe["student"]["terms"] if "student" in roles else {}
    taught = [name for name in terms if name not in _TAUGHT_BY]
    if not taught:
        return "augmentation.rotation_deg=0"
    weight = terms[taught[0]].get("weight", 1.0)
    return f"student.terms.{taught[0]}.weight={2 * float(weight):g}"


def _of_study(folder: Path) -> Facts:
    plan = read_json(folder / PLAN)
    if not isinstance(plan, dict) or not {"kind", "runs", "command"} <= set(plan):
        raise InputError("this is no plan of a study", where=str(folder / PLAN), mend="Name the folder of a study")
    if not (folder / TABLE).exists():
        mend = f"Finish it first: {plan['command']} --out FOLDER"
        raise InputError("the study has no answer yet", where=str(folder), mend=mend)
    table = read_json(folder / TABLE)
    rows = table.get("table") if isinstance(table, dict) else None
    if not rows:
        raise InputError("the study's table is empty", where=str(folder / TABLE), mend="Finish the study first")
    flags = {f"kind_{plan['kind']}"}
    flags |= {"runs"} if (folder / "runs").is_dir() else set()
    flags |= {"several"} if len([row for row in rows if row.get("per_person")]) > 1 else set()
    return Facts("sensors" if plan["kind"] == "sensors" else "table", {"kind": str(plan["kind"])}, frozenset(flags))


def _first_below(folder: Path) -> str:
    """The first data set of several that a study of methods has."""
    below = sorted(path.parent.name for path in folder.glob(f"*/{TABLE}"))
    if not below:
        raise InputError("no data set's study lies here", where=str(folder), mend="Finish the study first")
    return below[0]
