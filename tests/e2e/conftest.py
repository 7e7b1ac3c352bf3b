"""A line of a user's own CSV files, small settings, and the command line as a stranger calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from stillroom.cli.main import run

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
TINY = {
    **{f"{phase}.training.epochs": 2 for phase in ("teacher", "student", "reference")},
    **{f"{phase}.training.batch": 16 for phase in ("teacher", "student", "reference")},
    "teacher.model.settings.token": 8,
    "teacher.model.settings.causal": 8,
    "teacher.model.settings.heads": 2,
    "forest.settings.trees": 5,
    "augmentation.views": 2,
}
ROLES = ("teacher", "forest", "alone", "student", "small_teacher", "reference")
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
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        assert self.out.count("\n") == 1 and self.out.endswith("\n"), self.out
        return dict(json.loads(self.out, parse_constant=_no_number))


def _no_number(word: str) -> None:
    raise AssertionError(f"{word} is no JSON number")


Call = Callable[..., Told]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command line in this process."""

    def outcome(*words: object) -> Told:
        threads = torch.get_num_threads()
        try:
            with pytest.raises(SystemExit) as stopped:
                run([str(word) for word in words])
        finally:
            torch.set_num_threads(threads)
        return Told(int(stopped.value.code or 0), *capsys.readouterr())

    return outcome


@pytest.fixture
def refused(call: Call) -> Call:
    """Runs a command line that must end with one `error:` line and exit code 2."""

    def outcome(*words: object) -> Told:
        told = call(*words)
        assert told.code == 2 and told.out == "", told
        assert told.err.startswith("error: ") and told.err.count("\n") == 1 and "unexpected" not in told.err, told.err
        return told

    return outcome


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people of three activities."""
    return write_people(tmp_path_factory.mktemp("own"), people())


@pytest.fixture(scope="session")
def done(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of one fold; not to be changed."""
    folder = tmp_path_factory.mktemp("done") / "run"
    with pytest.raises(SystemExit) as stopped:
        run(distil_words(own, folder, "--folds", 1))
    assert stopped.value.code == 0
    return folder


def spawn(words: list[str], trap: str = "") -> subprocess.Popen[str]:
    """Starts a command line in a process of its own; `trap` is run before it."""
    code = f"import sys\n{trap}\nfrom stillroom.cli.main import run\nrun(sys.argv[1:])\n"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def ended(process: subprocess.Popen[str]) -> Told:
    """Waits for a process."""
    out, err = process.communicate(timeout=120)
    return Told(process.returncode, out, err)


def weights(folder: Path) -> dict[str, bytes]:
    """Every model of a run, by its place."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("model.safetensors")}


def leftovers(folder: Path) -> list[Path]:
    """Files that should not outlive a command."""
    return [path for path in folder.rglob("*") if path.name.endswith(".part")]
