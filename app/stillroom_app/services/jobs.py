"""Jobs as pages start, watch and end them; each is a command of ours in a process of its own."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stillroom.jobs import control
from stillroom.jobs.progress import told
from stillroom.jobs.record import ACTIVE, ENDED, QUEUED, Job
from stillroom.jobs.store import Store
from stillroom.jobs.words import request_of
from stillroom_app.services.workspace import root

UNDER_WAY = (QUEUED, *ACTIVE)
_RECENT_S = 600.0


def store() -> Store:
    """The jobs of the workspace."""
    return Store(root())


def start(words: Sequence[str], *, token: str = "", threads: int = 1, cwd: Path | None = None) -> str:
    """Puts a command into the queue, and starts it where there is room.

    Args:
        words: of the command line, after `stillroom`.
        token: the same token is the same job, so that a second click starts nothing twice.
        threads: that it may compute with.
        cwd: the folder it runs in; the server's own by default.

    Returns:
        The job's name.

    Raises:
        InputError: words that cannot be a job, or more threads than cores.
        StorageError: the disk refuses.
    """
    jobs = store()
    job = jobs.add(request_of(words, root(), cwd=cwd or Path.cwd(), token=token, threads=threads), token)
    jobs.dispatch()
    return job.id


def command(words: Sequence[str]) -> str:
    """What a person would type."""
    return shlex.join(("stillroom", *words))


def look(name: str) -> dict[str, Any]:
    """How a job stands, as `stillroom jobs show --json` tells it: state, why, command, output, part, done, of, said.

    Raises:
        InputError: no such job.
    """
    jobs = store()
    job = jobs.find(name)
    return told(job, jobs.look(job))


def rows(states: Sequence[str] = (), match: str = "") -> list[dict[str, Any]]:
    """Jobs as the index has them, the latest first; what is queued and fits is started."""
    jobs = store()
    jobs.dispatch()
    return jobs.rows(states, match)


def under_way() -> list[dict[str, Any]]:
    """The jobs that wait or run, each with its progress; those that a study made for itself are left out."""
    jobs = store()
    jobs.dispatch()
    found = [Job(jobs.folder / row["id"]) for row in jobs.rows(UNDER_WAY) if not row["belongs"]]
    return [told(job, jobs.look(job)) for job in found]


def just_ended(since_s: float = _RECENT_S) -> list[dict[str, Any]]:
    """The jobs that ended lately, the latest first."""
    jobs, now = store(), time.time()
    recent = [row for row in jobs.rows(ENDED) if not row["belongs"] and now - (row["ended_s"] or 0) < since_s]
    found = [Job(jobs.folder / row["id"]) for row in recent]
    return [told(job, jobs.look(job)) for job in found]


def stop(name: str, *, discard: bool = False) -> None:
    """Asks a job to end; its best is kept unless it is discarded.

    Raises:
        InputError: no such job, or it has ended already.
    """
    jobs = store()
    control.ask_to_stop(jobs, jobs.find(name), discard=discard)


def pause(name: str) -> None:
    """Lets a job wait at its next step.

    Raises:
        InputError: it has ended, or has not begun.
    """
    jobs = store()
    control.pause(jobs, jobs.find(name))


def resume(name: str) -> None:
    """Goes on with a job that was paused, stopped, failed or lost.

    Raises:
        InputError: there is nothing to go on with.
    """
    jobs = store()
    control.go_on(jobs, jobs.find(name))


def result(name: str) -> dict[str, Any]:
    """What the job's command would have printed with `--json`; empty until it is done."""
    jobs = store()
    return jobs.find(name).read("result.json")


def log(name: str, lines: int = 200) -> list[str]:
    """The last lines that the job printed."""
    path = store().find(name).part("log.txt")
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64_000))
        return file.read().decode(errors="replace").splitlines()[-lines:]
