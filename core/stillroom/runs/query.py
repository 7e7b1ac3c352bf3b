"""Finding runs: the folders below a folder that hold one, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stillroom.base.errors import StillroomError
from stillroom.runs.store import DONE, Run


def find_runs(folder: Path) -> list[Run]:
    """Every run at most three levels below a folder, the latest change first; unreadable ones are left out."""
    found = [path.parent for depth in ("*", "*/*", "*/*/*") for path in folder.glob(f"{depth}/run.json")]
    runs = [Run(path) for path in found if _readable(Run(path))]
    return sorted(runs, key=lambda run: str(run.facts["changed"]), reverse=True)


def summary(run: Run) -> dict[str, Any]:
    """One line of a list of runs."""
    facts = run.facts
    asked = facts["asked"]
    report = run.report if facts["state"] == DONE else {}
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


def _readable(run: Run) -> bool:
    try:
        return {"state", "asked", "changed", "began"} <= set(run.facts)
    except (StillroomError, TypeError):
        return False
