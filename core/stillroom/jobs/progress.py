"""How far a job is: the last progress and the last sentences of its events; and all that can be told of it."""

from __future__ import annotations

import shlex
from typing import Any

from stillroom.base import journal
from stillroom.jobs.record import Job, Standing

_SENTENCES = 5
_END_BYTES = 128_000  # of a long journal: pages look every two seconds


def progress(job: Job) -> dict[str, Any]:
    """What its journal tells: `part`, `done` and `of` of the latest progress, and the last sentences `said`."""
    path = job.part("events.jsonl")
    events, whole = journal.read_end(path, _END_BYTES)
    counted = _counted(events)
    if not counted and not whole:
        events, _ = journal.read_from(path)
        counted = _counted(events)
    last = counted[-1] if counted else {}
    said = [str(event["message"]) for event in events if event.get("message")]
    return {"part": last.get("part"), "done": last.get("done"), "of": last.get("of"), "said": said[-_SENTENCES:]}


def _counted(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What events tell of a count; one that is damaged, or of a later version, tells nothing."""
    told = [event.get("data") or {} for event in events]
    return [one for one in told if isinstance(one, dict) and _whole(one.get("done")) and _whole(one.get("of"))]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def told(job: Job, standing: Standing) -> dict[str, Any]:
    """What scripts and pages read of a job: how it stands, the exact command, how far it is, what it last said."""
    request = job.request
    return {
        "job": job.id,
        "state": standing.state,
        "why": standing.why,
        "command": shlex.join(("stillroom", *request.words)),
        "folder": str(job.folder),
        "output": request.output or None,
        "group": request.group or None,
        "pid": None if standing.ended else standing.pid,
        "made_s": job.made_s,
        "began_s": standing.began_s,
        "ended_s": standing.ended_s,
        "heard_s": standing.heard_s,
        "held_bytes": standing.held_bytes,
        "attempt": standing.attempt,
        **progress(job),
    }
