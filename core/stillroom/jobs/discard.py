"""Discarding: what a job was making is taken away whole, and nothing else ever is."""

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
    folder = Path(job.request.output or "/nowhere")
    if not job.request.output or not (folder / "run.json").exists():
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
