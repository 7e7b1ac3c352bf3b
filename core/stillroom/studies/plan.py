"""A study's plan: which runs, each with the fingerprint of everything that decides its result.

It is written once, before the first run, and never changed: a command that asks for something else is refused, as is a
plan that was edited by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stillroom.base.config import Config, fingerprint
from stillroom.base.errors import InputError
from stillroom.base.paths import read_json, write_json

FORMAT = 1
NAME = "plan.json"


class Planned(Config):
    """One run of a plan.

    Attributes:
        id: its folder's name.
        cell: the number of its combination.
        seed: of everything drawn.
        words: of its command, but for where it lies.
        key: the fingerprint that its folder must have.
    """

    id: str
    cell: int
    seed: int
    words: tuple[str, ...]
    key: str


class Cell(Config):
    """One combination of what is varied.

    Attributes:
        name: in few words.
        settings: what is set.
    """

    name: str
    settings: dict[str, str]


class Plan(Config):
    """Which runs answer a question.

    Attributes:
        kind: of the study.
        asked: what was asked for, for people and for comparison.
        command: that asks for it again, but for the folder and the workers.
        cells: the combinations, the first one being what the others are compared with.
        runs: in the order in which they are begun.
        threads: of each run; part of what makes a result the same bit for bit.
        versions: what the result may depend on.
        format: of this file.
    """

    kind: str
    asked: dict[str, Any]
    command: str
    cells: tuple[Cell, ...]
    runs: tuple[Planned, ...]
    threads: int
    versions: dict[str, str]
    format: int = FORMAT

    def same_as(self, other: Plan) -> bool:
        """Whether the same runs are planned; other versions of libraries do not make another plan."""
        return self.changed(versions={}) == other.changed(versions={})


def write_plan(folder: Path, plan: Plan) -> None:
    """Writes a plan with its own fingerprint."""
    write_json(folder / NAME, {**plan.model_dump(mode="json"), "key": plan.fingerprint()})


def read_plan(folder: Path) -> Plan:
    """Reads a plan.

    Raises:
        InputError: none is there, it is another version's, or it was changed by hand.
    """
    path = folder / NAME
    raw = read_json(path)
    if not isinstance(raw, dict) or "format" not in raw:
        raise InputError("this is no plan of a study", where=str(path), mend="Name the folder of a study")
    if raw["format"] != FORMAT:
        age = "a later" if isinstance(raw["format"], int) and raw["format"] > FORMAT else "an earlier"
        raise InputError(
            f"the study was begun by {age} Stillroom (plan format {raw['format']}, this one writes {FORMAT})",
            where=str(path),
            mend="Finish it with that version, or begin another study with --out; its runs stay as they are",
        )
    key = raw.pop("key", None)
    if key != fingerprint(raw):
        raise InputError(
            "the plan was changed by hand",
            where=str(path),
            mend="Undo the change, or begin another study with --out; the runs' folders were not touched",
        )
    return Plan.from_input(raw, where=str(path))


def difference(before: Plan, now: Plan) -> str:
    """The first thing in which two plans differ, in words."""
    for name in ("kind", "threads"):
        if getattr(before, name) != getattr(now, name):
            return f"{name} was {getattr(before, name)}, now {getattr(now, name)}"
    for name in sorted({*before.asked, *now.asked}):
        if before.asked.get(name) != now.asked.get(name):
            return f"{name.replace('_', '-')} was {before.asked.get(name)}, now {now.asked.get(name)}"
    return "the data or the recipe itself has changed since"
