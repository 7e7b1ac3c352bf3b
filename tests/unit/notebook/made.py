"""Folders of runs and studies that look finished: the demo's, asked for by every recipe, and with hostile names."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import compared
from stillroom_app.services.workspace import DEMO

_MODELS = ("teacher", "alone", "student", "small_teacher", "reference", "forest")
HOSTILE = '"""+__import__("os").abort()+\'\'\' \\ `# [x](javascript:1) <script>$name ${folder}'


def run_of(recipe: str, folder: Path, **report: Any) -> Path:
    """A run that a recipe might have made, with the demo's numbers for those models that it makes."""
    declared = RECIPES[recipe]().fast()
    like = "smldist" if declared.search else "tsak"
    shutil.copytree(DEMO / like, folder)
    facts, told = (json.loads((folder / name).read_text()) for name in ("run.json", "report.json"))
    facts["asked"]["recipe"] = declared.model_dump(mode="json")
    made = [role for role in compared(declared) if told.get(role)]
    told |= {role: told[role] if role in made else None for role in _MODELS}
    told |= {"recipe": recipe, "title": declared.title, "source": declared.source, "models": made}
    told |= {} if "student" in made else {"gain": None, "steps": [], "taught": False, "strategy": ""}
    told |= {} if "teacher" in made else {"heads": {}}
    (folder / "run.json").write_text(json.dumps(facts))
    (folder / "report.json").write_text(json.dumps(told | report))
    return folder


def study_of(kind: str, folder: Path) -> Path:
    """A study of a kind, with two settings."""
    if kind == "sensors":
        return Path(shutil.copytree(DEMO / "sensors", folder))
    folder.mkdir(parents=True)
    people = {"p1": 0.5, "p2": 0.7}
    rows = [
        {"cell": f"weight={number}", "settings": {}, "macro_f1": 0.6, "per_person": people, "on_front": True}
        for number in (1, 2)
    ]
    plan = {"kind": kind, "asked": {"data": "factory"}, "runs": [], "cells": [], "command": f"stillroom study {kind}"}
    (folder / "plan.json").write_text(json.dumps(plan))
    table = {"sentence": "nothing was shown", "caveats": [], "table": rows}
    (folder / "table.json").write_text(json.dumps(table))
    return folder


def hostile(folder: Path) -> Path:
    """A run whose names are all somebody's attempt to be code, or Markdown."""
    (folder / HOSTILE.replace("/", "|")).parent.mkdir(parents=True, exist_ok=True)
    run = run_of("tsak", folder / HOSTILE.replace("/", "|"), title=HOSTILE, data_title=HOSTILE)
    facts = json.loads((run / "run.json").read_text())
    terms = facts["asked"]["recipe"]["student"]["terms"]
    facts["asked"]["recipe"]["student"]["terms"] = {HOSTILE: terms["attn_rep"], **terms}
    (run / "run.json").write_text(json.dumps(facts))
    return run
