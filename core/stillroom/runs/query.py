"""Finding runs: the folders below a folder that hold one, newest first."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError, StillroomError
from stillroom.runs.store import DONE, STATES, Run


def find_runs(folder: Path, state: str = "") -> list[Run]:
    """Every run at most three levels below a folder, the latest change first; unreadable ones are left out.

    Args:
        folder: where to look.
        state: only runs of this state.

    Raises:
        InputError: no such folder, or an unknown state.
    """
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder), mend="Name the folder that holds the runs' folders")
    if state and state not in STATES:
        raise InputError(f"unknown state {state!r}", where="--state", mend=f"States: {', '.join(STATES)}")
    found = [path.parent for depth in ("", "*/", "*/*/", "*/*/*/") for path in folder.glob(f"{depth}run.json")]
    runs = [Run(path) for path in found if not _inside_another(path, folder) and _readable(Run(path))]
    chosen = [run for run in runs if not state or run.facts["state"] == state]
    return sorted(chosen, key=lambda run: str(run.facts["changed"]), reverse=True)


def _inside_another(path: Path, folder: Path) -> bool:
    """Whether a run is a part of another one's folder, as the network that estimates sets of sensors."""
    above = [parent for parent in path.parents if parent == folder or folder in parent.parents]
    return any((parent / "run.json").exists() for parent in above)


def summary(run: Run) -> dict[str, Any]:
    """One line of a list of runs."""
    facts = run.facts
    asked = facts["asked"]
    report = {}
    if facts["state"] == DONE:
        with suppress(StillroomError):  # a list shows a run whose report is damaged, without its numbers
            report = run.report
    return {
        "run": str(run.folder),
        "state": facts["state"],
        "began": facts["began"],
        "recipe": asked["recipe"]["name"],
        "data": asked["data"],
        "protocol": asked["protocol"],
        "seed": asked["seed"],
        "fast": asked["fast"],
        **{role: (report.get(role) or {}).get("macro_f1") for role in ("teacher", "alone", "student")},
        "gain": (report.get("gain") or {}).get("mean"),
    }


def differences(one: Run, other: Run) -> list[str]:
    """What keeps two runs from being compared: other recordings, windows, protocol or tested people."""
    ours, theirs = one.facts["asked"], other.facts["asked"]
    named = {
        "data_key": f"data {ours['data']} and {theirs['data']}",
        "protocol": f"protocol {ours['protocol']} and {theirs['protocol']}",
        "index_key": "windows cut or labelled in another way",
    }
    found = [said for key, said in named.items() if ours.get(key) != theirs.get(key)]
    people, others = (_tested(run) for run in (one, other))
    return found + [f"only one of them tested {name}" for name in sorted(people ^ others)]


def _tested(run: Run) -> set[str]:
    """The people of any of a run's models: all of them are tested on the same."""
    made = (run.report.get(role) for role in ("student", "alone", "teacher", "small_teacher", "reference", "forest"))
    return set(next(model for model in made if model)["per_person"])


def _readable(run: Run) -> bool:
    try:
        asked = run.facts["asked"]
    except StillroomError:
        return False
    return {"recipe", "data", "protocol", "seed", "fast"} <= set(asked) and "name" in asked["recipe"]
