"""The worker's side: a command that knows that it is a job.

It holds the job's lock, gives a sign of life every second, appends events, and looks ten times a second whether
somebody asked it to pause or to stop. It says how it ended before it ends; one that is killed cannot, and is found
out by the next who looks.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from stillroom.base import journal
from stillroom.base.errors import StillroomError, StorageError
from stillroom.base.events import Event
from stillroom.base.host import HOST
from stillroom.base.machine import out_of_memory_kills
from stillroom.base.paths import storage_errors, write_json
from stillroom.jobs.discard import discard_output
from stillroom.jobs.process import boot, identity, resident_bytes
from stillroom.jobs.record import DONE, FAILED, FINISHING, PAUSED, RUNNING, STOPPED, Job
from stillroom.runs.lock import tried

JOB = "STILLROOM_JOB"
_LOOK_S, _BEAT_S = 0.1, 1.0
_LOCK_TRIES = 20
_RESERVE = b"\0" * 16384


class Worker:
    """A job being worked on by this process; the `Host` of its command.

    Args:
        job: whose folder tells what is to be done.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.error: StillroomError | None = None
        self._began_s, self._state = time.time(), ""
        self._stop, self._over = threading.Event(), threading.Event()
        self._writing = threading.Lock()
        self._sequence = len(journal.read_from(job.part("events.jsonl"))[0])

    def emit(self, event: Event) -> None:
        """Appends an event to the job's journal; keeps in mind which run was opened."""
        if event.kind == "run.started":
            write_json(self.job.part("opened.json"), {"run": str(Path(event.data["run"]).absolute())})
        self._sequence += 1
        journal.append(self.job.part("events.jsonl"), {"seq": self._sequence, **event.as_dict()})

    def asked_to_stop(self) -> bool:
        """Whether to end at the next step."""
        return self._stop.is_set()

    def paused(self) -> bool:
        """Whether to wait; says so, and says when the work goes on."""
        wait = self.job.part("control/pause").exists() and not self._stop.is_set()
        self._say(PAUSED if wait else RUNNING)
        return wait

    def keep_result(self, value: dict[str, Any]) -> None:
        """Keeps what `--json` prints."""
        write_json(self.job.part("result.json"), value)

    def watch(self) -> None:
        """Looks for what is asked of the job until it is over; a thread of its own."""
        beat_s = 0.0
        while not self._over.wait(_LOOK_S):
            if not self._stop.is_set() and self.job.part("control/stop.json").exists():
                self._stop.set()
                self._say(FINISHING)
            if (now := time.monotonic()) - beat_s >= _BEAT_S:
                beat_s = now
                self._beat()

    def begin(self) -> None:
        """Says that the work begins."""
        with storage_errors(self.job.part("exit.reserve")):  # room for the last word on a disk that fills up
            self.job.part("exit.reserve").write_bytes(_RESERVE)
        self._say(RUNNING)
        self._beat()
        threading.Thread(target=self.watch, name="job", daemon=True).start()

    def end(self, code: int) -> None:
        """Writes down how it ended."""
        self._over.set()
        self.job.part("exit.reserve").unlink(missing_ok=True)
        state = {0: DONE, 130: STOPPED}.get(code, FAILED)
        why = self.error.sentence() if self.error else "" if code == 0 else f"ended with exit code {code}"
        if state == STOPPED and self.job.stopping.get("discard"):
            why = discard_output(self.job) or why
        error = self.error.as_dict() if self.error else None
        told = {"state": state, "code": code, "why": why, "error": error, "ended_s": time.time()}
        with suppress(StorageError):  # on a disk without any room the next who looks writes it
            write_json(self.job.part("exit.json"), told)

    def _say(self, state: str) -> None:
        with self._writing:
            if state == self._state or self._state == FINISHING:
                return
            self._state = state
            pid = os.getpid()
            facts = {"pid": pid, "known_as": identity(pid), "state": state, "began_s": self._began_s}
            with suppress(StillroomError):  # on a full disk the work itself will say so
                machine = {"boot": boot(), "out_of_memory_kills": out_of_memory_kills()}
                write_json(self.job.part("worker.json"), {**facts, **machine})

    def _beat(self) -> None:
        # without fsync: a sign of life need not outlive the machine
        beside = self.job.part(".heartbeat.json")
        with suppress(OSError):
            beside.write_text(f'{{"at_s": {time.time()}, "held_bytes": {resident_bytes()}}}\n')
            beside.replace(self.job.part("heartbeat.json"))


def work(folder: Path, command: Callable[[], int]) -> int:
    """Runs a command as a job.

    Args:
        folder: of the job.
        command: gives its exit code.

    Returns:
        That code; 0 at once where another process works on the job already, or it has ended.
    """
    job = Job(folder)
    with alone(folder) as ours:
        if not ours or job.part("exit.json").exists():
            return 0
        worker = Worker(job)
        journal.mend(job.part("events.jsonl"))
        token = HOST.set(worker)
        code = 1
        try:
            worker.begin()
            with storage_errors(job.part("log.txt")), _limited(job), _ended_by_signal():
                code = command()
        except KeyboardInterrupt:
            code = 130
        except StillroomError as error:
            worker.error, code = error, error.exit_code
        finally:
            HOST.reset(token)
            worker.end(code)
    return code


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """The lock of a folder, and whether it could be had; who holds it for a moment only is waited for."""
    for _ in range(_LOCK_TRIES):
        with tried(folder) as ours:
            if ours:
                yield True
                return
        time.sleep(0.05)
    yield False


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """SIGTERM ends a command that does not listen to it as Ctrl-C would, so that it can say how it ended."""

    def hear(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _limited(job: Job) -> Iterator[None]:
    """Gives way to others, and holds itself to its memory; the next job, which this process may start, is not held."""
    request = job.request
    if hasattr(os, "nice"):
        os.nice(max(0, request.nice - os.nice(0)))  # who started us may give way already
    if sys.platform != "linux" or request.memory_bytes is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = request.memory_bytes if hard == resource.RLIM_INFINITY else min(request.memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
