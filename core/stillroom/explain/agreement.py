"""Whether a student looks where its teacher looks: their explanations of the same windows, on the channels both have.

Cells are ranked by their signed sums, from what speaks most for the class to what speaks most against it. Magnitudes
follow the loudness of the input: by them a model agrees with one that learned nothing. Beside each number stands what
chance gives: the correlation of windows paired at random, and `k / n` for the top `k` of `n` cells. Time is cut into as
many stretches on both sides, so the two models may run at different rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Float64
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.base.seeding import generator
from stillroom.evaluation.arrays import same_length
from stillroom.evaluation.significance import Interval, interval
from stillroom.explain.cells import cell_sums
from stillroom.explain.ranks import defined_mean, rank_correlation, top_overlap
from stillroom.sensors.layout import Layout

Order = Literal["signed", "magnitude"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Explained:
    """One model's explanation of some windows.

    Attributes:
        attributions: `(window, channel, time)`.
        layout: its channels.
    """

    attributions: Float[Tensor, "window channel time"]
    layout: Layout


@dataclass(frozen=True)
class Agreement:
    """How far two models' explanations agree, over people.

    Attributes:
        rank: rank correlation, -1 to 1: mean over people and its interval; None where no order is defined.
        rank_by_chance: mean with each window paired with another; None with one window.
        overlap: share of the top that both have, 0 to 1: mean over people and its interval.
        overlap_by_chance: `top / cells`.
        top: how many cells are the top.
        cells: compared.
        channels: shared.
        windows: how many.
        undefined: windows where one explanation is flat; they have no rank correlation.
        apart: ids of the windows that agree least by rank, the worst first.
        by_window: `(window,)` each one's rank correlation; None where it is not defined.
    """

    rank: Interval | None
    rank_by_chance: float | None
    overlap: Interval
    overlap_by_chance: float
    top: int
    cells: int
    channels: tuple[str, ...]
    windows: int
    undefined: int
    apart: tuple[int, ...]
    by_window: tuple[float | None, ...]

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        intervals = {"rank": self.rank and self.rank._asdict(), "overlap": self.overlap._asdict()}
        lists = {name: list(getattr(self, name)) for name in ("channels", "apart", "by_window")}
        return asdict(self) | intervals | lists


def shared_cells(
    teacher: Explained, student: Explained, blocks: int = 1, order: Order = "signed"
) -> tuple[tuple[str, ...], Float64[NDArray[np.float64], "window cell"], Float64[NDArray[np.float64], "window cell"]]:
    """The channels that both have, in the student's order, and both sides' sums by cell.

    Args:
        teacher: its explanation.
        student: of the same windows.
        blocks: stretches of time in a cell's channel; 1: whole channels.
        order: whether sums are signed or of magnitudes.

    Raises:
        InputError: no channel is shared, or one has two units.
    """
    known = set(teacher.layout.names)
    shared = Layout(channels=tuple(channel for channel in student.layout if channel.name in known))
    if not len(shared):
        raise InputError("the two models share no channel", where="agreement", mend="Compare models of one data set")
    sides = [
        cell_sums(side.attributions[:, side.layout.indices_of(shared)], blocks, absolute=order == "magnitude")
        for side in (teacher, student)
    ]
    if sides[0].shape != sides[1].shape:
        raise InputError(f"explanations of shapes {sides[0].shape} and {sides[1].shape}", where="agreement")
    first, second = (side.reshape(len(side), -1) for side in sides)
    return shared.names, first, second


def agreement(
    teacher: Explained,
    student: Explained,
    person: ArrayLike,
    ids: Sequence[int],
    *,
    blocks: int = 1,
    order: Order = "signed",
    top: int | None = None,
    worst: int = 10,
    seed: int = 0,
    level: float = 0.95,
) -> Agreement:
    """Compares two explanations, windows averaged within a person first.

    Args:
        teacher: its explanation.
        student: of the same windows and classes.
        person: `(window,)` whose window it is.
        ids: `(window,)` by which the windows that differ most are named.
        blocks: stretches of time in a cell's channel; 1: whole channels.
        order: what cells are ranked by.
        top: cells that are the top; a fifth of them by default, at least one.
        worst: how many windows to name.
        seed: of the random pairs.
        level: coverage of the intervals.

    Raises:
        InputError: arrays that do not fit, or no channel in common.
    """
    names, first, second = shared_cells(teacher, student, blocks, order)
    who = np.atleast_1d(np.asarray(person, dtype=str))
    same_length(attributions=first, person=who, ids=np.asarray(ids))
    cells = first.shape[1]
    chosen = max(1, cells // 5) if top is None else top
    rank, overlap = rank_correlation(first, second), top_overlap(first, second, chosen)
    least = np.argsort(rank, kind="stable")[: min(worst, int(np.isfinite(rank).sum()))]
    by_overlap = _over_people(overlap, who, level, (0, 1))
    assert by_overlap is not None
    return Agreement(
        rank=_over_people(rank, who, level, (-1, 1)),
        rank_by_chance=_by_chance(first, second, seed),
        overlap=by_overlap,
        overlap_by_chance=chosen / cells,
        top=chosen,
        cells=cells,
        channels=names,
        windows=len(first),
        undefined=int(np.isnan(rank).sum()),
        apart=tuple(int(ids[place]) for place in least),
        by_window=tuple(float(one) if np.isfinite(one) else None for one in rank),
    )


def _over_people(values: Floats, who: NDArray[np.str_], level: float, possible: tuple[float, float]) -> Interval | None:
    """People without a single defined value are left out."""
    means = [defined_mean(values[who == one]) for one in np.unique(who)]
    known = [mean for mean in means if mean is not None]
    return interval(known, level, possible=possible) if known else None


def _by_chance(first: Floats, second: Floats, seed: int) -> float | None:
    """Each window's explanation beside that of the next one in a random round, never its own."""
    if len(first) < 2:
        return None
    around = generator(seed, "random pairs").permutation(len(first))
    other = np.empty(len(first), dtype=np.int64)
    other[around] = np.roll(around, 1)
    return defined_mean(rank_correlation(first, second[other]))
