"""What lies in the workspace, and the demo's results beside it: every run and study, each with whose it is.

The demo is a small workspace that comes with the app: results of the simulated line, made by `make demo-results`. It is
read only, and holds numbers and predictions but no weights.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stillroom.base.errors import InputError, StillroomError
from stillroom.base.paths import read_json, workspace
from stillroom.runs.query import find_runs, summary
from stillroom.runs.store import DONE, Run, open_run

DEMO = Path(__file__).parents[1] / "demo"
DEMO_PREFIX = "demo:"
HEADLINE = f"{DEMO_PREFIX}tsak"  # the demo's first: both hands' sensors to one wrist's
Whose = Literal["yours", "demo"]


@dataclass(frozen=True)
class Entry:
    """A run as the pages list it.

    Attributes:
        name: its folder below the workspace, or `demo:FOLDER`; what stands in an address.
        run: the run.
        whose: the person's own, or the demo's.
        facts: one line of a list of runs (`runs.query.summary`).
    """

    name: str
    run: Run
    whose: Whose
    facts: dict[str, Any]

    @property
    def done(self) -> bool:
        """Whether it has a report."""
        return bool(self.facts["state"] == DONE)


@dataclass(frozen=True)
class Damaged:
    """A folder that claims to hold a run and does not.

    Attributes:
        name: its folder below the workspace.
        why: in a sentence.
    """

    name: str
    why: str


def root() -> Path:
    """The workspace's folder, absolute."""
    return workspace().absolute()


def writable(folder: Path) -> str:
    """Why nothing can be written into the workspace; empty where it can."""
    above = next(path for path in (folder, *folder.parents) if path.exists())
    if not above.is_dir():
        return f"{above} is a file: choose another folder with --workspace"
    if not os.access(above, os.W_OK):
        return f"{above} may not be written to: choose another folder with --workspace, or change its permissions"
    return ""


def entries(folder: Path | None = None) -> list[Entry]:
    """Every run that can be read, the person's own first, each group with the latest change first."""
    own = folder or root()
    listed = [_entry(run, own, "yours") for run in find_runs(own)] if own.is_dir() else []
    demo = [_entry(run, DEMO, "demo") for run in find_runs(DEMO)] if DEMO.is_dir() else []
    return listed + sorted(demo, key=lambda one: one.name != HEADLINE)


def finished(folder: Path | None = None) -> list[Entry]:
    """The runs that have a report."""
    return [entry for entry in entries(folder) if entry.done]


def damaged(folder: Path | None = None) -> list[Damaged]:
    """The folders whose `run.json` cannot be read, or whose report is gone though the run is done."""
    own = folder or root()
    folders = [path.parent for depth in ("*/", "*/*/", "*/*/*/") for path in sorted(own.glob(f"{depth}run.json"))]
    told = ((path.relative_to(own).as_posix(), _damage(Run(path))) for path in folders)
    return [Damaged(name, why) for name, why in told if why]


def entry(name: str, folder: Path | None = None) -> Entry:
    """A run by its name.

    Raises:
        InputError: no such run, or a name that leads out of the workspace.
    """
    whose: Whose = "demo" if name.startswith(DEMO_PREFIX) else "yours"
    base = DEMO if whose == "demo" else folder or root()
    path = (base / name.removeprefix(DEMO_PREFIX)).resolve()
    if not path.is_relative_to(base.resolve()) or path == base.resolve():
        raise InputError("no such run", where=name, mend="Choose one from the list")
    return _entry(open_run(path), base.resolve(), whose)


def report_of(one: Entry) -> dict[str, Any]:
    """The report of a finished run, with the names of today's folders: the demo's were made elsewhere."""
    return {**one.run.report, "run": one.name}


def _entry(run: Run, base: Path, whose: Whose) -> Entry:
    below = run.folder.relative_to(base).as_posix()
    return Entry(f"{DEMO_PREFIX}{below}" if whose == "demo" else below, run, whose, summary(run))


def _damage(run: Run) -> str:
    try:
        facts = run.facts
        if not isinstance(facts["asked"].get("recipe"), dict):
            return "run.json does not say which recipe was asked for"
        if facts["state"] == DONE:
            _ = run.report
        elif facts["state"] not in ("unfinished", "stopped", "failed"):
            return f"unknown state {facts['state']!r}"
    except StillroomError as error:
        return error.sentence()
    return ""


def kept(path: Path) -> dict[str, Any] | None:
    """A JSON object that lies there; None where there is none, or it is damaged."""
    try:
        value = read_json(path)
    except StillroomError:
        return None
    return value if isinstance(value, dict) else None
