"""Jobs as pages start, watch and end them; each is a command of ours in a process of its own."""

from __future__ import annotations

import secrets
import shlex
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stillroom.base.config import fingerprint
from stillroom.base.errors import StillroomError
from stillroom.jobs import control
from stillroom.jobs.progress import told
from stillroom.jobs.record import ACTIVE, ENDED, QUEUED, Job
from stillroom.jobs.store import Store
from stillroom.jobs.words import request_of
from stillroom_app.services.workspace import root

UNDER_WAY = (QUEUED, *ACTIVE)
_RECENT_S = 600.0
_TWICE_S, _AT_ONCE_S = 10.0, 1.0
_begun: dict[tuple[str, ...], tuple[float, str]] = {}  # when a command was last begun, and its token
_lock = threading.Lock()


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


def once(words: Sequence[str]) -> str:
    """A token for a start: the same for all who start the same command within some seconds, from any tab.

    Whoever starts it again once that job has ended gets another one.
    """
    key, now = (str(root()), *words), time.time()
    with _lock:
        at_s, token = _begun.get(key, (0.0, ""))
        if not token or now - at_s > _TWICE_S or (now - at_s > _AT_ONCE_S and _has_ended(token)):
            at_s, token = now, secrets.token_hex(8)
        for old in [old for old, (begun_s, _) in _begun.items() if now - begun_s > _TWICE_S]:
            del _begun[old]
        _begun[key] = (at_s, token)
        return token


def _has_ended(token: str) -> bool:
    """Whether the job that a token made has ended, or is gone."""
    jobs = store()
    job = Job(jobs.folder / fingerprint(token))
    return not job.folder.exists() or jobs.look(job).ended


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
    """The jobs that wait or run, each with its progress; those that a study made for itself are left out.

    None where the workspace cannot be written to: nothing runs there, whatever a file says.
    """
    jobs = store()
    jobs.dispatch()
    return [] if jobs.frozen else _whole(jobs, jobs.rows(UNDER_WAY))


def just_ended(since_s: float = _RECENT_S) -> list[dict[str, Any]]:
    """The jobs that ended lately, the latest first; none where the workspace cannot be written to."""
    jobs, now = store(), time.time()
    if jobs.frozen:
        return []
    return _whole(jobs, (row for row in jobs.rows(ENDED) if now - (row["ended_s"] or 0) < since_s))


def _whole(jobs: Store, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What can be told of jobs; one whose files are damaged takes nothing from the others."""
    found = []
    for row in rows:
        if not row["belongs"]:
            with suppress(StillroomError, AttributeError, KeyError, TypeError, ValueError):  # files made by hand
                job = Job(jobs.folder / row["id"])
                found.append(told(job, jobs.look(job)))
    return found


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
