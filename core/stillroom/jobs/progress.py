"""How far a job is: the last progress and the last sentences of its events."""

from __future__ import annotations

from typing import Any

from stillroom.base import journal
from stillroom.jobs.record import Job

_SENTENCES = 5


def progress(job: Job) -> dict[str, Any]:
    """What its journal tells: `part`, `done` and `of` of the latest progress, and the last sentences `said`."""
    events, _ = journal.read_from(job.part("events.jsonl"))
    counted = [event["data"] for event in events if "done" in event.get("data", {})]
    last = counted[-1] if counted else {}
    said = [event["message"] for event in events if event.get("message")]
    return {"part": last.get("part"), "done": last.get("done"), "of": last.get("of"), "said": said[-_SENTENCES:]}
