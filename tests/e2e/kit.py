"""What the whole way is tried with: people's CSV files, small settings, and processes that can be killed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

RATE_HZ = 20
TEMPO_HZ = {"slow": 0.8, "brisk": 3.0, "still": 0.0}
COLUMNS = {f"{hand[0]}{axis}": f"{hand}_wrist.acc.{axis}" for hand in ("right", "left") for axis in "xyz"}
MAPPING: dict[str, Any] = {
    "title": "Made up",
    "time": {"column": "t", "unit": "s"},
    "rate_hz": RATE_HZ,
    "channels": [{"column": column, "channel": name, "unit": "m/s2"} for column, name in COLUMNS.items()],
    "label": {"column": "activity"},
    "person": {"pattern": r"(p\d+)\.csv"},
    "window_s": 2.0,
    "stride_s": 1.0,
}
PHASES = ("teacher", "semantic", "student", "reference", "optimise")
TINY = {
    **{f"{phase}.training.epochs": 2 for phase in PHASES},
    **{f"{phase}.training.batch": 16 for phase in PHASES},
    "teacher.model.settings.token": 8,
    "teacher.model.settings.causal": 8,
    "teacher.model.settings.heads": 2,
    "semantic.hidden": 8,
    "student.model.settings.widths": "[8,16]",
    "student.model.settings.hidden": 16,
    "forest.settings.trees": 5,
    "augmentation.views": 2,
    "strategy": "sc_logit",
    "optimise.keep": "[]",
    "optimise.int8": "false",
}
ROLES = ("teacher", "semantic", "forest", "alone", "student", "small_teacher", "reference")
VIEWS = ("--teacher-view", "*", "--student-view", "right_wrist.acc.*")


def table(person: int, seconds: float = 16.0, classes: tuple[str, ...] = tuple(TEMPO_HZ)) -> pd.DataFrame:
    """One person's recording: each class once, both wrists."""
    draw = np.random.default_rng(person)
    rows = int(seconds * RATE_HZ)
    t = np.arange(rows * len(classes)) / RATE_HZ
    frame = pd.DataFrame({"t": t} | {column: 0.3 * draw.standard_normal(len(t)) for column in COLUMNS})
    for part, name in enumerate(classes):
        here = slice(part * rows, (part + 1) * rows - 1)
        wave = 2 * np.sin(2 * np.pi * TEMPO_HZ[name] * (1 + 0.05 * person) * t[part * rows : (part + 1) * rows])
        frame.loc[here, "rx"] += wave
        frame.loc[here, "ly"] += wave
    return frame.round(4).assign(activity=np.repeat(classes, rows))


def write_people(folder: Path, tables: dict[str, pd.DataFrame], **changes: Any) -> Path:
    """A folder of CSV files with its mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "stillroom.json").write_text(json.dumps(MAPPING | changes))
    return folder


def people(count: int = 4, **settings: Any) -> dict[str, pd.DataFrame]:
    """Several people's recordings."""
    return {f"p{number}": table(number, **settings) for number in range(1, count + 1)}


def distil_words(data: Path | str, folder: Path, *more: object, **changes: object) -> list[str]:
    """The words of a small `distil`; `changes` have `__` for dots."""
    settings = TINY | {name.replace("__", "."): value for name, value in changes.items()}
    sets = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    words = ["distil", "tsak", "--data", data, *VIEWS, "--run", folder, "--threads", 1, *sets, *more]
    return [str(word) for word in words]


@dataclass(frozen=True)
class Told:
    """How a command ended and what it said; the code is negative where a signal ended it."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        assert self.out.count("\n") == 1 and self.out.endswith("\n"), self.out
        return dict(json.loads(self.out, parse_constant=_no_number))

    @property
    def error(self) -> str:
        """The one `error:` line; what stands before it is progress."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1 and self.err.endswith(f"{lines[0]}\n"), self
        assert "unexpected" not in lines[0] and "Traceback" not in self.err, self
        return lines[0]


def _no_number(word: str) -> None:
    raise AssertionError(f"{word} is no JSON number")


Call = Callable[..., Told]


class Trap(NamedTuple):
    """A signal that a process sends itself: at its n-th training step, or around its n-th renaming of a file."""

    where: str
    at: int
    signal: str = "SIGKILL"


Processes = Callable[[Sequence[tuple[list[str], Trap | None]]], list[Told]]


def weights(folder: Path) -> dict[str, bytes]:
    """Every model of a run, by its place."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("model.safetensors")}


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    """A report but for where it lies."""
    return {name: value for name, value in report.items() if name != "run"}


def report_of(folder: Path) -> dict[str, Any]:
    """`report.json`."""
    return dict(json.loads((folder / "report.json").read_text()))


def state_of(folder: Path) -> str:
    """How a run stands."""
    return str(json.loads((folder / "run.json").read_text())["state"])


needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="no fork and no SIGKILL there")


def leftovers(folder: Path) -> list[Path]:
    """Half-written files."""
    return [path for path in folder.rglob("*") if path.name.endswith(".part")]
