"""What attributions are worth: whether they add up, and whether they depend on the model and not on the baseline.

Completeness (Sundararajan et al. 2017) holds for methods that promise it. The randomised-weights control (Adebayo et
al. 2018) compares with a model that learned nothing: an explanation that stays the same there shows the input and not
the model. The same comparison serves a model that was trained on permuted labels, and two baselines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.explain.asking import Ask, Score, scores
from stillroom.explain.cells import cell_sums
from stillroom.explain.given import check_attributions, check_windows, per_window
from stillroom.explain.ranks import defined_mean, rank_correlation

# A window that changes the score by less than this share of the mean change is measured by that share.
_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Completeness:
    """How far sums of attributions miss the change of the score from baseline to window.

    Attributes:
        overall: sum of |miss| over the sum of |change|; 0 where nothing was missed.
        median: of the windows' own ratios.
        worst: the largest of them.
        windows: how many.
        per_window: their ratios; what changes the score by less than 1 % of the mean change is measured by that.
    """

    overall: float
    median: float
    worst: float
    windows: int
    per_window: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form, without the windows' own."""
        return {name: value for name, value in asdict(self).items() if name != "per_window"}


@dataclass(frozen=True)
class Likeness:
    """Mean rank correlation of two explanations of the same windows, -1 to 1; None where it is nowhere defined.

    Attributes:
        signed: by cells' sums.
        magnitude: by cells' sums of |attribution|; these follow the loudness of the input as well as the model.
        absolute: mean over windows of the signed correlation's size, 0 to 1, which nothing can cancel: near
            `absolute_by_chance` where the two have nothing in common.
        absolute_by_chance: what cells in random order would give.
        windows: how many.
        undefined: windows without a signed correlation, where one side is flat.
    """

    signed: float | None
    magnitude: float | None
    absolute: float | None
    absolute_by_chance: float
    windows: int
    undefined: int

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self)


@dataclass(frozen=True)
class Randomised:
    """Likeness to explanations of models with other weights; near 0 where the explanation depends on what was learned.

    Freshly drawn weights may as well speak for a class as against it: single draws lie on both sides of 0.

    Attributes:
        signed: mean over the other models.
        magnitude: the same of magnitudes.
        absolute: the same of the signed correlations' sizes; an explanation that is the input with another sign for
            each window and model is near 1 here, and near 0 in `signed`.
        absolute_by_chance: what cells in random order would give.
        draws: each other model's.
    """

    signed: float | None
    magnitude: float | None
    absolute: float | None
    absolute_by_chance: float
    draws: tuple[Likeness, ...]

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self) | {"draws": [draw.as_dict() for draw in self.draws]}


def completeness_error(
    ask: Ask,
    windows: Float[Tensor, "window channel time"],
    targets: Int[Tensor, " window"],
    baselines: Float[Tensor, "*each channel time"],
    attributions: Float[Tensor, "window ..."],
    *,
    score: Score = "contrast",
    batch: int = 64,
) -> Completeness:
    """Holds the sums of attributions against the change of the score.

    Args:
        ask: the model that was explained, quiet.
        windows: in physical units.
        targets: class codes.
        baselines: `(channel, time)`, or one for each window.
        attributions: of each window, over whatever parts.
        score: what was explained.
        batch: the most rows that the model is asked at once.

    Raises:
        InputError: arrays that do not fit.
    """
    check_windows(windows, targets)
    check_attributions(attributions, windows, whole=False)
    beside = per_window(baselines, windows)
    there, here = (scores(ask, side, targets, score=score, batch=batch).double().cpu() for side in (beside, windows))
    change: NDArray[np.float64] = (here - there).numpy()
    total = attributions.detach().sum(dim=-1).double().reshape(len(windows), -1).sum(dim=1).cpu().numpy()
    miss, size = np.abs(total - change), np.abs(change)
    ratios = miss / np.maximum(np.maximum(size, _LEAST_SHARE * size.mean()), np.finfo(np.float32).tiny)
    overall = float(miss.sum() / max(size.sum(), np.finfo(np.float32).tiny))
    per = tuple(float(ratio) for ratio in ratios)
    return Completeness(overall, float(np.median(ratios)), max(per), len(per), per)


def stability(
    a: Float[Tensor, "window channel time"], b: Float[Tensor, "window channel time"], blocks: int = 10
) -> Likeness:
    """How alike two explanations of the same windows are, as with two baselines.

    Args:
        a: attributions.
        b: the others.
        blocks: stretches of time in a cell's channel.

    Raises:
        InputError: other windows or channels on one side.
    """
    ranks = [
        rank_correlation(*(cell_sums(side, blocks, absolute=absolute).reshape(len(side), -1) for side in (a, b)))
        for absolute in (False, True)
    ]
    undefined = int(np.count_nonzero(np.isnan(ranks[0])))
    sizes, chance = defined_mean(np.abs(ranks[0])), _size_by_chance(a.shape[1] * blocks)
    return Likeness(defined_mean(ranks[0]), defined_mean(ranks[1]), sizes, chance, len(a), undefined)


def _size_by_chance(cells: int) -> float:
    """The mean size of a rank correlation of `cells` cells in random order: nearly normal, of spread 1/sqrt(n - 1)."""
    return float(np.sqrt(2 / (np.pi * max(cells - 1, 1))))


def randomised(
    attributions: Float[Tensor, "window channel time"],
    explain: Callable[[Ask], Tensor],
    others: Iterable[Ask],
    blocks: int = 10,
) -> Randomised:
    """How alike the explanation is to that of models which learned nothing, or something else.

    Args:
        attributions: of the model.
        explain: gives the same windows' attributions of another model, by the same method, targets and baselines.
        others: models with freshly drawn weights, or trained on permuted labels; asked for one after another.
        blocks: stretches of time in a cell's channel.

    Raises:
        InputError: no other model.
    """
    draws = tuple(stability(attributions, explain(ask), blocks) for ask in others)
    if not draws:
        raise InputError("no other model to compare with", where="randomised weights")
    sides = {
        name: defined_mean(np.array([getattr(draw, name) for draw in draws], dtype=float))
        for name in ("signed", "magnitude", "absolute")
    }
    return Randomised(**sides, absolute_by_chance=draws[0].absolute_by_chance, draws=draws)
