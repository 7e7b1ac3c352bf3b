"""How long callables take on this computer, side by side: all in turn, again and again, so that a busy spell hits all.

Each round times every callable once more in a new order; a sample is the mean of so many calls as last a
millisecond. It knows nothing of networks; what is called is the caller's business, threads and batch too.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from stillroom.base.errors import InputError

FEWEST_ROUNDS = 7
BUSY = 0.2


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one call, over `n` samples.

    Attributes:
        low_ms: the first quartile.
        high_ms: the third one.
        min_ms: the quickest sample.
        iqr_share: the distance between the quartiles, over the median.
        n: samples; each is the mean of `calls` calls.
    """

    median_ms: float
    p95_ms: float
    low_ms: float
    high_ms: float
    min_ms: float
    iqr_share: float
    n: int
    calls: int

    @property
    def busy(self) -> bool:
        """Whether the machine seems to have had other things to do."""
        return self.iqr_share > BUSY

    @property
    def remark(self) -> str:
        """A sentence where it was busy, or nothing."""
        if not self.busy:
            return ""
        return (
            f"The machine was busy: the middle half of the samples spreads over {self.iqr_share:.0%} of the median. "
            "Close other programs and measure again."
        )


def time_interleaved(
    named: Mapping[str, Callable[[], Any]],
    *,
    warmup: int = 50,
    rounds: int = 15,
    sample_ms: float = 1.0,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Times callables in turn.

    Args:
        named: what to call, by name; each does the same work every time.
        warmup: calls of each before anything counts.
        rounds: samples of each, at least seven.
        sample_ms: the least that a sample lasts.
        clock: seconds, ever growing.

    Raises:
        InputError: there is nothing to time, or too few rounds.
    """
    if not named:
        raise InputError("there is nothing to time")
    if rounds < FEWEST_ROUNDS:
        raise InputError(f"{rounds} rounds say nothing of the spread", mend=f"Take {FEWEST_ROUNDS} or more.")
    calls = {name: _calls(call, warmup, sample_ms / 1e3, clock) for name, call in named.items()}
    samples: dict[str, list[float]] = {name: [] for name in named}
    with _no_collection():
        for turn in range(rounds):
            for name in _order(list(named), turn):
                samples[name].append(_sample(named[name], calls[name], clock))
    return {name: _timing(taken, calls[name]) for name, taken in samples.items()}


def _order(names: list[str], turn: int) -> list[str]:
    """Forth and back, beginning one later every second round: nobody always comes after the same one."""
    start = turn // 2 % len(names)
    order = names[start:] + names[:start]
    return order[::-1] if turn % 2 else order


def _calls(call: Callable[[], Any], warmup: int, least_s: float, clock: Callable[[], float]) -> int:
    """How many calls last long enough to be timed, after the warm-up."""
    for _ in range(warmup):
        call()
    calls = 1
    while (taken := _sample(call, calls, clock) * calls / 1e3) < least_s and calls < 1 << 20:
        calls = max(2 * calls, min(64 * calls, int(1.2 * calls * least_s / taken) if taken else 0))
    return calls


def _sample(call: Callable[[], Any], calls: int, clock: Callable[[], float]) -> float:
    """Milliseconds of a call, the mean of several."""
    begun = clock()
    for _ in range(calls):
        call()
    return 1e3 * (clock() - begun) / calls


def _timing(samples: list[float], calls: int) -> Timing:
    low, median, high, p95 = (float(one) for one in np.percentile(samples, [25, 50, 75, 95]))
    spread = (high - low) / median if median else 0.0
    return Timing(median, p95, low, high, min(samples), spread, len(samples), calls)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keeps Python's garbage collector out of the samples."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
