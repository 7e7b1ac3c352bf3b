"""A job's folder, the truth about it.

    job.json        what is to be done; written once, when the job is made
    claim.json      who began to start it, and the process that was started
    worker.json     the worker's own word: its process, and running, paused or finishing
    heartbeat.json  rewritten every second while the worker lives
    opened.json     the run that the worker has opened, so that it may be discarded
    events.jsonl    what happened, one JSON object a line; log.txt what was printed; result.json what `--json` gives
    control/        what people ask of it: `stop.json`, `pause`
    exit.json       how it ended; before a job is taken up again, it becomes `exit-1.json`, `exit-2.json`, ...

Each file has one writer and appears whole; how a job stands follows from which of them are there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field

from stillroom.base.config import Config
from stillroom.base.errors import InputError, StillroomError
from stillroom.base.paths import read_json
from stillroom.jobs.process import alive

FORMAT = 1
QUEUED, STARTING, RUNNING, PAUSED, FINISHING = "queued", "starting", "running", "paused", "finishing"
DONE, STOPPED, FAILED, LOST = "done", "stopped", "failed", "lost"
ACTIVE = (STARTING, RUNNING, PAUSED, FINISHING)
ENDED = (DONE, STOPPED, FAILED, LOST)
STATES = (QUEUED, *ACTIVE, *ENDED)
CLAIM_S = 10.0


class Request(Config):
    """What is to be done.

    Attributes:
        words: of the command line, after `stillroom`.
        cwd: the folder it runs in.
        output: the run's folder that it makes, absolute; taken away where the job is discarded.
        threads: how many it computes with; 0 for one that only waits for others.
        memory_bytes: how much it may hold; the queue counts it, and Linux holds it to it. None: not known.
        nice: by how much it gives way to others.
        group: what it belongs to, as a study's folder.
    """

    words: tuple[str, ...] = Field(min_length=1)
    cwd: str
    output: str = ""
    threads: int = Field(default=1, ge=0)
    memory_bytes: int | None = Field(default=None, ge=1)
    nice: int = Field(default=5, ge=0, le=19)
    group: str = ""


@dataclass(frozen=True)
class Standing:
    """How a job stands.

    Attributes:
        state: one of `STATES`.
        why: a sentence where it ended otherwise than well, or cannot begin.
        pid: of the worker, if there is or was one.
        known_as: that process's identity.
        began_s: when the worker began, in seconds since 1970.
        ended_s: when it ended.
        heard_s: the worker's last sign of life.
        held_bytes: how much memory it held then.
        attempt: which one this is, from 1.
    """

    state: str
    why: str = ""
    pid: int | None = None
    known_as: str = ""
    began_s: float | None = None
    ended_s: float | None = None
    heard_s: float | None = None
    held_bytes: int | None = None
    attempt: int = 1

    @property
    def ended(self) -> bool:
        """Nobody works on it any more, and nobody will unless asked."""
        return self.state in ENDED


@dataclass(frozen=True)
class Job:
    """A job by its folder.

    Attributes:
        folder: where its files lie.
    """

    folder: Path

    @property
    def id(self) -> str:
        """Its name."""
        return self.folder.name

    @cached_property
    def facts(self) -> dict[str, Any]:
        """`job.json`.

        Raises:
            InputError: it is damaged, or of a later Stillroom.
        """
        facts = read_json(self.folder / "job.json")
        if not isinstance(facts, dict) or not {"format", "made_s", "request"} <= set(facts):
            raise InputError(
                "job.json is not one of Stillroom's jobs", where=str(self.folder), mend="Delete the folder"
            )
        if not isinstance(facts["format"], int) or not isinstance(facts["made_s"], (int, float)):
            raise InputError("job.json is damaged", where=str(self.folder), mend="Delete the folder")
        if facts["format"] > FORMAT:
            raise InputError("the job was made by a later Stillroom", where=str(self.folder), mend="Update Stillroom")
        return facts

    @property
    def request(self) -> Request:
        """What is to be done."""
        return Request.from_input(self.facts["request"], where=str(self.folder / "job.json"))

    @property
    def made_s(self) -> float:
        """When it was made, in seconds since 1970."""
        return float(self.facts["made_s"])

    def part(self, name: str) -> Path:
        """One of its files."""
        return self.folder / name

    def read(self, name: str) -> dict[str, Any]:
        """One of its JSON files; empty where it is not there, or not whole."""
        try:
            value = read_json(self.folder / name)
        except StillroomError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def stopping(self) -> dict[str, Any]:
        """What was said when a stop was asked for; empty where none was."""
        return self.read("control/stop.json")

    def standing(self) -> Standing:
        """How it stands by its files; a worker that died without a word shows as lost."""
        ended, worker, claim = (self.read(f"{name}.json") for name in ("exit", "worker", "claim"))
        process = worker or claim
        heard = self.read("heartbeat.json")
        known: dict[str, Any] = {
            "pid": process.get("pid"),
            "known_as": process.get("known_as") or "",
            "began_s": worker.get("began_s"),
            "ended_s": ended.get("ended_s"),
            "heard_s": heard.get("at_s"),
            "held_bytes": heard.get("held_bytes"),
            "attempt": 1 + sum(1 for _ in self.folder.glob("exit-*.json")),
        }
        if ended:
            state = ended.get("state")
            return Standing(state if state in ENDED else LOST, str(ended.get("why") or ""), **known)
        if known["pid"] is not None:
            works = alive(known["pid"], known["known_as"])
            return Standing(worker.get("state", STARTING) if works else LOST, **known)
        fresh = time.time() - claim.get("at_s", 0.0) < CLAIM_S
        return Standing(STARTING if fresh else QUEUED, **known)
