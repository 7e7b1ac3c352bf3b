"""What holds for every engine: one token is one job, in order, at most so many at once, and nothing outlives a stop."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import stillroom.jobs.pool  # noqa: F401  (registers itself)
from stillroom.jobs.executor import EXECUTORS, Executor
from stillroom.jobs.record import Request, Standing
from stillroom.jobs.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the toys end by signals")

Make = Callable[[int], Executor]


@pytest.fixture(scope="module")
def kit() -> ModuleType:
    """The toys of the jobs' own tests."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("jobs_kit", Path(__file__).parents[1] / "e2e" / "jobs_kit.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def stores(kit: ModuleType, tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Makes stores of one workspace; all that they started ends with the test."""
    made = kit.Stores(tmp_path / "workspace")
    yield made
    made.end()


@pytest.fixture(params=list(EXECUTORS))
def make(request: pytest.FixtureRequest, stores: Callable[..., Store]) -> Make:
    """Builds an engine for so many at once, on a machine of many cores."""
    return lambda workers: EXECUTORS[request.param](stores(cores=8), workers)


def toy(folder: Path, *words: object) -> Request:
    return Request(words=tuple(map(str, words)), cwd=str(folder))


def steps(folder: Path, name: str, count: int = 3) -> Request:
    """A job that notes when it begins and ends; begun again, it goes on where it was."""
    return toy(folder, "steps", count, 0.02, name)


def until(executor: Executor, true: Callable[[dict[str, Standing]], bool]) -> dict[str, Standing]:
    """Polls until something holds."""
    last = time.monotonic() + 60
    while not true(standings := dict(executor.poll())):
        assert time.monotonic() < last, standings
        time.sleep(0.02)
    return standings


def until_over(executor: Executor) -> dict[str, Standing]:
    return until(executor, lambda standings: all(one.ended for one in standings.values()))


def began(folder: Path) -> list[str]:
    lines = [json.loads(line) for line in (folder / "noted.jsonl").read_text().splitlines()]
    return [line["name"] for line in lines if line["what"] == "began"]


def test_all_that_was_handed_over_is_done_and_told_by_token(make: Make, tmp_path: Path) -> None:
    executor = make(2)
    assert dict(executor.poll()) == {}
    for name in "abc":
        executor.submit(steps(tmp_path, name), name)
    assert set(executor.poll()) == set("abc")
    standings = until_over(executor)
    assert {token: standing.state for token, standing in standings.items()} == dict.fromkeys("abc", "done")
    assert dict(executor.poll()) == standings


def test_they_begin_in_the_order_of_handing_over(make: Make, tmp_path: Path) -> None:
    executor = make(1)
    names = ["n3", "n1", "n2", "n0"]
    for name in names:
        executor.submit(steps(tmp_path, name, 1), name)
    until_over(executor)
    assert began(tmp_path) == names


def test_at_most_so_many_work_at_once(make: Make, kit: ModuleType, tmp_path: Path) -> None:
    executor = make(2)
    for number in range(5):
        executor.submit(steps(tmp_path, f"n{number}", 12), f"n{number}")
    until_over(executor)
    assert kit.most_at_once(tmp_path) == 2


def test_what_is_under_way_is_joined_and_not_begun_twice(make: Make, tmp_path: Path) -> None:
    executor = make(1)
    executor.submit(steps(tmp_path, "a", 20), "a")
    executor.submit(steps(tmp_path, "b"), "b")
    executor.submit(steps(tmp_path, "b"), "b")  # waits still
    until(executor, lambda standings: standings["a"].state == "running")
    executor.submit(steps(tmp_path, "a", 20), "a")
    executor.submit(steps(tmp_path, "last"), "last")
    until(executor, lambda standings: standings["last"].ended)
    assert began(tmp_path) == ["a", "b", "last"]


def test_what_another_engine_has_under_way_is_joined(make: Make, tmp_path: Path) -> None:
    one, other = make(1), make(1)
    one.submit(steps(tmp_path, "a", 30), "a")
    until(one, lambda standings: standings["a"].state == "running")
    other.submit(steps(tmp_path, "a", 30), "a")
    assert until_over(other)["a"].state == until_over(one)["a"].state == "done"
    assert began(tmp_path) == ["a"]


@pytest.mark.parametrize("again_by_another", [False, True])
def test_what_ended_is_begun_again_when_it_is_handed_over_again(
    make: Make, tmp_path: Path, again_by_another: bool
) -> None:
    executor = make(1)
    executor.submit(steps(tmp_path, "a"), "a")
    assert until_over(executor)["a"].attempt == 1
    other = make(1) if again_by_another else executor
    other.submit(steps(tmp_path, "a"), "a")
    assert not other.poll()["a"].ended
    standing = until_over(other)["a"]
    assert (standing.state, standing.attempt) == ("done", 2) and began(tmp_path) == ["a", "a"]


def test_what_was_lost_is_taken_up_again_and_shows_as_lost_to_nobody(make: Make, tmp_path: Path) -> None:
    executor = make(1)
    executor.submit(toy(tmp_path, "lose", 2), "a")
    seen = set()

    def over(standings: dict[str, Standing]) -> bool:
        seen.add(standings["a"].state)
        return standings["a"].ended

    standing = until(executor, over)["a"]
    assert (standing.state, standing.attempt) == ("done", 3) and "lost" not in seen


def test_what_is_lost_again_and_again_is_given_up_with_its_cause(make: Make, tmp_path: Path) -> None:
    executor = make(1)
    executor.submit(toy(tmp_path, "lose", 99), "a")
    executor.submit(steps(tmp_path, "b"), "b")
    standings = until_over(executor)
    assert standings["a"].state == "lost" and "SIGKILL" in standings["a"].why
    assert 2 <= len((tmp_path / "began").read_text().split()) == standings["a"].attempt <= 5
    assert standings["b"].state == "done"


def test_what_failed_is_not_tried_again(make: Make, tmp_path: Path) -> None:
    executor = make(1)
    executor.submit(toy(tmp_path, "refuse"), "a")
    standing = until_over(executor)["a"]
    assert (standing.state, standing.attempt) == ("failed", 1)
    assert standing.why == "no such thing (here). Make one"


def test_a_stop_leaves_nothing_working_and_what_waited_never_begins(
    make: Make, kit: ModuleType, stores: Callable[..., Store], tmp_path: Path
) -> None:
    executor = make(2)
    executor.submit(toy(tmp_path, "ignore-the-file"), "deaf")
    for name in "abc":
        executor.submit(steps(tmp_path, name, 2000), name)
    until(executor, lambda standings: standings["deaf"].state == standings["a"].state == "running")
    until(executor, lambda _: (tmp_path / "noted.jsonl").exists())
    executor.stop()
    states = {row["state"] for row in stores().rows()}
    assert states == {"stopped"} and began(tmp_path) == ["a"]
    assert {standing.state for standing in executor.poll().values()} <= {"stopped"}
    executor.stop()  # of nothing


def test_what_was_stopped_goes_on_where_it_was_under_a_new_engine(make: Make, tmp_path: Path) -> None:
    executor, count = make(1), 60
    executor.submit(steps(tmp_path, "a", count), "a")
    place = tmp_path / "a.place"
    until(executor, lambda _: place.exists() and int(place.read_text() or 0) > 3)
    executor.stop()
    reached = int(place.read_text())
    assert 3 < reached < count
    other = make(1)
    other.submit(steps(tmp_path, "a", count), "a")
    assert until_over(other)["a"].state == "done" and int(place.read_text()) == count
    events = list((tmp_path / "workspace" / "jobs").glob("*/events.jsonl"))
    done = [json.loads(line)["data"]["done"] for line in events[0].read_text().splitlines()]
    assert done == list(range(1, count + 1))
