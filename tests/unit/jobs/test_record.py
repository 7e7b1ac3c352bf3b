"""A job's folder: how it stands follows from which files are there, and nothing damaged in it hides another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.jobs.process import identity
from stillroom.jobs.record import CLAIM_S, ENDED, STATES, Job, Request, Standing

Files = dict[str, dict[str, Any]]
REQUEST = Request(words=("distil", "tsak"), cwd="here")
US = {"pid": os.getpid(), "known_as": identity(os.getpid())}


@pytest.fixture(scope="module")
def dead() -> dict[str, Any]:
    """A process that was."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known_as = identity(process.pid)
    process.communicate(b"\n")
    return {"pid": process.pid, "known_as": known_as}


def laid(folder: Path, files: Files) -> Job:
    for name, value in files.items():
        place = folder / f"{name}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(value))
    return Job(folder)


def job_json(**changes: Any) -> dict[str, Any]:
    return {"format": 1, "made_s": 5.0, "request": REQUEST.model_dump(mode="json")} | changes


@pytest.mark.parametrize(
    ("files", "state"),
    [
        (lambda dead, now: {}, "queued"),
        (lambda dead, now: {"claim": {"at_s": now}}, "starting"),
        (lambda dead, now: {"claim": {"at_s": now - CLAIM_S - 1}}, "queued"),
        (lambda dead, now: {"claim": {"at_s": now, **US}}, "starting"),
        (lambda dead, now: {"claim": {"at_s": now - 1000, **US}}, "starting"),
        (lambda dead, now: {"claim": {"at_s": now, **dead}}, "lost"),
        (lambda dead, now: {"claim": {"at_s": now, "pid": dead["pid"], "known_as": None}}, "lost"),
        (lambda dead, now: {"claim": {"at_s": now, **dead}, "worker": {**US, "state": "running"}}, "running"),
        (lambda dead, now: {"worker": {**US, "state": "paused"}}, "paused"),
        (lambda dead, now: {"worker": {**US, "state": "finishing"}}, "finishing"),
        (lambda dead, now: {"worker": {**dead, "state": "running"}}, "lost"),
        (lambda dead, now: {"worker": {"pid": os.getpid(), "known_as": "another", "state": "running"}}, "lost"),
        (lambda dead, now: {"worker": {**dead, "state": "running"}, "exit": {"state": "done"}}, "done"),
        (lambda dead, now: {"worker": {**US, "state": "running"}, "exit": {"state": "stopped"}}, "stopped"),
        (lambda dead, now: {"exit": {"state": "failed", "why": "so"}}, "failed"),
    ],
)
def test_its_state_follows_from_its_files(
    tmp_path: Path, dead: dict[str, Any], files: Callable[[dict[str, Any], float], Files], state: str
) -> None:
    standing = laid(tmp_path, {"job": job_json(), **files(dead, time.time())}).standing()
    assert standing.state == state and state in STATES
    assert standing.ended == (state in ENDED)


def test_it_tells_who_worked_when_and_what_was_last_heard(tmp_path: Path) -> None:
    files = {
        "job": job_json(),
        "claim": {"at_s": 6.0, **US},
        "worker": {**US, "state": "running", "began_s": 7.0},
        "heartbeat": {"at_s": 9.0, "held_bytes": 11},
        "exit-1": {"state": "lost"},
        "exit-2": {"state": "stopped"},
    }
    job = laid(tmp_path, files)
    assert job.standing() == Standing(
        "running", pid=US["pid"], known_as=str(US["known_as"]), began_s=7.0, heard_s=9.0, held_bytes=11, attempt=3
    )
    assert (job.request, job.made_s, job.id) == (REQUEST, 5.0, tmp_path.name)


@pytest.mark.parametrize("name", ["claim.json", "worker.json", "heartbeat.json", "exit.json", "control/stop.json"])
@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff\xfe", b"null"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, name: str, text: bytes) -> None:
    job = laid(tmp_path, {"job": job_json()})
    job.part("control").mkdir()
    job.part(name).write_bytes(text)
    assert job.standing().state == "queued" and job.stopping == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "not one of Stillroom's jobs"),
        (json.dumps({"format": 1}), "not one of Stillroom's jobs"),
        (json.dumps(job_json(format=99)), "later Stillroom"),
        (json.dumps(job_json(format="1")), "damaged"),
        (json.dumps(job_json(made_s="soon")), "damaged"),
        (json.dumps(job_json(request=None)), "job.json"),
        (json.dumps(job_json(request={"words": [], "cwd": "x"})), "words"),
        (json.dumps(job_json(request={"words": ["a"], "cwd": "x", "nice": -3})), "nice"),
        (json.dumps(job_json(request={"words": ["a"], "cwd": "x", "shell": True})), "shell"),
    ],
)
def test_a_damaged_job_json_is_one_error_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "job.json").write_text(text)
    with pytest.raises(InputError, match=said) as refused:
        _ = Job(tmp_path).request
    assert str(tmp_path) in refused.value.sentence()


def test_the_words_are_read_as_they_were_written(tmp_path: Path) -> None:
    words = ("distil", "--data", "a b\n'c' \"d\"", "--set", "x=[1, 2]", "ü\u2028")
    request = Request(words=words, cwd=str(tmp_path), threads=0, memory_bytes=5, nice=19, group="g")
    assert laid(tmp_path, {"job": job_json(request=request.model_dump(mode="json"))}).request == request
