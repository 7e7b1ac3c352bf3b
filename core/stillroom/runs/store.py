"""The run folder.

    run.json        what was asked and how it stands; `state` is `unfinished` until everything else is there
    events.jsonl    what happened, one JSON object a line
    report.json     what scripts read; report.md what people read
    folds/FOLD/ROLE/model.json, model.safetensors, predictions.npz, history.json
    cost.json       what `stillroom cost` told last, once it was asked

A run without `state: done` is unfinished, whatever else lies in it.
"""

from __future__ import annotations

import json
import platform
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stillroom.base import journal
from stillroom.base.commit import commit
from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError
from stillroom.base.events import Event
from stillroom.base.machine import cores, processor
from stillroom.base.paths import read_json, write_json, write_text

FORMAT = 1
UNFINISHED, DONE, STOPPED, FAILED = "unfinished", "done", "stopped", "failed"
STATES = (UNFINISHED, DONE, STOPPED, FAILED)
COST = "cost.json"
_KEYS = frozenset({"state", "key", "asked", "began", "changed"})
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Run:
    """A run's folder.

    Attributes:
        folder: where it lies.
    """

    folder: Path

    @property
    def facts(self) -> dict[str, Any]:
        """`run.json`.

        Raises:
            InputError: it is not there, damaged, or not ours.
        """
        facts = read_json(self.folder / "run.json")
        if not isinstance(facts, dict) or not set(facts) >= _KEYS or not isinstance(facts["asked"], dict):
            raise InputError(
                "run.json is not one of Stillroom's runs", where=str(self.folder), mend="Name the folder of a run"
            )
        return facts

    @property
    def report(self) -> dict[str, Any]:
        """`report.json`.

        Raises:
            InputError: the run is not done, or its report is gone.
        """
        facts = self.facts
        if facts["state"] != DONE:
            why = f": {facts['why']}" if facts.get("why") else ""
            mend = "Go on with the command that began it and --resume"
            raise InputError(f"the run is {facts['state']}{why}", where=str(self.folder), mend=mend)
        report = read_json(self.folder / "report.json")
        if not isinstance(report, dict):
            raise InputError("report.json is damaged", where=str(self.folder), mend="Run it again")
        return report

    @property
    def text(self) -> str:
        """`report.md`.

        Raises:
            InputError: it is gone.
        """
        path = self.folder / "report.md"
        if not path.is_file():
            raise InputError("the run's text is gone", where=str(path), mend="Read report.json, or run it again")
        return path.read_text(encoding="utf-8")

    def part(self, fold: str, role: str) -> Path:
        """The folder of one model of one fold; a fold's name that fits no file system is written another way."""
        plain = re.sub(r"[^\w .+@-]", "_", fold)[:_LONGEST_NAME]
        fits = plain == fold and plain.strip(". ") == plain
        return self.folder / "folds" / (fold if fits else f"{plain.strip('. ')}-{fingerprint(fold)[:8]}") / role

    def listen(self, event: Event) -> None:
        """Appends an event to `events.jsonl`."""
        journal.append(self.folder / "events.jsonl", event.as_dict())

    def tidy(self) -> None:
        """Takes away what a killed process left: half-written files, and the torn last line of `events.jsonl`."""
        for part in self.folder.rglob(".*.part"):
            part.unlink(missing_ok=True)
        journal.mend(self.folder / "events.jsonl")

    def go_on(self) -> None:
        """Marks it unfinished; where another commit or other versions go on with it than so far, they are kept too."""
        facts, now = self.facts, {"commit": commit(), "versions": versions()}
        before = (facts.get("resumed") or [facts])[-1]
        if any(before.get(name) != now[name] for name in now):
            facts["resumed"] = [*(facts.get("resumed") or []), {"began": _now(), **now}]
        write_json(self.folder / "run.json", {**facts, "state": UNFINISHED, "why": "", "changed": _now()})

    def mark(self, state: str, why: str = "") -> None:
        """Writes the state down."""
        write_json(self.folder / "run.json", {**self.facts, "state": state, "why": why, "changed": _now()})

    def finish(self, report: dict[str, Any], text: str) -> None:
        """Writes the report, then marks the run done."""
        write_json(self.folder / "report.json", report)
        write_text(self.folder / "report.md", text)
        self.mark(DONE)


def begin_run(
    folder: Path, asked: dict[str, Any], *, resume: bool, command: Sequence[str] = (), again: Sequence[str] = ()
) -> Run:
    """Makes a run's folder, or opens an unfinished one to go on.

    Args:
        folder: where the run lies.
        asked: everything that decides the result; a resumed run must ask for the same.
        resume: go on with what is there.
        command: the words that asked for it, but for where it lies.
        again: words that make it again wherever it was asked for, with all that decides the result.

    Raises:
        InputError: the folder holds another run, or something else.
    """
    run, key = Run(folder), fingerprint(asked)
    if (folder / "run.json").exists():
        if not resume:
            raise InputError(
                "a run lies here already", where=str(folder), mend="Add --resume, or choose another --run folder"
            )
        if run.facts["key"] != key:
            raise InputError(
                f"the run here was asked for something else: {_first_difference(run.facts['asked'], asked)}",
                where=str(folder),
                mend="Resume with the command that began it, or choose another --run folder",
            )
        return run
    if folder.exists() and (not folder.is_dir() or not all(map(_torn, folder.iterdir()))):
        raise InputError("the folder holds something else", where=str(folder), mend="Choose an empty --run folder")
    if blocking := next((above for above in folder.parents if above.exists() and not above.is_dir()), None):
        raise InputError(
            "a file stands where a folder must be", where=str(blocking), mend="Choose another --run folder"
        )
    facts = {
        "format": FORMAT,
        "state": UNFINISHED,
        "why": "",
        "key": key,
        "asked": asked,
        "began": _now(),
        "changed": _now(),
        "versions": versions(),
        "commit": commit(),
        "machine": {"cpu": processor(), "cores": cores(), "system": f"{platform.system()} {platform.machine()}"},
        "command": list(command),
        "again": list(again),
    }
    write_json(folder / "run.json", facts)
    return run


def open_run(folder: Path) -> Run:
    """Opens an existing run.

    Raises:
        InputError: no run lies there, or one of a later format.
    """
    if not (folder / "run.json").exists():
        raise InputError("no run lies here", where=str(folder), mend="`stillroom runs list` shows the runs there are")
    run = Run(folder)
    if run.facts.get("format", 0) > FORMAT:
        raise InputError("the run was made by a later Stillroom", where=str(folder), mend="Update Stillroom")
    return run


def versions() -> dict[str, str]:
    """What the result may depend on."""
    packages = ("stillroom", "torch", "numpy", "scipy", "scikit-learn")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def _torn(path: Path) -> bool:
    """Whether a process that was killed at its first file left this behind."""
    return path.name.startswith(".") and path.suffix == ".part"


def _first_difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """The first setting that differs, by its path; fingerprints last, since a setting often explains them."""
    old, new = _flat(before), _flat(now)
    for name in sorted({*old, *new}, key=lambda name: (name.endswith("_key"), name)):
        if old.get(name) != new.get(name):
            if name == "data_key":
                return "the data has changed since"
            return f"{name} was {_short(old.get(name))}, now {_short(new.get(name))}"
    return "nothing that can be named"


def _flat(tree: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        flat |= _flat(value, f"{above}{name}.") if isinstance(value, dict) else {f"{above}{name}": value}
    return flat


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
