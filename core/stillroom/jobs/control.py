"""Asking something of a job: to stop, to pause, to go on.

A stop begins with a file that the worker looks for; whoever looks at the job later follows it up (`pressing.py`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from stillroom.base.errors import InputError
from stillroom.base.paths import write_json, write_text
from stillroom.jobs.process import alive
from stillroom.jobs.record import DONE, ENDED, PAUSED, QUEUED, Job, Standing
from stillroom.jobs.store import Store

_LOOK_S = 0.1


def ask_to_stop(store: Store, job: Job, *, discard: bool = False) -> None:
    """Asks a job to stop; returns at once.

    Args:
        store: of the job.
        job: which one.
        discard: take its unfinished run away as well; otherwise the best so far is kept and it can be resumed.

    Raises:
        InputError: it has ended already.
    """
    standing = store.look(job)
    if standing.ended:
        raise InputError(f"the job has ended already: {standing.state}", where=job.id)
    write_json(job.part("control/stop.json"), {"at_s": time.time(), "discard": discard})
    store.look(job)  # one that has not begun ends with that


def wait_for_end(store: Store, job: Job, *, at_most_s: float = 30.0) -> Standing:
    """Waits until a job has ended, following a stop up; how it stands then, ended or not."""
    return wait_for_all(store, [job], at_most_s=at_most_s)[0]


def wait_for_all(store: Store, jobs: Sequence[Job], *, at_most_s: float = 30.0) -> list[Standing]:
    """The same for several at once, so that each is pressed as its own time comes."""
    until = time.monotonic() + at_most_s
    while [job for job in jobs if _is_there(store.look(job))] and time.monotonic() < until:
        time.sleep(_LOOK_S)
    store.reconcile()
    return [store.look(job) for job in jobs]


def _is_there(standing: Standing) -> bool:
    """Whether it is worked on, or its process, which has said its last word, has still to leave."""
    return not standing.ended or (standing.pid is not None and alive(standing.pid, standing.known_as))


def pause(store: Store, job: Job) -> None:
    """Asks a job to wait at its next step; it keeps its memory, its place and its cores.

    Raises:
        InputError: it has ended, or has not begun.
    """
    standing = store.look(job)
    if standing.state in (*ENDED, QUEUED):
        raise InputError(f"the job is {standing.state}", where=job.id, mend="Only a running job can be paused")
    write_text(job.part("control/pause"), "")


def go_on(store: Store, job: Job) -> str:
    """Lets a paused job go on, or puts one that was stopped, failed or lost into the queue again.

    Returns:
        The state that it had.

    Raises:
        InputError: there is nothing to go on with.
    """
    standing = store.look(job)
    if job.part("control/pause").exists() and not standing.ended:
        job.part("control/pause").unlink(missing_ok=True)
        return PAUSED
    if standing.state == DONE:
        raise InputError("the job is done", where=job.id, mend="Start it anew to have it done once more")
    store.again(job)
    store.dispatch()
    return standing.state
