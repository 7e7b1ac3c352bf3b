"""Methods compared: the same student, the same teacher and the same folds under every loss, on several data sets.

Each data set is a study of its own below the folder, so that it is resumed, read and deleted by itself. Its first
setting, what all others are compared with, is the student that learns from labels alone (`plain`); `smoothing` is the
control that has soft targets and no teacher. SMLDist is one of the methods: the same networks, its own schedule.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.base.paths import write_json, write_text
from stillroom.base.registry import did_you_mean
from stillroom.jobs.words import words_of
from stillroom.recipes.strategies import FIELD, PLAIN, SMOOTH
from stillroom.studies.ablation import plan_of, refuse_own
from stillroom.studies.plan import Cell, Plan
from stillroom.studies.ranks import friedman, rank_methods, sentence, to_markdown

RECIPES = ("smldist", "smldist_joint")
METHODS = (PLAIN, SMOOTH, *FIELD, *RECIPES)


@dataclass(frozen=True)
class Task:
    """A data set and what is seen of it.

    Attributes:
        data: the SOURCE text.
        student_view: globs over channels.
        options: further options of `distil`, by name.
    """

    data: str
    student_view: str
    options: Mapping[str, Any]

    @property
    def name(self) -> str:
        """A folder's name: the source without its path."""
        kind, _, path = self.data.partition(":")
        return kind if path else Path(kind).resolve().name


def cells_of(methods: Sequence[str]) -> list[Cell]:
    """The combinations, `plain` first.

    Raises:
        InputError: an unknown method, or one twice.
    """
    for name in methods:
        if name not in METHODS:
            raise InputError(f"no method {name!r}", where="--methods", mend=did_you_mean(name, list(METHODS)))
    if twice := [name for name in methods if list(methods).count(name) > 1]:
        raise InputError(f"{twice[0]} is named twice", where="--methods", mend="Name each method once")
    chosen = [PLAIN, *(name for name in methods if name != PLAIN)]
    return [
        Cell(name=name, settings={"recipe": name} if name in RECIPES else {"recipe": "field", "strategy": name})
        for name in chosen
    ]


def plan_task(task: Task, methods: Sequence[str], seeds: int, emit: Emit = silent) -> Plan:
    """The plan of one data set.

    Raises:
        InputError: anything that could not run, naming what to change.
    """
    options = {"data": task.data, "student_view": task.student_view, **task.options}
    refuse_own(options)
    if set_too := [change for change in options.get("change", ()) if change.startswith("strategy=")]:
        raise InputError("the methods are what is varied", where=f"--set {set_too[0]}", mend="Name it in --methods")
    asked = {**options, "methods": list(methods), "seeds": seeds}
    words = words_of("field", options)[2:]
    said = ["stillroom", "study", "methods", *words, "--methods", ",".join(methods), "--seeds", str(seeds)]
    return plan_of(
        "methods",
        "field",
        options,
        cells_of(methods),
        seeds=range(seeds),
        asked=asked,
        command=shlex.join(said),
        emit=emit,
        by_seed=True,
    )


def tasks_of(
    data: Sequence[str], views: Sequence[str], each: Mapping[str, Sequence[Any]], options: Mapping[str, Any]
) -> list[Task]:
    """The data sets with what was given once for all, or once for each.

    Args:
        data: SOURCE texts.
        views: of the student.
        each: further options, by name.
        options: of all.

    Raises:
        InputError: as many values as neither, or one data set twice.
    """
    given = {"student_view": views, **each}
    for name, values in given.items():
        if len(values) not in (0, 1, len(data)) or (name == "student_view" and not values):
            option = f"--{name.replace('_', '-')}"
            what = f"{option} is given {len(values)} times for {len(data)} data sets"
            raise InputError(what, where=option, mend="Give it once for all, or once for each --data, in their order")
    tasks = []
    for number, source in enumerate(data):
        own = {name: values[number if len(values) > 1 else 0] for name, values in given.items() if values}
        tasks.append(Task(source, own.pop("student_view"), {**own, **options}))
    names = [task.name for task in tasks]
    if twice := [name for name in names if names.count(name) > 1]:
        mend = "Make two studies, or give the files another folder's name"
        raise InputError(f"two data sets are called {twice[0]}", where="--data", mend=mend)
    return tasks


def finish_tasks(
    folder: Path, plans: Mapping[str, Plan], run: Callable[[Plan, Path], dict[str, Any]]
) -> dict[str, Any]:
    """Finishes each data set's study, then ranks the methods over all of them.

    Args:
        folder: of all.
        plans: by data set.
        run: finishes one and gives what a script reads of it.

    Returns:
        `study, sentence, friedman_p, ranks, studies`; `plan, done, table, front` as of a single study, of all sets.
    """
    studies = {name: run(plan, folder / name) for name, plan in plans.items()}
    ranked = rank_methods({name: one["table"] for name, one in studies.items()})
    answer = {
        "study": str(folder),
        "kind": "methods",
        "sentence": sentence(ranked, studies),
        "friedman_p": friedman(ranked),
        "ranks": ranked,
        "plan": [{**run, "data": name} for name, one in studies.items() for run in one["plan"]],
        "planned": sum(one["planned"] for one in studies.values()),
        "done": sum(one["done"] for one in studies.values()),
        "table": [{**row, "data": name} for name, one in studies.items() for row in one["table"]],
        "front": {name: one["front"] for name, one in studies.items()},
        "studies": studies,
    }
    kept = {name: answer[name] for name in ("sentence", "friedman_p", "ranks")}
    write_json(folder / "methods.json", kept)
    write_text(folder / "methods.md", to_markdown(answer))
    return answer
