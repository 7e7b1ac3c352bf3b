"""The Training page in every state of a job, read from real job folders."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.kit import opened, words
from tests.app.test_training import whole

from stillroom.base import journal
from stillroom.base.paths import write_json
from stillroom.jobs.process import boot, identity
from stillroom.jobs.record import STATES, Job
from stillroom_app.services import jobs

WORDS = ("distil", "tsak", "--data", "factory", "--student-view", "right_wrist.acc.*", "--seed", "4", "--fast")


def made(state: str, *, said: tuple[str, ...] = WORDS, why: str = "", events: Any = None, heard_s: float = 1.0) -> Job:
    """A job in a state, by the files that its worker writes; this process stands for a worker that lives."""
    store = jobs.store()
    job = store.add(jobs.request_of(said, jobs.root(), cwd=jobs.root(), token=state), state)
    now = time.time()
    if state in ("starting", "running", "paused", "finishing"):
        pid = os.getpid()
        known = {"pid": pid, "known_as": identity(pid)}
        write_json(job.part("claim.json"), {"at_s": now, **known})
        worker = {**known, "state": state, "began_s": now - 60, "boot": boot(), "out_of_memory_kills": 0}
        write_json(job.part("worker.json"), worker)
        write_json(job.part("heartbeat.json"), {"at_s": now - heard_s, "held_bytes": 1})
    elif state != "queued":
        told = {"state": state, "code": 0, "why": why, "error": None, "ended_s": now}
        write_json(job.part("exit.json"), told)
    for event in whole() if events is None else events:
        journal.append(job.part("events.jsonl"), event)
    job.part("log.txt").write_text("a line\nWarning: careful\nerror: broken\n")
    for path in store.folder.glob("index.sqlite3*"):  # its queue knows of no job that ended without being started
        path.unlink()
    store.reconcile()
    return job


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.Store, "dispatch", lambda store: store.reconcile())


def keys(at: AppTest) -> set[str]:
    return {str(one.key) for one in at.button}


def test_nothing_started_leads_to_distil() -> None:
    assert "Nothing has been started yet" in words(opened("training"))


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_sentence_and_the_buttons_that_it_allows(state: str) -> None:
    job = made(state, why="the disk is full" if state == "failed" else "")
    at = opened("training", job=job.id)
    said = words(at)
    assert state in said
    offered = keys(at)
    assert ("training_resume" in offered) == (state in ("stopped", "failed", "lost"))
    assert ("training_stop" in offered) == (state in ("queued", "starting", "running", "paused", "finishing"))
    assert ("training_go_on" in offered) == (state == "paused")
    if state == "failed":
        assert "Free some space" in said


def test_a_running_job_shows_its_curves_its_steps_and_its_command() -> None:
    job = made("running", events=whole()[:40])
    at = opened("training", job=job.id)
    chart = at.get("plotly_chart")[0].proto
    assert "teacher" in chart.spec.lower()
    assert "best macro-F1" in chart.alt
    assert "seed 4" in words(at)
    assert "stillroom distil tsak" in words(at)
    assert "min left" in at.get("progress")[-1].proto.text or "s left" in at.get("progress")[-1].proto.text


def test_a_long_silence_is_amber() -> None:
    made("running", heard_s=40.0)
    said = words(opened("training"))
    assert ":orange-badge" in said
    assert "last sign of life 40 s ago" in said or "last sign of life 41 s ago" in said


def test_a_done_job_has_doors_to_what_it_made(workspace: Path) -> None:
    job = made("done")
    at = opened("training", job=job.id)
    links = {one.proto.page: dict(pair.split("=") for pair in one.proto.query_string.split("&") if pair)
             for one in at.get("page_link")}  # fmt: skip
    run = Path(job.request.output).name
    assert links["compare"]["runs"] == run  # as Compare reads it
    assert links["explain"]["run"] == run


def test_a_job_of_another_kind_is_shown_with_its_progress() -> None:
    told = [{"kind": "study", "data": {"part": "runs", "done": 3, "of": 8}, "time_s": 1.0, "message": "began"}]
    made("running", said=("study", "sensors", "--data", "factory"), events=told)
    at = opened("training")
    assert "study sensors" in words(at)
    assert "3 of 8" in at.get("progress")[-1].proto.text
    assert not at.get("plotly_chart")


def test_a_job_that_is_gone_is_said_and_another_is_shown() -> None:
    made("done")
    at = opened("training", job="nothere")
    assert "not in the workspace any more" in words(at)
    assert "It is done." in words(at)


def test_a_job_whose_files_are_damaged_is_said_to_be_and_the_others_are_shown() -> None:
    broken, whole_one = made("done"), made("running")
    os.utime(broken.part("job.json"), (1.0, 1.0))  # as if it had been so for long, unnoticed
    (broken.folder / "job.json").write_text("{")
    os.utime(broken.part("job.json"), (1.0, 1.0))
    at = opened("training", job=broken.id)
    assert "Not valid JSON" in " ".join(one.value for one in at.error)
    assert any(one.key == f"strip_{whole_one.id}_stop" for one in at.button)
    assert not opened("training", job=whole_one.id).error


def test_names_of_the_users_own_are_not_read_as_signs() -> None:
    made("failed", said=(*WORDS, "--drop-class", "<b>*x*</b>"), why="no class <img src=x> here")
    said = words(opened("training"))
    assert "<img" not in said.replace("\\<img", "")
