"""Asking something of a job: each step of a stop in its time, never a stranger's process, no more than it can."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.jobs import pressing
from stillroom.jobs.control import ask_to_stop, go_on, pause, wait_for_all, wait_for_end
from stillroom.jobs.discard import discard_output
from stillroom.jobs.process import identity
from stillroom.jobs.record import DONE, ENDED, Job, Request
from stillroom.jobs.store import Store
from stillroom.runs.lock import tried
from stillroom.runs.store import begin_run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals to a group there")

ASKED = {"recipe": {"name": "tsak"}}
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
SLEEP = "import time; print('ready', flush=True); time.sleep(60)"

Stranger = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(pressing, "TERM_AFTER_S", 0.3)
    monkeypatch.setattr(pressing, "KILL_AFTER_S", 0.8)
    made = Store(tmp_path / "workspace", command=(sys.executable, "-c", "raise SystemExit('nothing may start')"))
    made.cores = 1
    worked_on_by(made.add(Request(words=("distil",), cwd="here")), os.getpid(), identity(os.getpid()))
    (made.folder / "index.sqlite3").unlink()  # made anew from the folders, it knows that the one core is taken
    return made


@pytest.fixture
def process() -> Iterator[Stranger]:
    """Starts a process in a session of its own, which is ready when it is given."""
    started: list[subprocess.Popen[bytes]] = []

    def start(code: str) -> subprocess.Popen[bytes]:
        one = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE)
        started.append(one)
        assert one.stdout and one.stdout.readline() == b"ready\n"
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def made(store: Store, **more: Any) -> Job:
    return store.add(Request(words=("distil",), cwd="here", **more))


def worked_on_by(job: Job, pid: int, known_as: str | None) -> Job:
    worker = {"pid": pid, "known_as": known_as, "state": "running", "began_s": time.time()}
    job.part("worker.json").write_text(json.dumps(worker))
    return job


def ended(job: Job, state: str) -> Job:
    job.part("exit.json").write_text(json.dumps({"state": state, "ended_s": time.time()}))
    return job


def opened(job: Job, run: Path) -> Job:
    """As its worker says once it holds its run."""
    job.part("opened.json").write_text(json.dumps({"run": str(run)}))
    return job


# -- stop -------------------------------------------------------------------------------------------------------


def test_a_stop_is_a_file_first_then_sigterm_and_then_sigkill(store: Store, process: Stranger) -> None:
    heard = process(
        "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('term', flush=True));"
        "print('ready', flush=True)\nwhile True: time.sleep(60)"
    )
    job = worked_on_by(made(store), heard.pid, identity(heard.pid))
    ask_to_stop(store, job)
    asked_s = time.time()
    assert job.stopping["discard"] is False and abs(job.stopping["at_s"] - asked_s) < 1
    assert store.look(job).state == "running" and not job.part("control/term").exists()
    standing = wait_for_end(store, job, at_most_s=20)
    assert heard.wait(10) == -signal.SIGKILL and heard.stdout and heard.stdout.read() == b"term\n"  # once
    assert time.time() - asked_s > 0.8 and standing.state == "stopped"
    assert "it did not end by itself and was killed" in standing.why


def test_a_stop_that_nobody_waits_for_is_followed_up_by_whoever_looks(store: Store, process: Stranger) -> None:
    deaf = process(DEAF + SLEEP)
    job = worked_on_by(made(store), deaf.pid, identity(deaf.pid))
    (store.folder / "index.sqlite3").unlink()
    ask_to_stop(store, job)
    until = time.monotonic() + 20
    while deaf.poll() is None:
        assert time.monotonic() < until
        store.rows()
    assert deaf.wait(10) == -signal.SIGKILL and [row["id"] for row in store.rows(["stopped"])] == [job.id]


def test_one_that_waits_for_others_is_given_the_time_that_they_are_given(
    store: Store, process: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pressing, "WAITS_MORE_S", 60.0)
    one, waits = process(DEAF + SLEEP), process(SLEEP)
    jobs = [
        worked_on_by(made(store, threads=threads), each.pid, identity(each.pid))
        for each, threads in ((one, 1), (waits, 0))
    ]
    for job in jobs:
        ask_to_stop(store, job)
    assert wait_for_end(store, jobs[0]).state == "stopped"
    assert store.look(jobs[1]).state == "running" and waits.poll() is None


def test_one_that_heeds_sigterm_is_not_killed(store: Store, process: Stranger) -> None:
    one = process(SLEEP)
    job = worked_on_by(made(store), one.pid, identity(one.pid))
    ask_to_stop(store, job)
    assert wait_for_end(store, job).state == "stopped" and one.wait(10) == -signal.SIGTERM


def test_of_several_each_gets_its_sigterm_before_sigkill(store: Store, process: Stranger) -> None:
    deaf, one = process(DEAF + SLEEP), process(SLEEP)
    jobs = [worked_on_by(made(store), each.pid, identity(each.pid)) for each in (deaf, one)]
    for job in jobs:
        ask_to_stop(store, job)
    assert [standing.state for standing in wait_for_all(store, jobs)] == ["stopped", "stopped"]
    assert (deaf.wait(10), one.wait(10)) == (-signal.SIGKILL, -signal.SIGTERM)


def test_a_stranger_with_the_worker_s_pid_is_never_killed_and_the_job_is_lost(store: Store, process: Stranger) -> None:
    stranger = process(SLEEP)
    job = worked_on_by(made(store), stranger.pid, "the worker that had this pid")
    assert store.look(job).state == "lost"
    with pytest.raises(InputError, match="ended already: lost"):
        ask_to_stop(store, job)
    assert stranger.poll() is None


def test_a_stranger_who_got_the_pid_after_the_stop_was_asked_for_is_not_killed(store: Store, process: Stranger) -> None:
    worker = process(SLEEP)
    time.sleep(0.05)  # creation is told in hundredths of a second
    stranger = process(SLEEP)
    job = worked_on_by(made(store), worker.pid, identity(worker.pid))
    ask_to_stop(store, job)
    worked_on_by(job, stranger.pid, identity(worker.pid))
    assert wait_for_end(store, job).state == "stopped"
    time.sleep(1.0)  # longer than until SIGKILL
    store.look(job)
    assert stranger.poll() is None


def test_nobody_is_pressed_who_was_not_asked(store: Store, process: Stranger) -> None:
    one = process(SLEEP)
    job = worked_on_by(made(store), one.pid, identity(one.pid))
    wait_for_end(store, job, at_most_s=1.2)
    assert store.look(job).state == "running" and one.poll() is None


def test_a_queued_job_that_is_stopped_never_starts(store: Store) -> None:
    job = made(store)
    ask_to_stop(store, job)
    store.cores = 4
    assert store.dispatch() == [] and store.look(job).why == "stopped on request"
    assert [row["id"] for row in store.rows(["stopped"])] == [job.id] and not job.part("claim.json").exists()
    assert wait_for_end(store, job, at_most_s=0).state == "stopped"


def test_a_job_stopped_while_another_process_is_about_to_start_it_never_starts(store: Store) -> None:
    job = made(store)
    job.part("control/stop.json").write_text(json.dumps({"at_s": time.time(), "discard": False}))
    store.cores = 4
    store.dispatch()
    standing = store.look(job)
    assert (standing.state, standing.pid) == ("stopped", None)


@pytest.mark.parametrize("state", ENDED)
def test_what_has_ended_is_neither_stopped_nor_paused(store: Store, state: str) -> None:
    job = ended(made(store), state)
    for ask in (ask_to_stop, pause):
        with pytest.raises(InputError, match=state):
            ask(store, job)
    assert list(job.part("control").iterdir()) == []


# -- pause and go on --------------------------------------------------------------------------------------------


def test_only_a_job_that_works_is_paused(store: Store) -> None:
    job = made(store)
    with pytest.raises(InputError, match="the job is queued"):
        pause(store, job)
    worked_on_by(job, os.getpid(), identity(os.getpid()))
    pause(store, job)
    assert job.part("control/pause").exists()
    assert go_on(store, job) == "paused" and not job.part("control/pause").exists()
    with pytest.raises(InputError, match="the job is running"):
        go_on(store, job)


@pytest.mark.parametrize("state", [state for state in ENDED if state != DONE])
def test_what_ended_otherwise_than_well_is_taken_up_again(store: Store, state: str) -> None:
    job = ended(made(store), state)
    job.part("control/pause").write_text("")  # paused when it ended
    assert go_on(store, job) == state
    assert store.look(job).state == "queued" and store.look(job).attempt == 2
    assert not job.part("control/pause").exists()


def test_a_job_that_is_done_is_not_done_again(store: Store) -> None:
    job = ended(made(store), DONE)
    with pytest.raises(InputError, match="the job is done"):
        go_on(store, job)
    assert store.look(job).state == DONE


# -- discard ----------------------------------------------------------------------------------------------------


def test_discarding_takes_the_unfinished_run_and_nothing_else(store: Store, tmp_path: Path) -> None:
    run, beside = tmp_path / "runs" / "a", tmp_path / "runs" / "b"
    for folder in (run, beside):
        begin_run(folder, ASKED, resume=False)
    job = opened(made(store, output=str(run)), run)
    ask_to_stop(store, job, discard=True)
    standing = store.look(job)
    assert standing.state == "stopped" and standing.why == f"stopped on request and discarded ({run})"
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["b"]


def test_a_stop_without_discard_leaves_the_run(store: Store, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "run", ASKED, resume=False)
    ask_to_stop(store, opened(made(store, output=str(run.folder)), run.folder))
    assert run.facts["state"] == "unfinished"


@pytest.mark.parametrize("what", ["done", "another's", "held", "nothing", "no run of its own", "not opened"])
def test_what_is_not_an_unfinished_run_of_the_job_is_never_taken_away(store: Store, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "run"
    if what == "another's":
        folder.mkdir()
        (folder / "run.json").write_text("[]")
    elif what != "nothing":
        run = begin_run(folder, ASKED, resume=False)
        run.finish({}, "") if what == "done" else None
    kept = sorted(path.name for path in folder.glob("*"))
    job = made(store, output="" if what == "no run of its own" else str(folder))
    if what != "not opened":
        opened(job, folder)
    if what == "held":
        with tried(folder):
            said = discard_output(job)
    else:
        said = discard_output(job)
    assert sorted(path.name for path in folder.glob("[!.]*")) == kept
    assert ("stays" in said) == (what in ("done", "another's", "held"))
