"""Discarding: the run that a job has opened is taken away whole, and nothing else ever is.

A run is the job's only if its worker has said so, after it had opened the run and held it: a job that never began, or
that was refused because another run lies there, discards nothing.
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from stillroom.base.errors import StillroomError
from stillroom.jobs.record import Job
from stillroom.runs.lock import tried
from stillroom.runs.store import DONE, open_run


def discard_output(job: Job) -> str:
    """Takes the unfinished run of a job away.

    Returns:
        A sentence about it; empty where the job makes no run, or none lies there yet.
    """
    opened = job.read("opened.json").get("run")
    if not opened or opened != job.request.output:
        return ""
    folder = Path(opened).resolve()
    if not (folder / "run.json").exists():
        return ""
    try:
        if open_run(folder).facts["state"] == DONE:
            return f"stopped on request; the run was done already and stays ({folder})"
    except StillroomError as error:
        return f"stopped on request; the run stays: {error.sentence()}"
    with tried(folder) as ours:
        if not ours:
            return f"stopped on request; the run stays, another process works on it ({folder})"
        away = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
        try:
            folder.rename(away)
        except OSError as error:
            return f"stopped on request; the run stays: {error.strerror} ({folder})"
    shutil.rmtree(away, ignore_errors=True)
    return f"stopped on request and discarded ({folder})"
