"""Studies as real processes: started, watched, killed, and compared byte for byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psutil

from .kit import TINY, VIEWS

TABLES = ("table.md", "table.json", "table.parquet", "results.parquet")
VARY = ("student.terms.sc_logit.temperature=1,2,4",)
GRACE_S = 120.0


def study_words(data: Path | str, out: Path, *more: object, vary: tuple[str, ...] = VARY, seeds: int = 1) -> list[str]:
    """The words of a small study."""
    sets = [word for name, value in TINY.items() for word in ("--set", f"{name}={value}")]
    varied = [word for text in vary for word in ("--vary", text)]
    words = ["study", "ablation", "tsak", "--data", data, *VIEWS, *sets, *varied, "--seeds", seeds, "--out", out, *more]
    return [str(word) for word in words]


@dataclass
class Command:
    """A command line in a process of its own.

    Attributes:
        words: after `stillroom`.
        folder: where what it prints goes, and where its jobs are kept.
    """

    words: list[str]
    folder: Path
    started: int = 0
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> Command:
        """Begins it, or begins it again."""
        self.started += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        out, err = (self.folder / f"{self.started}.{name}" for name in ("out", "err"))
        with out.open("wb") as said, err.open("wb") as told:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stillroom", *self.words],
                stdout=said,
                stderr=told,
                env={**os.environ, "STILLROOM_WORKSPACE": str(self.folder / "workspace")},
            )
        return self

    def kill(self) -> None:
        """SIGKILL, to the command alone: its jobs are not asked."""
        self.process.kill()
        self.process.wait()

    def end(self, at_most_s: float = GRACE_S) -> int:
        """Waits for the exit code."""
        return self.process.wait(at_most_s)

    @property
    def answer(self) -> dict[str, Any]:
        """What the last start printed with `--json`."""
        return dict(json.loads((self.folder / f"{self.started}.out").read_text()))

    @property
    def errors(self) -> str:
        """What the last start said on stderr."""
        return (self.folder / f"{self.started}.err").read_text()


def workers_of(out: Path) -> list[psutil.Process]:
    """The processes that work on a study's runs now."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "distil" in words and str(out / "shelf") in words:
            found.append(process)
    return found


def wait_for_no_worker(out: Path, at_most_s: float = GRACE_S) -> None:
    """Until nobody works on the study any more."""
    until = time.monotonic() + at_most_s
    while workers_of(out):
        assert time.monotonic() < until, "a worker did not end"
        time.sleep(0.1)


def disturb(command: Command, out: Path, kills: int, draw: Random, pause_s: tuple[float, float]) -> int:
    """Kills the command, then a worker, in turn, at random moments; the command is begun again each time.

    Returns:
        How many were killed before all was done.
    """
    for count in range(kills):
        time.sleep(draw.uniform(*pause_s))
        if command.process.poll() is not None:
            return count
        if count % 2 == 0:
            command.kill()
            time.sleep(draw.uniform(0, 1))
            command.start()
        elif working := workers_of(out):
            chosen = draw.choice(working)
            if psutil.pid_exists(chosen.pid):
                os.kill(chosen.pid, signal.SIGKILL)
    return kills


def tables(out: Path) -> dict[str, bytes]:
    """Every table, as bytes."""
    return {name: (out / name).read_bytes() for name in TABLES}


def kinds(run: Path) -> list[str]:
    """What happened in a run."""
    return [json.loads(line)["kind"] for line in (run / "events.jsonl").read_text().splitlines()]


def check_each_done_once(out: Path, count: int) -> None:
    """Every run is there, done, and was finished once."""
    runs = sorted((out / "runs").iterdir())
    assert len(runs) == count
    for run in runs:
        assert json.loads((run / "run.json").read_text())["state"] == "done", run
        # one that was killed between its last file and its last word has no word
        assert kinds(run).count("run.done") <= 1, run
