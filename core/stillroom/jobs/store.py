"""All jobs of a workspace: made once, started where there is room, watched, stopped, and taken up again.

The queue runs itself: whoever looks (the page, a study, the command line, a worker that ends) settles what died and
starts what fits. No process of its own has to live for that.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError, StillroomError
from stillroom.base.events import Emit, Event, silent
from stillroom.base.machine import cores, memory_bytes
from stillroom.base.paths import WORKSPACE, storage_errors, write_json
from stillroom.jobs.children import adopt, exit_code, reap
from stillroom.jobs.endings import settle
from stillroom.jobs.index import DamagedIndexError, Index, row_of
from stillroom.jobs.pressing import press
from stillroom.jobs.process import identity
from stillroom.jobs.record import (
    ACTIVE,
    CLAIM_S,
    ENDED,
    FAILED,
    FORMAT,
    LOST,
    QUEUED,
    STARTING,
    STATES,
    Job,
    Request,
    Standing,
)
from stillroom.jobs.worker import JOB, alone

COMMAND = (sys.executable, "-m", "stillroom")
_NUMERIC = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_CONTROLS = ("control/stop.json", "control/term", "control/pause")
_OF_AN_ATTEMPT = ("claim.json", "worker.json", "heartbeat.json", *_CONTROLS)

T = TypeVar("T")


class Store:
    """The jobs of one workspace.

    Args:
        folder: of the workspace; the jobs lie in `jobs` below it.
        command: what runs the command line; another one only in tests.
        emit: hears when the index had to be made anew.
    """

    def __init__(self, folder: Path, *, command: Sequence[str] = COMMAND, emit: Emit = silent) -> None:
        self.folder = folder.absolute() / "jobs"
        self.command, self.emit = tuple(command), emit
        self.cores, self.memory_bytes = cores(), memory_bytes()
        self._index = Index(self.folder / "index.sqlite3")

    @property
    def frozen(self) -> bool:
        """Whether nothing can be written here, as on a read-only disk: jobs can be looked at, and none starts."""
        return self.folder.is_dir() and not os.access(self.folder, os.W_OK)

    # -- making -------------------------------------------------------------------------------------------------

    def add(self, request: Request, token: str = "") -> Job:
        """Puts a job into the queue; with a token that was used before, gives the job that it made.

        Raises:
            InputError: the token made a job of other words, or the job needs more than this machine has.
            StorageError: the disk refuses.
        """
        self.refuse_too_large(request.threads, request.memory_bytes)
        job = Job(self.folder / (fingerprint(token) if token else secrets.token_hex(8)))
        if not job.folder.exists():
            self._lay(job, request)
        if (there := Job(job.folder).request).words != request.words:
            raise InputError(
                f"this token made another job: stillroom {' '.join(there.words)}",
                where=str(job.folder),
                mend="Use one token for one job",
            )
        self._write([job.id])
        return job

    def again(self, job: Job, request: Request | None = None) -> Job:
        """Puts a job that has ended into the queue again; its run goes on where it was.

        Raises:
            InputError: it has not ended.
        """
        wanted = request or job.request
        self.refuse_too_large(wanted.threads, wanted.memory_bytes)
        self.look(job)  # writes the last word on it where that is still to be done
        with alone(job.folder) as ours:  # of two that take it up again, one does
            standing = job.standing()
            if not ours or not standing.ended:
                what = "another process is at work on the job" if standing.ended else f"the job is {standing.state}"
                raise InputError(what, where=job.id, mend="Wait until it has ended, or stop it")
            if request is not None and request != job.request:
                write_json(job.part("job.json"), {**job.facts, "request": request.model_dump(mode="json")})
            for name in _OF_AN_ATTEMPT:
                job.part(name).unlink(missing_ok=True)
            with suppress(FileNotFoundError):  # on a full disk it could not be written
                job.part("exit.json").rename(job.part(f"exit-{standing.attempt}.json"))
            self._put([job])
        return Job(job.folder)

    # -- looking ------------------------------------------------------------------------------------------------

    def find(self, name: str) -> Job:
        """A job by its name, or by the beginning of it.

        Raises:
            InputError: none, or several, begin so.
        """
        found = [path.name for path in self._folders() if path.name.startswith(name)] if name else []
        if len(found) != 1:
            raise InputError(
                f"{len(found) or 'no'} jobs begin with {name!r}" if len(found) != 1 and name else "which job?",
                where=str(self.folder),
                mend="`stillroom jobs list` shows them",
            )
        return Job(self.folder / found[0])

    def rows(self, states: Sequence[str] = (), match: str = "") -> list[dict[str, Any]]:
        """Jobs as the index has them once it has been looked after, the latest first.

        Raises:
            InputError: an unknown state.
        """
        if wrong := [state for state in states if state not in STATES]:
            raise InputError(f"unknown state {wrong[0]!r}", where="--state", mend=f"States: {', '.join(STATES)}")
        if self.frozen:
            return self._rows_of_folders(states, match)
        self.reconcile()
        return self._healed(lambda: self._index.rows(states, match)) if self.folder.is_dir() else []

    def reconcile(self) -> None:
        """Brings the index in line with the folders, and writes the last word on workers that died without one."""
        reap()
        if not self.folder.is_dir() or self.frozen:
            return
        known = {row["id"]: row for row in self._healed(self._index.rows)}
        there = {path.name for path in self._folders()}
        unsure = {name for name in there & set(known) if self._may_have_changed(known[name])}
        self._write(sorted(there - set(known) | unsure))
        if gone := set(known) - there:
            self._healed(lambda: self._index.forget(gone))

    # -- working ------------------------------------------------------------------------------------------------

    def dispatch(self) -> list[Job]:
        """Settles what died, and starts what is queued and fits: cores first, then memory, in the order of making."""
        self.reconcile()
        started: list[Job] = []
        if not self.folder.is_dir() or self.frozen:
            return started
        while name := self._healed(lambda: self._index.claim(self.cores, self.memory_bytes)):
            job = Job(self.folder / name)
            if self._readable(job):
                self._start(job)
                started.append(job)
            else:
                self._write([name])
        return started

    def look(self, job: Job) -> Standing:
        """How a job stands now.

        The last word on one that died is written here where its worker could not, and a stop that was asked for is
        followed up.
        """
        standing = job.standing()
        if self.frozen:
            return standing
        press(job, standing)
        if _without_last_word(job, standing):
            with alone(job.folder) as ours:  # the dead hold their lock until the last of their threads is gone
                if not ours:  # somebody takes it up, or settles it, at this moment
                    return replace(standing, state=STARTING)
                standing = job.standing()
                if _without_last_word(job, standing):
                    settle(job, exit_code(standing.pid or 0))
            self._put([job])
            return job.standing()
        return standing

    def _start(self, job: Job) -> None:
        request = job.request
        write_json(job.part("claim.json"), {"at_s": time.time()})
        if job.part("control/stop.json").exists():
            settle(job)
            return self._write([job.id])
        own = {JOB: str(job.folder), WORKSPACE: str(self.folder.parent), "PYTHONSAFEPATH": "1"}
        environment = {**os.environ, **own, "GOMP_SPINCOUNT": "1000"}
        environment |= dict.fromkeys(_NUMERIC, str(max(1, request.threads)))
        try:
            with job.part("log.txt").open("ab") as log:
                child = subprocess.Popen(
                    [*self.command, *request.words],
                    cwd=request.cwd,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                )
        except OSError as error:
            why = f"it could not be started: {error.strerror or error} ({error.filename or request.cwd})"
            told = {"state": FAILED, "code": None, "why": why, "error": None, "ended_s": time.time()}
            write_json(job.part("exit.json"), told)
            return self._write([job.id])
        adopt(child)
        # gone already where it was very quick; its own word counts then
        write_json(job.part("claim.json"), {"at_s": time.time(), "pid": child.pid, "known_as": identity(child.pid)})
        return self._write([job.id])

    # -- the index ----------------------------------------------------------------------------------------------

    def _write(self, names: Iterable[str]) -> None:
        jobs, looked_s = [Job(self.folder / name) for name in names], time.time()
        readable = [(job, self.look(job)) for job in jobs if self._readable(job)]
        if readable:
            self._healed(lambda: self._index.put(readable, looked_s))
        if left := {job.id for job in jobs} - {job.id for job, _ in readable}:
            self._healed(lambda: self._index.forget(left))

    def _put(self, jobs: Sequence[Job]) -> None:
        """Writes down how jobs stand, as they are."""
        looked_s = time.time()
        standings = [(job, job.standing()) for job in jobs]
        self._healed(lambda: self._index.put(standings, looked_s))

    def _may_have_changed(self, row: dict[str, Any]) -> bool:
        """Whether the folder may know better; who has just claimed a job is given time to say so there."""
        state = row["state"]
        if state == STARTING:
            return bool(row["pid"]) or time.time() - row["changed_s"] > CLAIM_S
        if state in ENDED:
            return state == LOST or not self._as_it_was(self.folder / row["id"], row["changed_s"])
        return state in ACTIVE or (self.folder / row["id"] / "control/stop.json").exists()

    def _as_it_was(self, folder: Path, seen_s: float) -> bool:
        """Whether a job that has ended has not been taken up again, nor its job.json been changed by somebody."""
        with suppress(OSError):
            return (folder / "exit.json").exists() and (folder / "job.json").stat().st_mtime <= seen_s
        return False

    def _rows_of_folders(self, states: Sequence[str], match: str) -> list[dict[str, Any]]:
        """The same as the index would tell; SQLite cannot even read one of its kind where it cannot write beside it."""
        jobs, looked_s = [Job(path) for path in self._folders()], time.time()
        rows = [row_of(job, job.standing(), looked_s) for job in jobs if self._readable(job)]
        fitting = [row for row in rows if not states or row["state"] in states]
        found = [row for row in fitting if match in "\n".join((row["command"], row["belongs"], row["id"]))]
        return sorted(found, key=lambda row: (-row["made_s"], row["id"]))

    def _readable(self, job: Job) -> bool:
        """Whether its job.json is whole; where it is not, the folder is left for a person to look at."""
        with suppress(StillroomError):
            return bool(job.request)
        return False

    def _healed(self, ask: Callable[[], T]) -> T:
        """Asks the index; a damaged one is set aside, made anew from the folders, and asked again."""
        with suppress(DamagedIndexError):
            return ask()
        with alone(self.folder):  # of several that find it damaged, one makes it anew
            return self._made_anew(ask)

    def _made_anew(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except DamagedIndexError as error:
            aside = self._set_aside()
            jobs, looked_s = [Job(path) for path in self._folders()], time.time()
            readable = [(job, job.standing()) for job in jobs if self._readable(job)]
            self._index.put(readable, looked_s)
            said = f"the job index was damaged ({error}); it was made anew from {len(readable)} jobs' folders"
            self.emit(Event("jobs.index", f"{said}, the old one is kept as {aside}", {"jobs": len(readable)}))
            return ask()

    def _set_aside(self) -> Path:
        path = self._index.path
        aside = path.with_name(f"index.damaged-{time.strftime('%Y%m%d-%H%M%S')}.sqlite3")
        with storage_errors(path), suppress(FileNotFoundError):  # two may find it damaged at once
            path.rename(aside)
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        return aside

    def _folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        with os.scandir(self.folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith(".")]

    def _lay(self, job: Job, request: Request) -> None:
        """Makes the folder, whole: of two processes with one token, one makes it and both get it."""
        beside = self.folder / f".{job.id}.{secrets.token_hex(4)}.part"
        facts = {"format": FORMAT, "made_s": time.time(), "request": request.model_dump(mode="json")}
        with storage_errors(beside):
            (beside / "control").mkdir(parents=True)
            try:
                write_json(beside / "job.json", facts)
                beside.rename(job.folder)
            except OSError:
                if not job.folder.exists():
                    raise
            finally:
                shutil.rmtree(beside, ignore_errors=True)

    def refuse_too_large(self, threads: int, memory: int | None) -> None:
        """Refuses what this machine could never run.

        Raises:
            InputError: more threads than cores, or more memory than there is.
        """
        needed = memory or 0
        if threads > self.cores:
            raise InputError(
                f"the job would compute with {threads} threads, this machine has {self.cores} cores",
                where="--threads",
                mend=f"Ask for at most {self.cores}",
            )
        if self.memory_bytes is not None and needed > self.memory_bytes:
            raise InputError(
                f"the job may hold {needed / 1e9:.1f} GB, this machine has {self.memory_bytes / 1e9:.1f}",
                where="--memory-gb",
                mend="Ask for less",
            )


def _without_last_word(job: Job, standing: Standing) -> bool:
    """Whether nobody works on it, or ever will, and nobody has said so yet."""
    if standing.state == LOST:
        return standing.ended_s is None
    return standing.state == QUEUED and bool(job.stopping)
