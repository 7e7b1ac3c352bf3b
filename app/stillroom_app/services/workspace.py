"""The workspace, the demo beside it, and a run of either by its name; `services.listing` lists them.

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
from stillroom.runs.store import DONE, Run, open_run

DEMO = Path(__file__).parents[1] / "demo"
DEMO_PREFIX = "demo:"
HEADLINE = f"{DEMO_PREFIX}tsak"  # the demo's first: both hands' sensors to one wrist's
OWN_DEMO = (
    "distil", "tsak", "--data", "factory", "--student-view", "right_wrist.acc.*", "--protocol", "persons:4", "--fast",
)  # fmt: skip
Whose = Literal["yours", "demo"]


@dataclass(frozen=True)
class Entry:
    """A run and whose it is.

    Attributes:
        name: its folder below the workspace, or `demo:FOLDER`; what stands in an address.
        run: the run.
        whose: the person's own, or the demo's.
    """

    name: str
    run: Run
    whose: Whose

    @property
    def done(self) -> bool:
        """Whether it has a report."""
        return bool(self.run.facts["state"] == DONE)

    @property
    def data(self) -> str:
        """SOURCE of what it was trained on."""
        return str(self.run.facts["asked"]["data"])


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


def entry(name: str, folder: Path | None = None) -> Entry:
    """A run by its name.

    Raises:
        InputError: no such run, or a name that leads out of the workspace.
    """
    path, name, whose = place(name, folder)
    return Entry(name, open_run(path), whose)


def place(name: str, folder: Path | None = None) -> tuple[Path, str, Whose]:
    """Where a run or a study of a name lies: its folder, its name without detours, and whose it is.

    Raises:
        InputError: a name that leads out of the workspace.
    """
    whose: Whose = "demo" if name.startswith(DEMO_PREFIX) else "yours"
    base = (DEMO if whose == "demo" else folder or root()).resolve()
    try:
        path = (base / name.removeprefix(DEMO_PREFIX)).resolve()
        path.exists()
    except (OSError, ValueError):  # too long, or with a sign that no path can hold
        path = base
    if not path.is_relative_to(base) or path == base:
        raise InputError("no such run", where=name, mend="Choose one from the list")
    below = path.relative_to(base).as_posix()
    return path, f"{DEMO_PREFIX}{below}" if whose == "demo" else below, whose


def report_of(one: Entry) -> dict[str, Any]:
    """The report of a finished run, with the names of today's folders: the demo's were made elsewhere."""
    return {**one.run.report, "run": one.name}


def kept(path: Path) -> dict[str, Any] | None:
    """A JSON object that lies there; None where there is none, or it is damaged."""
    try:
        value = read_json(path)
    except StillroomError:
        return None
    return value if isinstance(value, dict) else None
