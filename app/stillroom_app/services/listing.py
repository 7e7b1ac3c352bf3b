"""Every run, damaged ones too, and every study, as the pages list them; read anew only where a file has changed.

A list of hundreds of runs is drawn in one go: each folder is looked at once, and what its `run.json` and `report.json`
say is kept in this process by the times of those two files. Nothing large is kept: no report, no predictions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

from stillroom.base.config import fingerprint
from stillroom.base.errors import StillroomError
from stillroom.runs.store import DONE, STATES, Run
from stillroom_app.services import workspace
from stillroom_app.services.workspace import DEMO_PREFIX, HEADLINE, Entry, Whose, kept, root

DAMAGED = "damaged"
KEYS = ("data_key", "index_key", "protocol")  # two runs that share these can be compared, if they tested the same
_DEPTH, _KEPT = 3, 5000
_MODEL = ("macro_f1", "low", "high", "per_person", "channels", "params", "macs", "size_bytes", "seeds")
_FACTS = (
    "recipe", "protocol", "seed", "fast", "n", "units", "pilot", "simulated", "data_title", "warning", "level",
    "teacher_view", "student_view",
)  # fmt: skip
_NEEDED = {"models": list, "units": str, "n": int, "folds": list, "classes": list, "data_title": str}
_NOT_SETTINGS = frozenset({"data_key", "index_key", "threads", "teacher_run"})


@dataclass(frozen=True)
class Listed:
    """A run in a list.

    Attributes:
        name: its folder below the workspace, or `demo:FOLDER`.
        folder: where it lies.
        whose: the person's own, or the demo's.
        study: the name of the study it belongs to; empty where it stands alone.
        state: of `runs.store.STATES`, or `damaged`.
        why: it failed, or is damaged; in a sentence.
        asked: what was asked, flat: `recipe`, `data`, `seed`, ..., `recipe.student.training.epochs`.
        began: when, as the run tells it.
        changed: when it was written to last.
        models: of each model its score with its interval, and its size.
        gain: what distillation added; None where nothing was taught, or it is not done.
        facts: `n`, `units`, `pilot`, `simulated`, `data_title` and what else a line needs.
    """

    name: str
    folder: Path
    whose: Whose
    study: str
    state: str
    why: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    began: str = ""
    changed: str = ""
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    gain: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def run(self) -> Run:
        """The run itself."""
        return Run(self.folder)

    @property
    def entry(self) -> Entry:
        """The run, as pages that look into it take it."""
        return Entry(self.name, self.run, self.whose)

    @cached_property
    def but_seed(self) -> str:
        """The same for runs that were asked alike but for their seed."""
        return fingerprint({name: value for name, value in self.asked.items() if name != "seed"})


@dataclass(frozen=True)
class ListedStudy:
    """A study in a list.

    Attributes:
        name: its folder below the workspace, or `demo:FOLDER`.
        folder: where it lies.
        whose: the person's own, or the demo's.
        kind: `ablation`, `sensors`, ...
        planned: how many runs.
        sentence: its answer; empty until it has one.
        table: its rows; empty until it has some.
        on: what its scores were measured on; empty where that was not kept.
    """

    name: str
    folder: Path
    whose: Whose
    kind: str
    planned: int
    sentence: str
    table: list[dict[str, Any]]
    on: Mapping[str, Any]


_CACHE: dict[tuple[str, str], tuple[tuple[int, ...], Any]] = {}


def runs(folder: Path | None = None) -> list[Listed]:
    """Every run, the person's own first, each group with the latest change first; damaged ones at its end."""
    own, demo = _found(folder or root(), "yours"), _found(workspace.DEMO, "demo")
    listed = sorted(own, key=lambda one: one.changed, reverse=True)
    return [*listed, *sorted(demo, key=lambda one: (one.name != HEADLINE, one.name))]


def finished(folder: Path | None = None) -> list[Listed]:
    """The runs that have a report."""
    return [one for one in runs(folder) if one.state == DONE]


def studies(folder: Path | None = None) -> list[ListedStudy]:
    """Every study, the person's own first, by name."""
    found = []
    places: tuple[tuple[Path, Whose], ...] = ((folder or root(), "yours"), (workspace.DEMO, "demo"))
    for base, whose in places:
        for path, _ in _walk(base):
            if (path / "plan.json").is_file():
                study = _cached(path, base, whose, ("plan.json", "table.json"), _study)
                found += [study] * (study is not None)
    return found


def _found(base: Path, whose: Whose) -> list[Listed]:
    return [
        _cached(path, base, whose, ("run.json", "report.json"), _run)
        for path, is_run in _walk(base)
        if is_run
    ]  # fmt: skip


def _walk(base: Path, depth: int = 0) -> Iterator[tuple[Path, bool]]:
    """Folders at most three levels below, and whether each claims to be a run; none inside a run."""
    try:
        inside = [one for one in os.scandir(base) if one.is_dir(follow_symlinks=False) and one.name[0] not in "._"]
    except OSError:
        return
    for one in sorted(inside, key=lambda entry: entry.name):
        path = Path(one.path)
        is_run = (path / "run.json").exists()
        yield path, is_run
        if not is_run and depth + 1 < _DEPTH:
            yield from _walk(path, depth + 1)


def _cached(path: Path, base: Path, whose: Whose, files: tuple[str, ...], read: Any) -> Any:
    stamp = tuple(_time_ns(path / name) for name in files)
    key = (str(path), files[0])
    found = _CACHE.get(key)
    if found is None or found[0] != stamp:
        if len(_CACHE) >= _KEPT:
            _CACHE.clear()
        below = path.relative_to(base).as_posix()
        found = (stamp, read(path, f"{DEMO_PREFIX}{below}" if whose == "demo" else below, whose))
        _CACHE[key] = found
    return found[1]


def _time_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _run(path: Path, name: str, whose: Whose) -> Listed:
    study = name.partition("/runs/")[0] if "/runs/" in name else ""
    head: dict[str, Any] = {"name": name, "folder": path, "whose": whose, "study": study}
    try:
        facts = Run(path).facts
        asked, state = facts["asked"], facts["state"]
        if not isinstance(asked.get("recipe"), dict) or "name" not in asked["recipe"]:
            return Listed(**head, state=DAMAGED, why="run.json does not say which recipe was asked for")
        if state not in STATES:
            return Listed(**head, state=DAMAGED, why=f"unknown state {state!r}")
        report = Run(path).report if state == DONE else {}
        if state == DONE and (lacking := _lacking(report)):
            return Listed(**head, state=DAMAGED, why=f"report.json {lacking}")
        told: dict[str, Any] = {"asked": _flat(asked), "began": str(facts["began"]), "changed": str(facts["changed"])}
        keys = {key: asked.get(key) for key in KEYS}
        return Listed(**head, state=state, why=str(facts.get("why") or ""), **told, **_results(report, keys))
    except StillroomError as error:
        return Listed(**head, state=DAMAGED, why=error.sentence())
    except (KeyError, TypeError, AttributeError) as error:  # a file that somebody wrote by hand
        return Listed(**head, state=DAMAGED, why=f"a file of the run lacks {error}")


def _lacking(report: Mapping[str, Any]) -> str:
    """What a finished run's report does not hold that every page counts on; empty where it is whole."""
    for name, kind in _NEEDED.items():
        if not isinstance(report.get(name), kind) or not report[name]:
            return f"lacks its {name}"
    for role in report["models"]:
        model = report.get(role)
        if not isinstance(model, dict):
            return f"lacks its model {role}"
        people = model.get("per_person")
        if not _is_number(model.get("macro_f1")):
            return f"holds no score of the model {role}"
        if not isinstance(people, dict) or not people or not all(map(_is_number, people.values())):
            return f"holds no scores of people for the model {role}"
        if not all(edge is None or _is_number(edge) for edge in (model.get("low"), model.get("high"))):
            return f"holds a damaged interval of the model {role}"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _results(report: Mapping[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    models = {role: {name: report[role].get(name) for name in _MODEL} for role in report.get("models", ())}
    return {
        "models": models,
        "gain": report.get("gain"),
        "facts": {**{name: report.get(name) for name in _FACTS}, **keys},
    }


def _flat(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by their path; the recipe by its name, with what it holds below it."""
    found: dict[str, Any] = {}

    def add(tree: Mapping[str, Any], above: str) -> None:
        for name, value in tree.items():
            if isinstance(value, dict) and value:
                add(value, f"{above}{name}.")
            else:
                found[f"{above}{name}"] = value

    add({name: value for name, value in asked.items() if name not in _NOT_SETTINGS}, "")
    return {"recipe": asked["recipe"]["name"], **found}


def _study(path: Path, name: str, whose: Whose) -> ListedStudy | None:
    plan, table = kept(path / "plan.json"), kept(path / "table.json") or {}
    if plan is None or "kind" not in plan:
        return None
    rows = [row for row in table.get("table") or [] if isinstance(row, dict)]
    on = table.get("on") if isinstance(table.get("on"), dict) else {}
    return ListedStudy(
        name,
        path,
        whose,
        str(plan["kind"]),
        len(plan.get("runs") or []),
        str(table.get("sentence") or ""),
        rows,
        on or {},
    )
