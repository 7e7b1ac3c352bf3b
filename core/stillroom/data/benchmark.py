"""What windows cost as views beside copies, and what the cache saves: `stillroom bench windows`.

Ratios of one run, in paired rounds whose order alternates. Memory is what numpy asked for at the peak.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.events import Emit, Event, silent
from stillroom.base.seeding import generator
from stillroom.data.bank import Bank, bank_of
from stillroom.data.dataset import Dataset
from stillroom.data.source import Source, read
from stillroom.data.tree import Tree
from stillroom.data.windows import WindowConfig, WindowIndex, cut

BATCH = 64
OVERLAP = 10


def bench_windows(
    source: Source, tree: Tree | None, cache: Path, *, rounds: int = 7, emit: Emit = silent
) -> dict[str, Any]:
    """Views against copies, and a second opening against a first.

    Args:
        source: of the recordings.
        tree: where they lie; None for a simulated set.
        cache: an empty folder for the cache of this measurement.
        rounds: paired rounds.
        emit: hears what is measured.

    Returns:
        `{rows: [{name, median, low, high, n}]}`.
    """
    emit(Event("note", "parsing, then opening from the cache"))
    parse_s = _wall_s(lambda: read(source, tree, cache=cache))
    opened = [_wall_s(lambda: read(source, tree, cache=cache)) for _ in range(rounds)]
    dataset = read(source, tree, cache=cache)
    emit(Event("note", "windows as views, then as copies"))
    return {
        "rows": [_row("parsing / opening again", [parse_s / again for again in opened]), *_windows(dataset, rounds)]
    }


def _windows(dataset: Dataset, rounds: int) -> list[dict[str, Any]]:
    window_s = dataset.card.window_s
    index = cut(dataset, WindowConfig(window_s=window_s, stride_s=window_s / OVERLAP))
    bank = bank_of(dataset.recordings, dataset.layout)
    order = generator(0, "bench").permutation(len(index))
    copies = bank.gather(index.start, index.width)
    views: list[float] = []
    copied: list[float] = []
    for number in range(rounds):
        pair = [(views, lambda: _walk_views(bank, index, order)), (copied, lambda: _walk_copies(copies, order))]
        for kept, work in pair if number % 2 else reversed(pair):
            kept.append(_wall_s(work))
    del copies
    lean, fat = _peak_bytes(lambda: _walk_views(bank, index, order)), _peak_bytes(lambda: _copy_all(bank, index, order))
    return [
        _row("windows a second, as views", [len(index) / seconds for seconds in views]),
        _row("windows a second, as copies", [len(index) / seconds for seconds in copied]),
        _row("seconds for an epoch, views / copies", [a / b for a, b in zip(views, copied, strict=True)]),
        _row(f"peak memory at {OVERLAP}-fold overlap, copies / views", [fat / lean]),
        _row(
            f"peak memory at {OVERLAP}-fold overlap, views, as a share of the recordings", [lean / bank.signal.nbytes]
        ),
    ]


def _walk_views(bank: Bank, index: WindowIndex, order: NDArray[np.int64]) -> float:
    starts = index.start[order]
    return sum(float(bank.gather(starts[i : i + BATCH], index.width)[0, 0, 0]) for i in range(0, len(starts), BATCH))


def _walk_copies(copies: NDArray[np.float32], order: NDArray[np.int64]) -> float:
    return sum(float(copies[order[i : i + BATCH]][0, 0, 0]) for i in range(0, len(order), BATCH))


def _copy_all(bank: Bank, index: WindowIndex, order: NDArray[np.int64]) -> float:
    return _walk_copies(bank.gather(index.start, index.width), order)


def _wall_s(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _peak_bytes(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _row(name: str, values: list[float]) -> dict[str, Any]:
    return {"name": name, "median": median(values), "low": min(values), "high": max(values), "n": len(values)}
