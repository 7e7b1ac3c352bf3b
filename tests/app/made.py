"""Runs that look finished, out of the demo's: quick, and with real numbers in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from stillroom_app.services.workspace import DEMO


def run_like(of: str, folder: Path, **asked: Any) -> Path:
    """A copy of one of the demo's runs, asked for a little differently."""
    shutil.copytree(DEMO / of, folder, dirs_exist_ok=True)
    facts = json.loads((folder / "run.json").read_text())
    facts["asked"].update(asked)
    (folder / "run.json").write_text(json.dumps(facts))
    report = json.loads((folder / "report.json").read_text())
    report.update({"run": str(folder), **{key: asked[key] for key in ("seed", "protocol") if key in asked}})
    (folder / "report.json").write_text(json.dumps(report))
    return folder


def changed(folder: Path, **report: Any) -> Path:
    """Gives a run's report other values."""
    told = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps(told | report))
    return folder


def marked(folder: Path, state: str, why: str = "") -> None:
    """Gives a run another state."""
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**facts, "state": state, "why": why}))
