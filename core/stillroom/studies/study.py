"""A study's folder.

    plan.json        which runs, with fingerprints; written once
    runs/ID/         each run, a folder like any other run's
    shelf/           what several runs need alike, made once
    table.md, table.json, table.parquet   the answer; results.parquet: each person's score in each run
    events.jsonl     what happened

What is done follows from the runs' folders alone, so the table does not depend on interruptions, nor on how many
workers there were.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base import journal
from stillroom.base.errors import InputError
from stillroom.base.events import Event
from stillroom.base.paths import read_json, write_json
from stillroom.recipes.sharing import Shelf
from stillroom.runs.store import DONE, Run
from stillroom.studies.plan import NAME, Plan, Planned, difference, read_plan, write_plan

_WORKSPACE = ".workspace.json"


@dataclass(frozen=True)
class Study:
    """A study and its plan.

    Attributes:
        folder: where it lies.
        plan: which runs.
    """

    folder: Path
    plan: Plan

    @property
    def shelf(self) -> Shelf:
        """What its runs share."""
        return Shelf(self.folder / "shelf")

    def run(self, planned: Planned) -> Run:
        """The folder of one of its runs."""
        return Run(self.folder / "runs" / planned.id)

    def report(self, planned: Planned) -> dict[str, Any] | None:
        """What a run found; None where it is not done yet.

        Raises:
            InputError: its folder holds another run than was planned, or is damaged.
        """
        run = self.run(planned)
        if not (run.folder / "run.json").exists():
            return None
        facts = run.facts
        if facts["key"] != planned.key:
            raise InputError(
                "this folder holds another run than the plan says",
                where=str(run.folder),
                mend="Move it away and run the study again; that one run is then made anew",
            )
        return run.report if facts["state"] == DONE else None

    def listen(self, event: Event) -> None:
        """Appends what is said to `events.jsonl`; mere progress is not kept."""
        if event.message:
            journal.append(self.folder / "events.jsonl", event.as_dict())


def begin_study(folder: Path, plan: Plan) -> Study:
    """Makes a study's folder, or opens the one that was begun with the same plan.

    Raises:
        InputError: the folder holds another study, or something else; nothing was changed then.
    """
    if (folder / NAME).exists():
        before = read_plan(folder)
        if not plan.same_as(before):
            raise InputError(
                f"the study here was asked for something else: {difference(before, plan)}",
                where=str(folder),
                mend="Repeat the command that began it, or choose another --out folder",
            )
        return Study(folder, before)
    if folder.exists() and (not folder.is_dir() or any(not _ours(path) for path in folder.iterdir())):
        raise InputError("the folder holds something else", where=str(folder), mend="Choose an empty --out folder")
    write_plan(folder, plan)
    return Study(folder, plan)


def keep_workspace(folder: Path, workspace: Path) -> None:
    """Keeps in mind where a study's jobs are kept, so that they are found again from any folder."""
    write_json(folder / _WORKSPACE, {"workspace": str(workspace.absolute())})


def workspace_of(folder: Path) -> Path | None:
    """Where the jobs of a study are kept; None where it has not begun, or that place is gone."""
    with suppress(InputError):
        kept = Path(read_json(folder / _WORKSPACE)["workspace"])
        return kept if kept.is_dir() else None
    return None


def open_study(folder: Path) -> Study:
    """Opens an existing study.

    Raises:
        InputError: no study lies there, or its plan was changed.
    """
    if not (folder / NAME).exists():
        raise InputError("no study lies here", where=str(folder), mend="Name the --out folder of a study")
    return Study(folder, read_plan(folder))


def _ours(path: Path) -> bool:
    """Whether a command that was killed before its plan was whole left this."""
    return path.name.startswith(".")
