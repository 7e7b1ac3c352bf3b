"""Deletion and insertion: whether the cells that an explanation puts first are those that the answer hangs on.

Deletion replaces cells by the baseline, those that speak most for the class first; insertion starts from the baseline
and restores them in the same order (Petsiuk et al. 2018). An explanation that knows nothing does no better than a
random order, which is drawn several times. Restoring in a random order is deleting in another one, read backwards, so
both curves have the same control.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.base.seeding import generator
from stillroom.explain.asking import Ask, Stop, heeding, never, portions, probabilities
from stillroom.explain.cells import cell_sums, time_blocks
from stillroom.explain.given import check_attributions, check_windows, per_window
from stillroom.sensors.layout import Layout

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curves:
    """The probability of the explained class, mean over windows, against the share of cells replaced or restored.

    Attributes:
        shares: of cells, 0 to 1.
        deletion: falls early where the explanation is right. Where it ends high, the baseline itself is taken for the
            class, and neither curve can show anything.
        insertion: rises early where it is right.
        random: deletion in random order, mean over orders.
        deletion_area: mean height of the curve, 0 to 1; below `random_area` where the explanation is right.
        insertion_area: above `random_area`, read backwards, where it is right.
        random_area: mean over orders, for both curves.
        random_areas: of each order.
        better: share of windows whose deletion area lies below their own mean over random orders.
        cells: in a window.
        windows: how many.
    """

    shares: tuple[float, ...]
    deletion: tuple[float, ...]
    insertion: tuple[float, ...]
    random: tuple[float, ...]
    deletion_area: float
    insertion_area: float
    random_area: float
    random_areas: tuple[float, ...]
    better: float
    cells: int
    windows: int

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def deletion_insertion(
    ask: Ask,
    windows: Float[Tensor, "window channel time"],
    targets: Int[Tensor, " window"],
    attributions: Float[Tensor, "window channel time"],
    baselines: Float[Tensor, "*each channel time"],
    layout: Layout,
    *,
    steps: int = 10,
    blocks: int = 10,
    orders: int = 3,
    seed: int = 0,
    batch: int = 64,
    emit: Emit = silent,
    stop: Stop = never,
) -> Curves:
    """Curves of deletion, insertion and random order.

    Args:
        ask: the model, quiet.
        windows: in physical units.
        targets: class codes.
        attributions: what the cells are ordered by, their signed sums.
        baselines: `(channel, time)`, or one for each window.
        layout: the channels.
        steps: points of a curve after the first.
        blocks: stretches of time in a cell's channel.
        orders: random orders.
        seed: of these.
        batch: the most rows that the model is asked at once.
        emit: hears `explain.windows` after every portion.
        stop: asked before every question to the model.

    Raises:
        InputError: arrays that do not fit.
        StoppedError: once `stop` says so.
    """
    check_windows(windows, targets, layout)
    check_attributions(attributions, windows)
    if steps < 1 or orders < 1:
        raise InputError(f"{steps} steps and {orders} random orders", where="steps", mend="Give at least 1 of each")
    sums = cell_sums(attributions, blocks)
    ranked = [_ranks(-sums.reshape(len(sums), -1)), *_random(sums.shape, orders, seed)]
    beside, asked = per_window(baselines, windows), heeding(ask, stop, "deletion")
    # (curve, window, point): insertion, deletion, and deletion in each random order
    heights = np.empty((1 + len(ranked), len(windows), steps + 1))
    for here in portions(len(windows), batch, emit, "deletion"):
        mixed = _mixer(windows[here], beside[here], sums.shape[2])
        for point in range(steps + 1):
            many = round(point / steps * sums[0].size)
            kept = [ranked[0][here] < many, *(ranks[here] >= many for ranks in ranked)]
            for curve, cells in enumerate(kept):
                heights[curve, here, point] = probabilities(asked, mixed(cells), targets[here], batch).cpu().numpy()
    return _curves(heights, sums[0].size)


def _ranks(first: Floats) -> NDArray[np.int64]:
    """The place of each cell in its window's order; the smallest value comes first."""
    return np.argsort(np.argsort(first, axis=1, kind="stable"), axis=1, kind="stable")


def _random(shape: tuple[int, ...], orders: int, seed: int) -> list[NDArray[np.int64]]:
    cells = (shape[0], shape[1] * shape[2])
    return [_ranks(generator(seed, "random order", number).random(cells)) for number in range(orders)]


def _mixer(windows: Tensor, baselines: Tensor, blocks: int) -> Callable[[NDArray[np.bool_]], Tensor]:
    """Windows of which the given cells are kept and all else is the baseline."""
    times = time_blocks(windows.shape[2], blocks)

    def mixed(kept: NDArray[np.bool_]) -> Tensor:
        spread = kept.reshape(len(windows), windows.shape[1], blocks)[:, :, times]
        return torch.where(torch.from_numpy(spread).to(windows.device), windows, baselines)

    return mixed


def _curves(heights: Floats, cells: int) -> Curves:
    means, areas = heights.mean(axis=1), np.trapezoid(heights, axis=2) / (heights.shape[2] - 1)
    insertion, deletion, *random = (tuple(float(value) for value in curve) for curve in means)
    areas_random = tuple(float(area) for area in areas[2:].mean(axis=1))
    return Curves(
        shares=tuple(float(share) for share in np.linspace(0, 1, heights.shape[2])),
        deletion=deletion,
        insertion=insertion,
        random=tuple(float(value) for value in np.mean(random, axis=0)),
        deletion_area=float(areas[1].mean()),
        insertion_area=float(areas[0].mean()),
        random_area=float(np.mean(areas_random)),
        random_areas=areas_random,
        better=float(np.mean(areas[1] < areas[2:].mean(axis=0))),
        cells=cells,
        windows=heights.shape[1],
    )
