"""The store: one token, one job; a thousand are listed at once; the folders are the truth, whatever the index says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from stillroom.base.errors import InputError, StillroomError
from stillroom.base.events import Event
from stillroom.jobs.endings import settle
from stillroom.jobs.index import Index
from stillroom.jobs.process import boot, identity
from stillroom.jobs.record import ENDED, Job, Request, Standing
from stillroom.jobs.store import Store
from stillroom.jobs.words import output_of, resumable, threads_of
from stillroom.runs.lock import tried

NOTHING = (sys.executable, "-c", "raise SystemExit('nothing may start')")
INDEX = "index.sqlite3"


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def store(tmp_path: Path, heard: list[Event]) -> Store:
    made = Store(tmp_path, command=NOTHING, emit=heard.append)
    made.cores, made.memory_bytes = 2, 8 * 10**9
    return made


def request(*words: str, **more: Any) -> Request:
    return Request(words=words or ("distil", "tsak"), cwd="here", **more)


def store_rows(folder: Path) -> list[dict[str, Any]]:
    return Store(folder, command=NOTHING).rows()


def ended(job: Job, state: str = "lost", **more: Any) -> Job:
    told = {"state": state, "code": None, "why": "so", "error": None, "ended_s": time.time()}
    job.part("exit.json").write_text(json.dumps(told | more))
    return job


def lay(folder: Path, count: int) -> list[str]:
    """Folders of jobs, without an index; they ended in every way, and each tenth waits."""
    names = []
    for number in range(count):
        place = folder / "jobs" / f"{number:016x}"
        (place / "control").mkdir(parents=True)
        facts = {"format": 1, "made_s": 1e9 + number, "request": request("distil", f"--seed={number}").model_dump()}
        (place / "job.json").write_text(json.dumps(facts))
        if number % 10:
            ended(Job(place), ENDED[number % len(ENDED)])
        names.append(place.name)
    return names


def quickest_s(work: Callable[[], object]) -> float:
    """The shortest of three times: others may want the machine as well."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


# -- making -----------------------------------------------------------------------------------------------------


def test_a_token_used_again_gives_the_same_job_also_to_another_store(store: Store, tmp_path: Path) -> None:
    first, again = store.add(request(), "a"), Store(tmp_path).add(request(), "a")
    assert first.id == again.id and first.made_s == again.made_s
    assert store.add(request(), "b").id != first.id and store.add(request()).id != store.add(request()).id
    assert len(store.rows()) == 4 and {row["state"] for row in store.rows()} == {"queued"}


def test_a_token_that_made_another_job_is_refused(store: Store) -> None:
    store.add(request("distil", "tsak"), "a")
    with pytest.raises(InputError, match="another job: stillroom distil tsak"):
        store.add(request("distil", "hinton"), "a")


def test_of_many_who_make_one_job_at_once_all_get_it(tmp_path: Path) -> None:
    together, found = Barrier(6), []

    def make() -> None:
        store = Store(tmp_path, command=NOTHING)
        together.wait()
        found.append(store.add(request(), "a").made_s)

    threads = [Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and len(set(found)) == 1
    assert len([path for path in (tmp_path / "jobs").iterdir() if path.is_dir()]) == len(store_rows(tmp_path)) == 1


@pytest.mark.parametrize(
    ("more", "said"), [({"threads": 3}, "3 threads, this machine has 2"), ({"memory_bytes": 9 * 10**9}, "9.0 GB")]
)
def test_a_job_larger_than_the_machine_is_refused_and_leaves_nothing(
    store: Store, more: dict[str, int], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        store.add(request(**more))
    assert store.rows() == []


def test_a_job_taken_up_again_keeps_how_it_ended_before_and_is_queued(store: Store) -> None:
    job = ended(store.add(request()))
    for name in ("claim.json", "worker.json", "heartbeat.json", "control/stop.json", "control/pause", "control/term"):
        job.part(name).write_text("{}")
    again = store.again(job, request("distil", "hinton", threads=2))
    assert again.standing() == Standing("queued", attempt=2)
    assert again.request.words == ("distil", "hinton") and again.made_s == job.made_s
    assert again.read("exit-1.json")["why"] == "so" and not list(again.part("control").iterdir())
    assert [row["state"] for row in store.rows()] == ["queued"]
    assert store.again(ended(again)).standing().attempt == 3


def test_only_what_has_ended_is_taken_up_again(store: Store) -> None:
    job = store.add(request())
    with pytest.raises(InputError, match="the job is queued"):
        store.again(job)
    us = {"pid": os.getpid(), "known_as": identity(os.getpid()), "state": "running"}
    job.part("worker.json").write_text(json.dumps(us))
    with pytest.raises(InputError, match="the job is running"):
        store.again(job)
    assert job.read("worker.json") == us


def test_of_two_who_take_a_job_up_again_one_does(store: Store) -> None:
    job = ended(store.add(request()))
    with tried(job.folder), pytest.raises(InputError, match="another process is at work"):
        store.again(job)
    assert job.standing().state == "lost"
    store.again(job)
    with pytest.raises(InputError, match="queued"):
        store.again(job)
    assert job.standing().attempt == 2


# -- looking ----------------------------------------------------------------------------------------------------


def test_a_thousand_jobs_are_listed_and_filtered_in_under_a_second(store: Store, tmp_path: Path) -> None:
    names = lay(tmp_path, 1000)
    assert [row["id"] for row in store.rows()] == names[::-1]  # made anew from the folders
    for states, match, count in (((), "", 1000), (("failed", "queued"), "", 300), ((), "seed=99", 11)):
        assert len(store.rows(states, match)) == count
        assert quickest_s(lambda states=states, match=match: store.rows(states, match)) < 1.0


def test_a_thousand_lost_jobs_are_listed_in_under_a_second_too(store: Store, tmp_path: Path) -> None:
    for name in lay(tmp_path, 1000):
        ended(Job(tmp_path / "jobs" / name), "lost")
    assert len(store.rows(["lost"])) == 1000
    assert quickest_s(lambda: store.rows(["lost"])) < 1.0


@pytest.mark.parametrize("data", [b"", b"no database" * 99, None], ids=["emptied", "overwritten", "of another version"])
def test_a_damaged_index_is_made_anew_and_nothing_is_lost(
    store: Store, tmp_path: Path, heard: list[Event], data: bytes | None
) -> None:
    names = lay(tmp_path, 30)
    before = {row["id"]: row["state"] for row in store.rows()}
    index = tmp_path / "jobs" / INDEX
    damaged = index.read_bytes().replace(b"jobs", b"sobj") if data is None else data
    index.write_bytes(damaged)
    assert {row["id"]: row["state"] for row in store.rows()} == before and set(before) == set(names)
    assert {row["id"] for row in store.rows()} == set(names)
    if not data and data is not None:
        return  # an empty file is an index that is still to be made
    assert [event.kind for event in heard] == ["jobs.index"]
    assert "made anew from 30 jobs' folders" in heard[0].message and "\n" not in heard[0].message
    kept = list((tmp_path / "jobs").glob("index.damaged-*.sqlite3"))
    assert [path.read_bytes() for path in kept] == [damaged] and str(kept[0]) in heard[0].message


def test_of_many_who_find_the_index_damaged_one_makes_it_anew(tmp_path: Path) -> None:
    names = set(lay(tmp_path, 40))
    Store(tmp_path).rows()
    (tmp_path / "jobs" / INDEX).write_bytes(b"no database" * 99)
    heard: list[Event] = []
    found, together = [], Barrier(6)

    def look() -> None:
        store = Store(tmp_path, emit=heard.append)
        together.wait()
        found.append({row["id"] for row in store.rows()})

    threads = [Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [names] * 6 and len(heard) == 1


def test_while_another_makes_a_damaged_index_anew_it_is_left_to_him(store: Store, tmp_path: Path) -> None:
    lay(tmp_path, 3)
    index, damaged = tmp_path / "jobs" / INDEX, b"no database" * 99
    index.write_bytes(damaged)
    looks = Thread(target=store.rows)
    with tried(tmp_path / "jobs"):
        looks.start()
        time.sleep(0.3)
        assert index.read_bytes() == damaged and looks.is_alive()
    looks.join()
    assert index.read_bytes() != damaged and len(store.rows()) == 3


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": "x", "made_s": 1, "request": {}}', '{"a": 1}'])
@pytest.mark.parametrize("lose_index", [False, True])
def test_a_damaged_job_is_left_alone_and_the_others_are_listed(
    store: Store, tmp_path: Path, text: str, lose_index: bool
) -> None:
    lay(tmp_path, 3)
    damaged = store.add(request())
    damaged.part("job.json").write_text(text)
    if lose_index:
        (tmp_path / "jobs" / INDEX).write_bytes(b"no database" * 99)
    assert {f"{number:016x}" for number in range(3)} <= {row["id"] for row in store.rows()}
    assert damaged.part("job.json").read_text() == text
    with pytest.raises(InputError):
        _ = store.find(damaged.id).request


def test_a_queued_job_that_was_damaged_takes_no_core_and_holds_nobody_up(store: Store, tmp_path: Path) -> None:
    store.cores = 1
    damaged = store.add(request())
    damaged.part("job.json").write_text("{")
    sound = store.add(request())
    store.command = (sys.executable, "-c", "pass")
    assert [job.id for job in store.dispatch()] == [sound.id]
    until = time.monotonic() + 20
    while not store.look(sound).ended:
        assert time.monotonic() < until
        time.sleep(0.02)
    store.reconcile()
    assert [row["id"] for row in store.rows()] == [sound.id]


def test_a_folder_taken_away_or_brought_in_is_noticed(store: Store, tmp_path: Path) -> None:
    one, other = store.add(request()), store.add(request())
    shutil.rmtree(one.folder)
    other.folder.rename(other.folder.with_name("0123456789abcdef"))
    assert [row["id"] for row in store.rows()] == ["0123456789abcdef"]
    (tmp_path / "jobs" / "something else").mkdir()
    (tmp_path / "jobs" / ".half.part").mkdir()
    assert len(store.rows()) == 1


def test_a_job_is_found_by_the_beginning_of_its_name(store: Store, tmp_path: Path) -> None:
    lay(tmp_path, 17)
    assert store.find("0000000000000010").id == store.find("000000000000001").id == "0000000000000010"
    for name, said in (("0", "17 jobs begin with '0'"), ("zz", "no jobs begin with 'zz'"), ("", "which job?")):
        with pytest.raises(InputError) as refused:
            store.find(name)
        assert said in refused.value.what and "jobs list" in refused.value.mend


def test_an_unknown_state_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="unknown state 'lsot'"):
        store.rows(["lost", "lsot"])


def test_where_nothing_was_ever_made_nothing_is_listed(tmp_path: Path) -> None:
    assert Store(tmp_path / "none").rows() == []


# -- the last word ----------------------------------------------------------------------------------------------


def _died(job: Job, **more: Any) -> None:
    told = {"pid": 2**22 - 3, "known_as": "gone", "state": "running", "boot": boot(), "out_of_memory_kills": 0}
    job.part("worker.json").write_text(json.dumps(told | more))


@pytest.mark.parametrize(
    ("prepare", "code", "said"),
    [
        (lambda job: _died(job), None, "its process is gone without a word"),
        (lambda job: _died(job), -9, "killed from outside, by a person or by the system for want of memory (SIGKILL)"),
        (lambda job: _died(job), -15, "ended from outside (SIGTERM)"),
        (lambda job: _died(job), -11, "it crashed (SIGSEGV)"),
        (lambda job: _died(job), -63, "it crashed (signal 63)"),
        (lambda job: _died(job), 3, "it ended with exit code 3 and no word of its own"),
        (lambda job: _died(job, boot="another"), None, "the machine was restarted while it ran"),
        (lambda job: _died(job, out_of_memory_kills=-1), -9, "the system killed it, or another process beside it"),
        (lambda job: job.part("heartbeat.json").write_text('{"at_s": 1, "held_bytes": 2100000000}'), -9, "2.1 GB"),
        (lambda job: job.part("log.txt").write_text("a\nthe  last\tline\n\n"), 1, "last printed: the last line"),
    ],
)
def test_a_job_that_could_not_say_how_it_ended_is_lost_with_its_cause(
    store: Store, prepare: Callable[[Job], object], code: int | None, said: str
) -> None:
    job = store.add(request())
    prepare(job)
    settle(job, code)
    standing = job.standing()
    assert standing.state == "lost" and standing.ended_s and standing.why.endswith("`stillroom jobs resume`")
    assert said in standing.why and "\n" not in standing.why
    settle(job, 0)
    assert job.standing() == standing  # the first word stays


def test_a_dead_job_is_settled_by_whoever_looks(store: Store) -> None:
    job = store.add(request())
    job.part("claim.json").write_text(json.dumps({"at_s": time.time(), "pid": os.getpid(), "known_as": "x"}))
    job.part("exit.reserve").write_bytes(b"0" * 100)
    (store.folder / INDEX).unlink()
    row = store.rows(["lost"])[0]
    assert row["id"] == job.id and "gone without a word" in row["why"] and row["ended_s"]
    assert job.part("exit.json").exists() and not job.part("exit.reserve").exists()


def test_a_dead_job_that_nobody_has_looked_at_is_taken_up_again_with_its_cause_kept(store: Store) -> None:
    job = store.add(request())
    _died(job)
    assert store.again(job).standing().state == "queued"
    assert "gone without a word" in job.read("exit-1.json")["why"]


# -- words ------------------------------------------------------------------------------------------------------


def test_a_job_s_words_go_on_where_it_was_with_the_threads_that_are_counted(tmp_path: Path) -> None:
    words = resumable(["distil", "tsak", "--data", "factory"], tmp_path, "token", 2)
    assert words[:4] == ("distil", "tsak", "--data", "factory") and words[6:] == ("--resume", "--threads", "2")
    assert output_of(words, Path("elsewhere")).startswith(str(tmp_path / "tsak-")) and threads_of(words) == 2
    assert resumable(["distil", "tsak", "--data", "factory"], tmp_path, "token", 2) == words
    assert resumable(words, tmp_path) == words
    assert resumable(["distil", "tsak"], tmp_path) != resumable(["distil", "tsak"], tmp_path)


@pytest.mark.parametrize(
    ("words", "threads"),
    [
        (["--threads", "3"], 3),
        (["--threads=3"], 3),
        (["--threads", "0"], 1),
        ([], 1),
        (["--threads=1", "--threads=2"], 2),
    ],
)
def test_threads_that_the_words_name_are_counted(tmp_path: Path, words: list[str], threads: int) -> None:
    assert threads_of(["study", "ablation", "tsak"]) == 0  # its runs take the cores
    assert threads_of(["predict", "export", "--follow", "x.csv"]) == 0  # it waits for a sensor
    assert threads_of(["predict", "export", "--data", "x"]) is None
    assert threads_of(["distil", "tsak"]) is None and threads_of(["bench", "--threads", "2"]) is None
    given = resumable(["distil", "tsak", *words], tmp_path)
    assert threads_of(given) == threads


@pytest.mark.parametrize("words", [[], ["jobs", "list"], ["--version"]])
def test_what_cannot_be_a_job_is_refused(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(StillroomError, match="a job is one of the other commands"):
        resumable(words, tmp_path)


@pytest.mark.parametrize("words", [("--run", "a/b"), ("--run=a/b",), ("--json", "--run", "a/b")])
def test_the_run_that_a_command_makes_is_known(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert output_of(("distil", "tsak", *words), tmp_path) == str(tmp_path / "a" / "b")
    assert output_of(("bench", *words), tmp_path) == output_of((), tmp_path) == output_of(("distil",), tmp_path) == ""


def test_where_nothing_can_be_written_the_folders_are_read_and_nothing_is_begun(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, 20)
    before = store.rows(match="seed")
    monkeypatch.setattr("stillroom.jobs.store.os.access", lambda path, mode: False)
    monkeypatch.setattr(Index, "_open", lambda index: pytest.fail("the index was opened"))
    untimed = [{**row, "changed_s": 0} for row in store.rows(match="seed")]
    assert untimed == [{**row, "changed_s": 0} for row in before]
    assert [row["state"] for row in store.rows(("queued",))] == ["queued", "queued"]
    assert store.rows(match="=7")[0]["id"] == f"{7:016x}"
    assert store.dispatch() == []


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root mounts, and only on Linux")
def test_a_workspace_on_a_read_only_disk_is_listed(store: Store, tmp_path: Path) -> None:
    names = lay(tmp_path, 5)
    store.reconcile()
    code = f"from stillroom.jobs.store import Store; from pathlib import Path; s = Store(Path({str(tmp_path)!r}))\n"
    code += "s.dispatch(); print(len(s.rows()), s.look(s.find('0000000000000001')).state)"
    mount = f"mount --bind {tmp_path} {tmp_path} && mount -o remount,bind,ro {tmp_path} || exit 99\n"
    mount += f'exec {sys.executable} -c "$0"'
    told = subprocess.run(["unshare", "-m", "bash", "-c", mount, code], capture_output=True, text=True, timeout=60)
    if told.returncode in (1, 99) and "unshare" in told.stderr + "unshare" * (told.returncode == 99):
        pytest.skip("no mounts of one's own here")
    assert told.stdout.split() == [str(len(names)), Job(store.folder / names[1]).standing().state], told.stderr


def test_an_exit_record_with_a_state_that_there_is_not_is_that_of_a_lost_job(store: Store, tmp_path: Path) -> None:
    (name, *_) = lay(tmp_path, 1)
    ended(Job(tmp_path / "jobs" / name), state="zzz")
    assert [row["state"] for row in store.rows()] == ["lost"]


def test_an_ended_job_that_was_damaged_since_is_not_listed_any_more(store: Store, tmp_path: Path) -> None:
    names = lay(tmp_path, 3)
    assert len(store.rows()) == 3
    (tmp_path / "jobs" / names[1] / "job.json").write_text("{")
    later = time.time() + 5
    os.utime(tmp_path / "jobs" / names[1] / "job.json", (later, later))
    assert [row["id"] for row in store.rows()] == [names[2], names[0]]
