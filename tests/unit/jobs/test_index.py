"""The index: what starts next is decided once, in order, within the cores and the memory; damage is always noticed."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import StorageError
from stillroom.jobs import index as index_module
from stillroom.jobs.index import UNKNOWN_BYTES, VERSION, DamagedIndexError, Index
from stillroom.jobs.record import ACTIVE, ENDED, QUEUED, STARTING, Job, Request, Standing

GB = 10**9


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "jobs" / "index.sqlite3")


def job(name: str, made_s: float, *words: str, **more: Any) -> Job:
    """A job that lies nowhere."""
    made = Job(Path("jobs") / name)
    request = Request(words=words or ("distil",), cwd="here", **more)
    facts = {"format": 1, "made_s": made_s, "request": request.model_dump(mode="json")}
    made.__dict__["facts"] = facts  # a cached property
    return made


def put(index: Index, one: Job, standing: Standing) -> None:
    index.put([(one, standing)], time.time())


def queued(index: Index, *jobs: Job) -> None:
    index.put([(one, Standing(QUEUED)) for one in jobs], time.time())


def states(index: Index) -> dict[str, str]:
    return {row["id"]: row["state"] for row in index.rows()}


def test_jobs_are_told_the_latest_first_with_all_that_a_list_shows(index: Index) -> None:
    standing = Standing(
        "failed", "why", pid=7, known_as="x", began_s=2.0, ended_s=3.0, heard_s=2.5, held_bytes=9, attempt=2
    )
    put(index, job("a", 1.0, "distil", "a b", threads=2, memory_bytes=5, group="g"), standing)
    queued(index, job("b", 2.0))
    newest, oldest = index.rows()
    changed_s = oldest.pop("changed_s")
    assert changed_s > 1e9 and newest["id"] == "b" and newest["memory_bytes"] == UNKNOWN_BYTES
    assert oldest == {
        "id": "a", "state": "failed", "command": "distil 'a b'", "belongs": "g", "made_s": 1.0, "threads": 2,
        "memory_bytes": 5, "pid": 7, "began_s": 2.0, "ended_s": 3.0, "heard_s": 2.5, "attempt": 2, "why": "why",
    }  # fmt: skip


def test_they_are_found_by_state_and_by_text(index: Index) -> None:
    for number, state in enumerate((QUEUED, *ACTIVE, *ENDED)):
        put(index, job(f"n{number}", number, "distil", f"--seed={number}", group="100%"), Standing(state))
    assert [row["state"] for row in index.rows(("failed", "lost"))] == ["lost", "failed"]
    assert [row["id"] for row in index.rows(match="--seed=3")] == ["n3"]
    assert [row["id"] for row in index.rows(("done",), "seed")] == ["n5"]
    assert len(index.rows(match="100%")) == 9 and index.rows(match="n4")[0]["id"] == "n4"
    assert index.rows(match="_") == [] and index.rows(match="' OR 1=1") == []


def test_they_start_in_the_order_of_making_and_never_on_more_than_the_cores(index: Index) -> None:
    queued(index, job("third", 3.0), job("first", 1.0), job("second", 2.0), job("waits", 2.5, threads=0))
    claimed = [index.claim(2, None) for _ in range(4)]
    assert claimed == ["first", "second", "waits", None]
    assert states(index) == {"first": STARTING, "second": STARTING, "waits": STARTING, "third": QUEUED}
    put(index, job("first", 1.0), Standing("done"))
    assert (index.claim(2, None), index.claim(2, None)) == ("third", None)


@pytest.mark.parametrize("state", ACTIVE)
def test_whatever_is_active_takes_its_cores(index: Index, state: str) -> None:
    put(index, job("large", 1.0, threads=2), Standing(state, pid=1))
    queued(index, job("small", 2.0))
    assert index.claim(2, None) is None and index.claim(3, None) == "small"


def test_a_large_job_is_not_overtaken_by_small_ones(index: Index) -> None:
    put(index, job("works", 1.0), Standing("running", pid=1))
    queued(index, job("large", 2.0, threads=2), job("small", 3.0))
    assert index.claim(2, None) is None
    put(index, job("works", 1.0), Standing("done"))
    assert (index.claim(2, None), index.claim(2, None)) == ("large", None)


def test_memory_bounds_them_as_well(index: Index) -> None:
    queued(index, job("a", 1.0, memory_bytes=2 * GB), job("b", 2.0, memory_bytes=2 * GB), job("c", 3.0))
    assert (index.claim(8, 3 * GB), index.claim(8, 3 * GB)) == ("a", None)
    assert index.claim(8, 4 * GB) == "b"
    # one that does not say how much is counted with a guess
    assert index.claim(8, 4 * GB + UNKNOWN_BYTES - 1) is None and index.claim(8, 4 * GB + UNKNOWN_BYTES) == "c"


def test_where_nothing_else_works_memory_holds_no_job_up_for_ever(index: Index) -> None:
    queued(index, job("a", 1.0))
    assert index.claim(1, UNKNOWN_BYTES // 2) == "a"


def test_of_many_that_ask_at_once_each_gets_another_job(index: Index) -> None:
    queued(index, *(job(f"n{number:02}", number, threads=0) for number in range(40)))
    with ThreadPoolExecutor(8) as threads:
        claimed = list(threads.map(lambda _: index.claim(1, None), range(60)))
    assert sorted(name for name in claimed if name) == [f"n{number:02}" for number in range(40)]


def test_a_job_that_was_just_claimed_is_not_put_back_by_one_who_looked_before(index: Index) -> None:
    queued(index, job("a", 1.0))
    assert index.claim(1, None) == "a"
    queued(index, job("a", 1.0))
    assert states(index) == {"a": STARTING} and index.claim(2, None) is None
    put(index, job("a", 1.0), Standing(STARTING, pid=5))
    queued(index, job("a", 1.0))  # begun, ended and taken up again
    assert states(index) == {"a": QUEUED}


def test_what_was_seen_later_is_not_undone_by_one_who_writes_late(index: Index) -> None:
    now = time.time()
    for looked_s, state in ((now, "running"), (now + 2, QUEUED), (now + 1, "stopped")):
        index.put([(job("a", 1.0), Standing(state))], looked_s)
    assert states(index) == {"a": QUEUED}
    index.put([(job("a", 1.0), Standing("stopped"))], now - 3600)  # the clock was set back
    assert states(index) == {"a": "stopped"}


def test_a_claim_that_led_to_nothing_is_given_up_in_time(index: Index) -> None:
    queued(index, job("a", 1.0))
    index.claim(1, None)
    later = time.time() + index_module.CLAIM_S + 1
    index.put([(job("a", 1.0), Standing(QUEUED))], later)
    assert states(index) == {"a": QUEUED}


def test_what_is_forgotten_is_gone(index: Index) -> None:
    queued(index, job("a", 1.0), job("b", 2.0))
    index.forget(["a", "nobody"])
    assert list(states(index)) == ["b"]


def _foreign(version: int, statement: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(f"{statement}; PRAGMA user_version = {version}")
        return bytes(connection.serialize())


@pytest.mark.parametrize(
    "data",
    [
        b"not a database at all" * 100,
        _foreign(VERSION + 1, "CREATE TABLE jobs (id TEXT)"),
        _foreign(0, "CREATE TABLE other (id TEXT)"),
        _foreign(VERSION, "CREATE TABLE other (id TEXT)"),
        _foreign(VERSION, "CREATE TABLE jobs (id TEXT, state TEXT, made_s REAL)"),
    ],
    ids=["no database", "of a later version", "of another program", "without our table", "with another table"],
)
def test_a_file_that_is_no_index_of_ours_is_damage(index: Index, data: bytes) -> None:
    index.path.parent.mkdir()
    index.path.write_bytes(data)
    with pytest.raises(DamagedIndexError):
        queued(index, job("a", 1.0))


def test_damage_anywhere_is_noticed_or_harmless(index: Index) -> None:
    queued(index, *(job(f"n{number:02}", number, "distil", "x" * 80) for number in range(40)))
    whole, names = index.path.read_bytes(), {row["id"] for row in index.rows()}
    draw, noticed = np.random.default_rng(2), 0
    for kind in ("cut", "zeros", "bytes") * 25:
        data, at = bytearray(whole), int(draw.integers(len(whole)))
        if kind == "cut":
            del data[at:]
        elif kind == "zeros":
            data[at : at + 4096] = bytes(len(data[at : at + 4096]))
        else:
            for place in draw.integers(len(whole), size=50):
                data[place] = draw.integers(256)
        for beside in index.path.parent.glob("index.sqlite3-*"):
            beside.unlink()
        index.path.write_bytes(data)
        try:
            found = index.rows()
        except DamagedIndexError:
            noticed += 1
            continue
        assert not found or {row["id"] for row in found} == names
        assert {row["state"] for row in found} <= {QUEUED}
    assert noticed > 40


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_row_whose_name_was_garbled_is_damage(index: Index, place: str) -> None:
    queued(index, *(job(f"name-{number:02}", number) for number in range(9)))
    whole = index.path.read_bytes()
    assert whole.count(b"name-04") == 2  # in the table, and in the list of its keys
    at = whole.find(b"name-04") if place == "first" else whole.rfind(b"name-04")
    index.path.write_bytes(whole[:at] + b"nam3-04" + whole[at + 7 :])
    with pytest.raises(DamagedIndexError):
        index.rows()


class _Refused(sqlite3.Connection):
    """Is told twice that the file is locked where SQLite does not wait: two make the same index at once."""

    times = 0

    def execute(self, statement: str, *more: Any) -> sqlite3.Cursor:
        if "journal_mode" in statement and _Refused.times < 2:
            _Refused.times += 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return super().execute(statement, *more)


def test_of_two_who_make_the_index_at_once_neither_is_refused(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=_Refused))
    queued(index, job("a", 1.0))
    assert list(states(index)) == ["a"] and _Refused.times == 2


def test_an_index_that_another_program_holds_is_one_error_and_no_damage(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(index, job("a", 1.0))
    monkeypatch.setattr(index_module, "_TIMEOUT_S", 0.1)
    with closing(sqlite3.connect(index.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="the jobs themselves are safe"):
            index.rows()
    assert list(states(index)) == ["a"]


def test_it_is_kept_so_that_readers_do_not_wait_for_writers(index: Index) -> None:
    queued(index, job("a", 1.0))
    with closing(sqlite3.connect(index.path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA user_version").fetchone()[0] == VERSION
