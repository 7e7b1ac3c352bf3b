"""Jobs for the browser to look at: small, real trainings of four made-up people."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.kit import Server, Tab
from tests.e2e.kit import PHASES, distil_words, people, write_people

from stillroom.jobs.progress import told
from stillroom.jobs.record import Job
from stillroom.jobs.store import Store
from stillroom.jobs.words import request_of

_LOOK_S, _PATIENCE_S = 0.1, 90.0
_WENT = 'Cannot call "send" once a close message has been sent.'


def queue(workspace: Path, epochs: int = 2) -> Job:
    """Puts a training into the queue of a workspace, and leaves its start to the server."""
    own = write_people(workspace.parent / "own", people())
    longer = {f"{phase}__training__{name}": epochs for phase in PHASES for name in ("epochs", "patience")}
    words = distil_words(own, workspace / "made", "--resume", "--folds", 1, **longer)
    return Store(workspace).add(request_of(words, workspace, cwd=workspace.parent))


def made(workspace: Path) -> list[Job]:
    """The jobs of a workspace, ended or not."""
    return [Job(path.parent) for path in (workspace / "jobs").glob("[!.]*/job.json")]


def under_way(workspace: Path) -> list[Job]:
    """Those that have not ended."""
    return [job for job in made(workspace) if not job.standing().ended]


def stands(job: Job) -> dict[str, Any]:
    """How a job stands by its files alone; nothing is written, no server is asked."""
    return told(job, job.standing())


def wait_for(true: Callable[[], Any], what: str, at_most_s: float = _PATIENCE_S) -> Any:
    """Waits for something to come true, and gives it."""
    until = time.monotonic() + at_most_s
    while not (found := true()):
        assert time.monotonic() < until, what
        time.sleep(_LOOK_S)
    return found


def trains(job: Job, least: int = 1) -> dict[str, Any]:
    """Waits until a job counts its steps."""
    return dict(wait_for(lambda: _at_work(job, least), f"it never trained: {stands(job)}"))


def ends(job: Job, state: str) -> dict[str, Any]:
    """Waits until a job has ended, and so."""
    found: dict[str, Any] = wait_for(lambda: (now := stands(job))["ended_s"] and now, f"it never ended: {stands(job)}")
    assert found["state"] == state, found
    return found


def nothing_failed(server: Server, *tabs: Tab) -> None:
    """Neither the server's log nor a page tells of something that nobody caught.

    Streamlit itself may log that a tab went while it was told something; nothing else is let pass.
    """
    log = server.log
    assert log.count("Traceback") == log.count(_WENT) and "reference " not in log, log[-3000:]
    for tab in tabs:
        assert tab.page.get_by_text("Something failed").count() == 0


def _at_work(job: Job, least: int) -> dict[str, Any] | None:
    now = stands(job)
    assert not now["ended_s"], now
    return now if (now["done"] or 0) >= least else None
