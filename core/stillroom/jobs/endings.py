"""The last word on a job whose worker could not say it: what became of it, in a sentence with its cause."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

from stillroom.base.errors import StorageError
from stillroom.base.machine import out_of_memory_kills
from stillroom.base.paths import write_json
from stillroom.jobs.discard import discard_output
from stillroom.jobs.process import boot
from stillroom.jobs.record import LOST, STOPPED, Job

_MEND = "Take it up again with `stillroom jobs resume`"
_TAIL = 4096
_BY = {
    "SIGKILL": "killed from outside, by a person or by the system for want of memory",
    **dict.fromkeys(("SIGTERM", "SIGINT", "SIGHUP"), "ended from outside"),
}


def settle(job: Job, code: int | None = None) -> None:
    """Writes the exit record of a job whose process is gone without one; a record that is there stays.

    Args:
        job: whose process is gone.
        code: what its parent was told: an exit code, or minus the signal; None where nobody knows.
    """
    if job.part("exit.json").exists():
        return
    state, why = LOST, f"{_cause(job, code)}. {_MEND}"
    if stop := job.stopping:
        state, why = STOPPED, _how_it_stopped(job, code)
        if stop.get("discard"):
            why = discard_output(job) or why
    for name in ("exit.reserve", ".heartbeat.json"):
        job.part(name).unlink(missing_ok=True)
    told = {"state": state, "code": code, "why": why, "error": None, "ended_s": time.time()}
    with suppress(StorageError):  # on a full disk it still shows as lost, and is settled later
        write_json(job.part("exit.json"), told)


def _how_it_stopped(job: Job, code: int | None) -> str:
    if job.part("worker.json").exists() and (code in (None, -signal.SIGKILL)):
        return "stopped on request; it did not end by itself and was killed, so it goes on from its last checkpoint"
    return "stopped on request"


def _cause(job: Job, code: int | None) -> str:
    worker = job.read("worker.json")
    if worker and worker.get("boot") != boot():
        return "the machine was restarted while it ran"
    held = job.standing().held_bytes
    holding = f", holding {held / 1e9:.1f} GB of memory when last heard" if held else ""
    if worker and out_of_memory_kills() > worker.get("out_of_memory_kills", 0):
        return f"the system killed it, or another process beside it, for want of memory{holding}"
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return f"{_BY.get(name, 'it crashed')} ({name}){holding}{_last_words(job)}"
    if code:
        return f"it ended with exit code {code} and no word of its own{_last_words(job)}"
    return f"its process is gone without a word: killed, or ended by the system{holding}{_last_words(job)}"


def _last_words(job: Job) -> str:
    with suppress(OSError):
        data = job.part("log.txt").read_bytes()[-_TAIL:].decode(errors="replace").strip().splitlines()
        if data and (said := " ".join(data[-1].split())[:200]):
            return f"; last printed: {said}"
    return ""
