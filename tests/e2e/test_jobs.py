"""Jobs as processes: however one ends it says so, none outlives a stop, a real one ends bit for bit as it should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread

import pytest

from stillroom.base import journal
from stillroom.base.errors import StorageError
from stillroom.base.machine import cores
from stillroom.cli.main import run
from stillroom.jobs import worker
from stillroom.jobs.control import ask_to_stop, go_on, pause, wait_for_all, wait_for_end
from stillroom.jobs.process import identity, signal_group
from stillroom.jobs.progress import progress
from stillroom.jobs.record import ENDED, FINISHING, Job
from stillroom.jobs.store import COMMAND as STILLROOM

from . import test_full_disk
from .jobs_kit import (
    COMMAND,
    Stores,
    began_in_order,
    most_at_once,
    request,
    wait_for,
    wait_until,
    working,
)
from .kit import Processes, Told, distil_words, needs_fork, report_of, state_of, timeless, weights

pytestmark = needs_fork

Cli = Callable[..., list[Told]]
small_disk = test_full_disk.small_disk
GB = 10**9


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Makes stores of one workspace; all that they started ends with the test."""
    monkeypatch.setenv("STILLROOM_WORKSPACE", str(tmp_path / "workspace"))
    made = Stores(tmp_path / "workspace")
    yield made
    made.end()


@pytest.fixture
def jobs_cli(stores: Stores, processes: Processes) -> Cli:
    """Runs `stillroom jobs VERB ...` on that workspace, each in a process of its own."""

    def call(*several: Sequence[str]) -> list[Told]:
        where = ("--workspace", str(stores.workspace))
        return processes([(["jobs", verb, *where, *words], None) for verb, *words in several])

    return call


def events(job: Job) -> list[int]:
    """The steps that its journal tells of."""
    found = journal.read_from(job.part("events.jsonl"))[0]
    return [event["data"]["done"] for event in found if "done" in event["data"]]


# -- a worker ---------------------------------------------------------------------------------------------------


def test_a_worker_has_a_session_of_its_own_gives_way_and_keeps_to_its_threads_and_memory(
    stores: Stores, tmp_path: Path
) -> None:
    store = stores()
    job = store.add(request(tmp_path, "surroundings", threads=2, memory_bytes=2 * GB, nice=7))
    assert [one.id for one in store.dispatch()] == [job.id]
    assert wait_for(store, job, *ENDED).state == "done"
    told = job.read("result.json")
    assert told["pid"] == told["group"] == told["session"] != os.getpgrp()
    assert (told["nice"], told["memory"], told["cwd"]) == (max(os.nice(0), 7), 2 * GB, str(tmp_path))
    around = told["environment"]
    assert {around[f"{name}_NUM_THREADS"] for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")} == {"2"}
    assert around["GOMP_SPINCOUNT"] == "1000" and around["STILLROOM_WORKSPACE"] == str(store.folder.parent)
    assert worker.JOB not in around  # what it starts is no job by accident


def test_when_a_worker_ends_it_starts_the_next_though_nobody_looks(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_CORES", "1")
    store = stores(cores=1)
    first = store.add(request(tmp_path, "steps", 3, memory_bytes=GB, threads=1))
    others = [store.add(request(tmp_path, "surroundings")) for _ in range(2)]
    assert [job.id for job in store.dispatch()] == [first.id]
    for job in others:
        wait_until(job.part("exit.json").exists)
        told = job.read("result.json")
        # neither how far its starter gave way nor what it might hold is handed on
        assert told["nice"] == max(os.nice(0), 5) and told["memory"] != GB
        assert job.read("exit.json")["state"] == "done" and told["session"] == told["pid"]


def test_the_command_line_s_own_worker_starts_the_next_too_and_keeps_its_answer(stores: Stores, tmp_path: Path) -> None:
    store = stores(cores=cores(), command=STILLROOM)
    words = ("data", "list", "--json"), ("data", "inspect", "nothing here")
    jobs = [store.add(request(tmp_path, *each, threads=cores())) for each in words]
    assert [job.id for job in store.dispatch()] == [jobs[0].id]
    for job in jobs:
        wait_until(job.part("exit.json").exists)
    assert [job.read("exit.json")["state"] for job in jobs] == ["done", "failed"]
    assert jobs[0].read("result.json") == json.loads(jobs[0].part("log.txt").read_text())
    wrong = jobs[1].read("exit.json")
    assert wrong["code"] == 2 and f"error: {wrong['why']}\n" == jobs[1].part("log.txt").read_text()


def test_progress_is_told_line_by_line_while_it_works(stores: Stores, tmp_path: Path) -> None:
    store = stores()
    job = store.add(request(tmp_path, "steps", 500))
    store.dispatch()
    assert store.look(job).state in ("starting", "running")
    first = wait_until(lambda: events(job))
    assert wait_until(lambda: events(job)[len(first) + 3 :])
    now = progress(job)
    assert now["part"] == "steps" and now["of"] == 500 and now["done"] > len(first)
    standing = wait_until(lambda: (one := store.look(job)).heard_s and one)
    assert standing.state == "running" and time.time() - standing.heard_s < 5 and standing.held_bytes > 10**7
    assert store.rows(["running"])[0]["pid"] == standing.pid


# -- stop, pause, go on -----------------------------------------------------------------------------------------


def test_a_stop_is_acknowledged_within_a_second_and_resumed_it_goes_on_where_it_was(
    stores: Stores, tmp_path: Path
) -> None:
    store = stores()
    job = store.add(request(tmp_path, "steps", 150))
    store.dispatch()
    wait_until(lambda: len(events(job)) > 3)
    ask_to_stop(store, job)
    wait_for(store, job, FINISHING, "stopped", at_most_s=1.0)
    standing = wait_for_end(store, job, at_most_s=10)
    assert (standing.state, standing.why) == ("stopped", "stopped")
    stopped_at = len(events(job))
    assert 3 < stopped_at < 150
    assert go_on(store, job) == "stopped"
    standing = wait_for(store, job, *ENDED)
    assert (standing.state, standing.attempt) == ("done", 2)
    assert events(job) == list(range(1, 151))
    found = journal.read_from(job.part("events.jsonl"))[0]
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert job.read("exit-1.json")["state"] == "stopped"


def test_a_paused_job_waits_and_goes_on_to_the_same_end(stores: Stores, tmp_path: Path) -> None:
    store = stores()
    job = store.add(request(tmp_path, "steps", 60))
    store.dispatch()
    wait_until(lambda: len(events(job)) > 3)
    pause(store, job)
    standing = wait_for(store, job, "paused")
    waits_at = events(job)
    time.sleep(0.5)
    assert events(job) == waits_at and store.rows(["paused"])[0]["id"] == job.id
    assert time.time() - (wait_until(lambda: store.look(job).heard_s) or 0) < 5
    assert go_on(store, job) == "paused"
    assert wait_for(store, job, "running", *ENDED).pid == standing.pid
    assert wait_for(store, job, *ENDED).state == "done" and events(job) == list(range(1, 61))


def test_a_paused_job_is_stopped_as_well(stores: Stores, tmp_path: Path) -> None:
    store = stores()
    job = store.add(request(tmp_path, "steps", 2000))
    store.dispatch()
    wait_until(lambda: events(job))
    pause(store, job)
    wait_for(store, job, "paused")
    ask_to_stop(store, job)
    wait_for(store, job, FINISHING, "stopped", at_most_s=1.0)
    assert wait_for_end(store, job, at_most_s=3).state == "stopped"


def test_however_a_worker_hangs_it_ends_within_ten_seconds_and_its_children_with_it(
    stores: Stores, tmp_path: Path
) -> None:
    store = stores(cores=8)
    ways = {
        "ignore-the-file": "stopped",  # SIGTERM ends it, and it can say so
        "ignore-sigterm": "killed",
        "with-child": "killed",
        "hang-in-c gil": "killed",
        "hang-in-c": "killed",
    }
    jobs = {}
    for way in ways:
        words = [*way.split(), "none"] if way == "hang-in-c" else way.split()
        jobs[way] = store.add(request(tmp_path, *words))
    store.dispatch()
    for job in jobs.values():
        wait_for(store, job, "running")
    child = int(wait_until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text()))
    child_as = identity(child)
    assert child_as
    for job in jobs.values():
        ask_to_stop(store, job)
    began = time.monotonic()
    for way in set(ways) - {"hang-in-c gil"}:  # which cannot even say that it has heard
        wait_for(store, jobs[way], FINISHING, at_most_s=1.0 + began - time.monotonic())
    standings = dict(zip(jobs, wait_for_all(store, list(jobs.values())), strict=True))
    assert time.monotonic() - began < 10
    assert {standing.state for standing in standings.values()} == {"stopped"}
    how = {way: "killed" if "and was killed" in one.why else one.why for way, one in standings.items()}
    assert how == ways
    wait_until(lambda: identity(child) != child_as, "the child outlived its job")
    assert not any(working(job) for job in jobs.values())


def test_a_stopped_job_s_unfinished_run_is_kept_or_discarded_as_asked(stores: Stores, tmp_path: Path) -> None:
    store = stores()
    for discard in (False, True):
        run_folder = tmp_path / "run"
        job = store.add(request(tmp_path, "run-folder", "--run", run_folder, output=str(run_folder)))
        store.dispatch()
        wait_until((run_folder / "folds").exists)
        ask_to_stop(store, job, discard=discard)
        standing = wait_for_end(store, job)
        assert standing.state == "stopped" and ("discarded" in standing.why) == discard
        assert run_folder.exists() != discard
        if run_folder.exists():
            (run_folder / "folds").rmdir()
    assert [path.name for path in tmp_path.iterdir() if "run" in path.name] == []


# -- dying ------------------------------------------------------------------------------------------------------


def test_however_a_worker_ends_it_is_told_in_a_sentence_with_its_cause(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_CORES", "0")  # none settles another: only who started a process is told its signal
    store = stores()
    ways = {
        ("refuse",): ("failed", "no such thing (here). Make one"),
        ("grow", "2000"): ("failed", "out of memory"),
        ("die", "SIGKILL"): ("lost", "killed from outside, by a person or by the system for want of memory (SIGKILL)"),
        ("die", "SIGSEGV"): ("lost", "it crashed (SIGSEGV)"),
        ("die", "SIGTERM"): ("lost", "ended from outside (SIGTERM)"),
        ("leave", "3"): ("lost", "it ended with exit code 3 and no word of its own; last printed: leaving"),
        ("leave", "0"): ("lost", "its process is gone without a word"),
    }
    jobs = {
        words: store.add(request(tmp_path, *words, threads=0, memory_bytes=GB // 2 if words[0] == "grow" else None))
        for words in ways
    }
    store.memory_bytes = None
    store.dispatch()
    for words, job in jobs.items():
        standing = wait_for(store, job, *ENDED)
        state, said = ways[words]
        assert standing.state == state and said in standing.why, (words, standing)
        assert "\n" not in standing.why and "unexpected" not in standing.why and standing.ended_s
        if state == "lost":
            assert "stillroom jobs resume" in standing.why
            assert "last printed: about to die" in standing.why or words[0] != "die"
    store.reconcile()
    assert {row["id"]: row["state"] for row in store.rows()} == {
        jobs[words].id: state for words, (state, _) in ways.items()
    }


@pytest.mark.parametrize("command", [("no such program",), (sys.executable, "-c", "raise ValueError('broken')")])
def test_a_worker_that_cannot_begin_says_why_to_whoever_looks(
    stores: Stores, tmp_path: Path, command: tuple[str, ...]
) -> None:
    store = stores(command=command)
    job = store.add(request(tmp_path, "steps", 3))
    store.dispatch()
    standing = wait_for(stores(), job, *ENDED)  # another store, not its parent
    said = "No such file or directory (no such program)" if len(command) == 1 else "ValueError: broken"
    assert standing.ended and said in standing.why
    gone = store.add(request(tmp_path / "gone", "steps", 3))
    store.dispatch()
    assert "could not be started" in wait_for(store, gone, "failed").why


def test_killed_from_outside_it_is_lost_and_taken_up_again_where_it_was(stores: Stores, tmp_path: Path) -> None:
    store = stores()
    job = store.add(request(tmp_path, "steps", 80))
    store.dispatch()
    wait_until(lambda: len(events(job)) > 5)
    standing = store.look(job)
    assert standing.pid and signal_group(standing.pid, standing.known_as, signal.SIGKILL)
    row = wait_until(lambda: store.rows(["lost"]))[0]
    assert row["id"] == job.id and "SIGKILL" in row["why"] and "jobs resume" in row["why"]
    with job.part("events.jsonl").open("ab") as file:
        file.write(b'{"seq": 7, "kind": "st')  # killed in the middle of a line
    assert go_on(store, job) == "lost"
    assert wait_for(store, job, *ENDED).state == "done"
    assert all(json.loads(line)["seq"] for line in job.part("events.jsonl").read_text().splitlines())
    store.reconcile()
    assert store.look(job).state == "done" and store.look(job).attempt == 2
    assert sorted(set(events(job))) == list(range(1, 81)) and len(events(job)) <= 81


def test_a_worker_that_fills_the_disk_ends_with_that_sentence(small_disk: Path, tmp_path: Path) -> None:
    stores = Stores(small_disk / "workspace")
    store = stores()
    try:
        job = store.add(request(tmp_path, "fill", small_disk))
        store.dispatch()
        standing = wait_for(store, job, *ENDED)
        assert standing.state == "failed" and "The disk is full" in standing.why, standing
        assert str(small_disk) in standing.why and "\n" not in standing.why
        (small_disk / "filler").unlink()
        assert [row["why"] for row in store.rows(["failed"])] == [standing.why]
    finally:
        (small_disk / "filler").unlink(missing_ok=True)
        stores.end()


def test_a_disk_without_any_room_lets_no_job_begin_and_loses_none(small_disk: Path, tmp_path: Path) -> None:
    stores = Stores(small_disk / "workspace")
    store = stores()
    try:
        job = store.add(request(tmp_path, "steps", 2))
        test_full_disk.fill(small_disk, 0)
        with pytest.raises(StorageError, match=r"room on the disk|The disk is full"):
            store.dispatch()
        assert not list(job.folder.glob(".*.part"))
        (small_disk / "filler").unlink()
        job.part("claim.json").unlink(missing_ok=True)
        (store.folder / "index.sqlite3").unlink()  # whose claim lasts ten seconds
        store.dispatch()
        assert wait_for(store, job, *ENDED).state == "done"
    finally:
        (small_disk / "filler").unlink(missing_ok=True)
        stores.end()


def test_a_worker_without_room_to_begin_says_so(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Stores(small_disk / "workspace")()
    job = store.add(request(tmp_path, "steps", 2))
    monkeypatch.setattr(worker, "_RESERVE", b"\0" * 5_000_000)
    assert worker.work(job.folder, lambda: 0) == 1
    standing = store.look(job)
    assert standing.state == "failed" and "The disk is full" in standing.why


# -- many -------------------------------------------------------------------------------------------------------


STARTER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {kit!r})
from jobs_kit import COMMAND, request, wait_for
from stillroom.jobs.record import ENDED
from stillroom.jobs.store import Store
here = Path({here!r})
store = Store(here / "workspace", command=COMMAND)
store.cores = 4
(here / "ready-{number}").touch()
while not (here / "go").exists():
    pass
job = store.add(request(here, "steps", 5), "token")
store.dispatch()
print(job.id, wait_for(store, job, *ENDED).state)
"""


def test_processes_that_start_one_job_with_one_token_start_it_once(stores: Stores, tmp_path: Path) -> None:
    kit = str(Path(COMMAND[1]).parent)
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", STARTER.format(kit=kit, here=str(tmp_path), number=number)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(3)
    ]  # fmt: skip
    wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 3)
    (tmp_path / "go").touch()
    told = [starter.communicate(timeout=60) for starter in starters]
    assert {out for out, _ in told} == {f"{stores().rows()[0]['id']} done\n"}, told
    assert len(stores.jobs()) == 1 and began_in_order(tmp_path) == ["notes"]
    assert stores().look(stores.jobs()[0]).attempt == 1


def test_many_who_look_at_once_never_start_more_than_the_cores_carry(stores: Stores, tmp_path: Path) -> None:
    stores_of_two = [stores(cores=2) for _ in range(3)]
    store, names = stores_of_two[0], [f"n{number}" for number in range(7)]
    jobs = [store.add(request(tmp_path, "steps", 6, 0.02, name)) for name in names]

    def look(own: int) -> None:
        while not all(stores_of_two[own].look(job).ended for job in jobs):
            stores_of_two[own].dispatch()

    threads = [Thread(target=look, args=(own,)) for own in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {store.look(job).state for job in jobs} == {"done"} and {store.look(job).attempt for job in jobs} == {1}
    assert most_at_once(tmp_path) <= 2
    spans = [(job.read("claim.json")["at_s"], store.look(job).ended_s or 0) for job in jobs]
    assert max(sum(start <= at < end for start, end in spans) for at, _ in spans) == 2
    began = began_in_order(tmp_path)
    assert sorted(began) == names
    assert all(abs(began.index(name) - names.index(name)) <= 1 for name in names)  # two begin at once


def test_a_job_that_is_worked_on_is_not_worked_on_twice(stores: Stores, tmp_path: Path) -> None:
    store = stores()
    job = store.add(request(tmp_path, "steps", 150))
    store.dispatch()
    wait_until(lambda: events(job))
    environment = {**os.environ, worker.JOB: str(job.folder)}
    second = subprocess.run([*COMMAND, "steps", "150"], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (second.returncode, second.stderr) == (0, "")
    assert store.look(job).state == "running" and began_in_order(tmp_path) == ["notes"]
    ask_to_stop(store, job)
    assert wait_for_end(store, job).state == "stopped"


# -- the command line -------------------------------------------------------------------------------------------


def test_what_the_command_line_cannot_do_is_one_error(stores: Stores, jobs_cli: Cli, tmp_path: Path) -> None:
    store = stores()
    done = store.add(request(tmp_path, "steps", 1))
    store.dispatch()
    wait_for(store, done, "done")
    wrong = {
        ("start", "--threads", "999", "--", "distil", "tsak"): "999 threads, this machine has",
        ("start", "--", "distil", "tsak", "--threads", "999"): "999 threads, this machine has",
        ("start", "--memory-gb", "99999", "--", "distil", "tsak"): "99999.0 GB, this machine has",
        ("start", "--", "jobs", "list"): "a job is one of the other commands",
        ("list", "--state", "gone"): "unknown state 'gone'",
        ("show", "nobody"): "no jobs begin with 'nobody'",
        ("stop", done.id): "the job has ended already: done",
        ("pause", done.id): "the job is done",
        ("resume", done.id): "the job is done",
    }
    told = jobs_cli(*wrong)
    for one, said in zip(told, wrong.values(), strict=True):
        assert (one.code, one.out) == (2, "") and said in one.error, one
    assert [job.id for job in stores.jobs()] == [done.id]


def test_a_damaged_index_is_made_anew_with_one_sentence(stores: Stores, jobs_cli: Cli, tmp_path: Path) -> None:
    jobs = [stores().add(request(tmp_path, "steps", number, threads=2)) for number in range(5)]
    (stores().folder / "index.sqlite3").write_bytes(b"no database" * 999)
    told = jobs_cli(["list", "--json"], ["list"])
    assert [one.code for one in told] == [0, 0]
    assert [row["id"] for row in told[0].answer["jobs"]] == [job.id for job in jobs[::-1]]
    assert told[0].err.count("\n") == 1 and "made anew from 5 jobs' folders" in told[0].err
    assert told[1].err == "" and all(job.id in told[1].out for job in jobs)


def epochs(job: Job) -> int:
    """How many its journal tells of, over all attempts."""
    return sum(event["kind"] == "epochs" for event in journal.read_from(job.part("events.jsonl"))[0])


@pytest.fixture
def words(own: Path, tmp_path: Path) -> list[str]:
    """A small run that takes some seconds."""
    settings = {f"{phase}__training__checkpoint_s": 0.05 for phase in ("teacher", "student", "reference")}
    return distil_words(own, tmp_path / "run", "--folds", 1, **settings, teacher__training__epochs=150)


def test_paused_stopped_lost_and_taken_up_again_a_run_ends_bit_for_bit_as_if_nothing_had_been(
    stores: Stores, jobs_cli: Cli, words: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    started = jobs_cli(*[["start", "--token", "t", "--json", "--", *words]] * 2)
    assert [one.code for one in started] == [0, 0] and started[0].answer["job"] == started[1].answer["job"]
    store = stores(command=STILLROOM)
    (job,) = stores.jobs()
    wait_until(lambda: epochs(job), "it never trained", 60)

    (paused,) = jobs_cli(["pause", job.id[:6], "--json"])
    assert paused.code == 0
    wait_for(store, job, "paused")
    size = job.part("events.jsonl").stat().st_size
    time.sleep(0.5)
    assert job.part("events.jsonl").stat().st_size == size
    (resumed, shown) = jobs_cli(*([verb, job.id, "--json"] for verb in ("resume", "show")))
    assert (resumed.code, shown.code) == (0, 0) and shown.answer["attempt"] == 1
    wait_until(lambda: job.part("events.jsonl").stat().st_size > size)

    began = time.monotonic()
    (stopped,) = jobs_cli(["stop", job.id, "--json"])
    assert time.monotonic() - began < 10 and stopped.answer["state"] == "stopped"
    assert "stopped on request" in stopped.answer["why"] and state_of(folder) == "stopped"

    assert jobs_cli(["resume", job.id])[0].code == 0
    standing = wait_for(store, job, "running", at_most_s=60)
    before = epochs(job)
    wait_until(lambda: epochs(job) > before, "it never trained again", 60)
    assert standing.pid and signal_group(standing.pid, standing.known_as, signal.SIGKILL)
    wait_until(lambda: identity(standing.pid or 0) is None)
    (listed,) = jobs_cli(["list", "--state", "lost", "--json"])
    assert [row["id"] for row in listed.answer["jobs"]] == [job.id]
    assert "its process is gone without a word" in listed.answer["jobs"][0]["why"]
    assert state_of(folder) == "unfinished" and not (folder / "report.json").exists()

    assert jobs_cli(["resume", job.id])[0].code == 0
    standing = wait_for(store, job, *ENDED, at_most_s=120)
    assert (standing.state, standing.why, standing.attempt) == ("done", "", 3), job.part("log.txt").read_text()
    undisturbed = distil_words_to(words, tmp_path / "undisturbed")
    with pytest.raises(SystemExit) as ended:
        run(undisturbed)
    assert not ended.value.code
    assert weights(folder) == weights(tmp_path / "undisturbed") != {}
    assert timeless(report_of(folder)) == timeless(report_of(tmp_path / "undisturbed"))
    assert timeless(job.read("result.json"))["gain"] == report_of(folder)["gain"]
    (again,) = jobs_cli(["resume", job.id])
    assert again.code == 2 and "the job is done" in again.error


def distil_words_to(words: list[str], folder: Path) -> list[str]:
    """The same for another folder."""
    at = words.index("--run") + 1
    return [*words[:at], str(folder), *words[at + 1 :]]


def test_a_run_that_is_stopped_and_discarded_is_gone(
    stores: Stores, jobs_cli: Cli, words: list[str], tmp_path: Path
) -> None:
    (started,) = jobs_cli(["start", "--json", "--", *words])
    job = Job(Path(started.answer["folder"]))
    wait_until((tmp_path / "run" / "run.json").exists, at_most_s=60)
    (stopped,) = jobs_cli(["stop", job.id, "--discard", "--json"])
    assert stopped.answer["state"] == "stopped" and "discarded" in stopped.answer["why"]
    assert not (tmp_path / "run").exists() and not list(tmp_path.glob(".run*"))
    (shown,) = jobs_cli(["show", job.id, "--json"])
    assert shown.answer["pid"] is None and shown.answer["ended_s"] and stores().look(job).state == "stopped"
