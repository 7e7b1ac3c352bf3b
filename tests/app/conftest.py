"""Every test of a page has a workspace of its own, and no job that it started outlives it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from stillroom.jobs.record import Job
from stillroom_app.services import jobs


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty one."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("STILLROOM_WORKSPACE", str(folder))
    yield folder
    for path in folder.glob("jobs/*/claim.json"):
        standing = Job(path.parent).standing()
        if standing.pid and not standing.ended:  # a job leads its own group
            with suppress(ProcessLookupError):
                os.killpg(standing.pid, signal.SIGKILL)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that a page starts; none of them runs."""
    found: list[list[str]] = []

    def start(words: list[str], **more: Any) -> str:
        found.append(list(words))
        return "20260101-000000-abcd"

    monkeypatch.setattr(jobs, "start", start)
    return found
