"""Callables are timed in turn, each often enough to be timed at all, and a busy machine is said to be busy."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from stillroom.base.errors import InputError
from stillroom.cost.computer import host_facts
from stillroom.cost.latency import Timing, time_interleaved


class Clock:
    """Time that passes only when something is called."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []

    def __call__(self) -> float:
        return self.now

    def taking(self, name: str, *seconds: float) -> Callable[[], None]:
        """A callable that takes these times in turn."""
        turn = iter(range(10**9))

        def call() -> None:
            self.said.append(name)
            self.now += seconds[next(turn) % len(seconds)]

        return call


def test_each_is_told_its_own_time() -> None:
    clock = Clock()
    found = time_interleaved({"quick": clock.taking("q", 2e-5), "slow": clock.taking("s", 4e-3)}, clock=clock)
    assert found["quick"].median_ms == pytest.approx(0.02) and found["slow"].median_ms == pytest.approx(4.0)
    assert found["quick"].calls * 0.02 >= 1.0 and found["slow"].calls == 1
    assert found["slow"].n == 15 and found["slow"].iqr_share == pytest.approx(0)
    assert not found["slow"].busy and found["slow"].remark == ""


def test_warm_up_counts_for_nothing() -> None:
    clock = Clock()
    times = [1.0] * 50 + [2e-3] * 1000
    found = time_interleaved({"a": clock.taking("a", *times)}, clock=clock)
    assert found["a"].p95_ms == pytest.approx(2.0)


def test_they_take_turns_and_the_order_changes() -> None:
    clock = Clock()
    calls = {name: clock.taking(name, 2e-3) for name in "abc"}
    time_interleaved(calls, warmup=0, rounds=8, clock=clock)
    rounds = ["".join(clock.said[3:][3 * turn : 3 * turn + 3]) for turn in range(8)]
    assert all(sorted(order) == ["a", "b", "c"] for order in rounds), rounds
    assert rounds[:6] == ["abc", "cba", "bca", "acb", "cab", "bac"]


def test_quartiles_least_and_p95_are_those_of_the_samples() -> None:
    clock = Clock()
    # one call sizes the samples, then 1..100 ms
    found = time_interleaved(
        {"a": clock.taking("a", 0.05, *(1e-3 * (1 + turn) for turn in range(100)))}, warmup=0, rounds=100, clock=clock
    )["a"]
    assert (found.min_ms, found.median_ms) == pytest.approx((1.0, 50.5))
    assert (found.low_ms, found.high_ms, found.p95_ms) == pytest.approx((25.75, 75.25, 95.05))
    assert found.iqr_share == pytest.approx(49.5 / 50.5)


@pytest.mark.parametrize(("share", "busy"), [(0.19, False), (0.21, True)])
def test_a_wide_spread_is_said(share: float, busy: bool) -> None:
    found = Timing(1.0, 2.0, 0.9, 0.9 + share, 0.8, share, 15, 1)
    assert found.busy == busy
    assert ("busy" in found.remark) == busy


def test_real_work_takes_longer_than_less_of_it() -> None:
    found = time_interleaved(
        {"less": lambda: sum(range(200)), "more": lambda: sum(range(20_000))}, warmup=3, rounds=7, sample_ms=0.2
    )
    assert found["more"].median_ms > 3 * found["less"].median_ms > 0
    assert found["less"].min_ms <= found["less"].low_ms <= found["less"].median_ms <= found["less"].high_ms
    assert gc.isenabled()


def test_a_failure_is_told_and_the_collector_is_on_again() -> None:
    clock = Clock()
    count = iter(range(100))

    def call() -> None:
        clock.now += 1.0
        if next(count) > 3:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        time_interleaved({"a": call}, warmup=0, clock=clock)
    assert gc.isenabled()


def test_a_clock_that_hardly_moves_ends() -> None:
    found = time_interleaved({"a": lambda: None}, warmup=0, rounds=7, sample_ms=0.0)
    assert found["a"].calls == 1


@pytest.mark.parametrize(("calls", "rounds", "said"), [({}, 9, "nothing to time"), ({"a": int}, 6, "6 rounds")])
def test_too_little_is_refused(calls: dict[str, Callable[[], object]], rounds: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        time_interleaved(calls, rounds=rounds)


def test_the_computer_is_named() -> None:
    facts = host_facts(("numpy", "no-such-package"))
    assert facts["cpu"] and facts["cores"] >= 1 and facts["system"]
    assert facts["versions"]["numpy"].count(".") >= 1 and facts["versions"]["no-such-package"] is None
    assert facts["load_1_min"] is None or facts["load_1_min"] >= 0
