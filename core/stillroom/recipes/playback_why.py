"""Why the models said what they said of a stretch: attributions of a window every two seconds.

Explained is the class that each model *said*, other than in `explain_windows`, where it is the one that was done: here
a person asks why the answer on the screen was given. Method, baseline (the training mean) and the number of steps are
those of `explain_fold`; where a model has a forest, which has no gradient, all are explained by occlusion instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32
from numpy.typing import NDArray
from torch import Tensor

from stillroom.base.events import Emit
from stillroom.explain.asking import Stop
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explain_fold import Question
from stillroom.recipes.explained import explained
from stillroom.recipes.playback_stretch import Stretch
from stillroom.recipes.roles import ALONE, STUDENT, TEACHER
from stillroom.runs.store import Run
from stillroom.training.views import Ids

EVERY_S, BLOCKS = 2.0, 20
_METHODS = {"integrated_gradients": "integrated gradients", "occlusion": "occlusion of one sensor after another"}


@dataclass(frozen=True, eq=False)
class Said(Question):
    """Why a model says what it says of some windows; `ids` are first samples in the bank here.

    Attributes:
        said: `(window,)` class index that it said, which is what is explained.
    """

    said: NDArray[np.int64]

    @cached_property
    def label(self) -> NDArray[np.int64]:
        """What is explained."""
        return self.said

    @cached_property
    def windows(self) -> Float[Tensor, "window channel time"]:
        """In physical units."""
        return self.one.at(self.experiment, self.ids)


@dataclass(frozen=True, eq=False)
class Why:
    """Attributions of a stretch.

    Attributes:
        shares: by model, `(explained window, channel, block)`; the sizes of each window sum to 1.
        windows: `(explained window,)` index of the window.
        method: by which, in words.
    """

    shares: dict[str, NDArray[np.float16]]
    windows: NDArray[np.int32]
    method: str


def why(
    experiment: Experiment,
    run: Run,
    stretch: Stretch,
    said: Mapping[str, NDArray[np.int64]],
    channels: Sequence[str],
    *,
    seed: int = 0,
    emit: Emit,
    stop: Stop,
) -> Why:
    """Explains teacher and student; the student alone where a run has neither.

    Args:
        experiment: of the run.
        run: finished.
        stretch: what was played to them.
        said: by model, `(window,)` class index that it said.
        channels: names, in the order of the answer; a model's share of a channel that it does not have is 0.
        seed: of what the method draws.
        emit: hears of progress.
        stop: asked before every question to a model.

    Raises:
        InputError: the extra `explain` is not installed.
        StoppedError: on request.
    """
    here, starts = stretch.alone(experiment)
    pace = max(1, round(EVERY_S * experiment.index.rate_hz / stretch.step))
    rows: Ids = np.arange(0, len(starts), pace)
    roles = [role for role in (TEACHER, STUDENT) if role in said] or [role for role in (ALONE,) if role in said]
    method = _method(here, run, stretch, roles)
    shares = {}
    for role in roles:
        with explained(here, run, role, stretch.fold) as one:
            asked = Said(here, one, starts[rows], method, "sensor", seed, emit, stop, said[role][rows])
            found = asked.attributions().cpu().numpy()
            shares[role] = _laid_out(in_blocks(found), one.layout.names, channels)
    told = f"{_METHODS[method]} against the training mean, of the class that each model said"
    return Why(shares, rows.astype(np.int32), told)


def in_blocks(
    attributions: Float32[NDArray[np.float32], "window channel time"],
) -> Float32[NDArray[np.float32], "window channel block"]:
    """Summed over blocks of time, and scaled so that the sizes of each window sum to 1; of nothing, nothing.

    Args:
        attributions: of windows.
    """
    parts = np.array_split(attributions, BLOCKS, axis=2)
    summed = np.stack([part.sum(axis=2) for part in parts], axis=2)
    whole = np.abs(summed).sum(axis=(1, 2), keepdims=True)
    return np.asarray(summed / np.where(whole > 0, whole, 1.0), dtype=np.float32)


def _laid_out(shares: NDArray[np.float32], names: Sequence[str], channels: Sequence[str]) -> NDArray[np.float16]:
    out = np.zeros((len(shares), len(channels), BLOCKS), np.float16)
    out[:, [channels.index(name) for name in names]] = shares
    return out


def _method(experiment: Experiment, run: Run, stretch: Stretch, roles: Sequence[str]) -> str:
    """One method for all, so that they can be compared."""
    for role in roles:
        with explained(experiment, run, role, stretch.fold) as one:
            if not one.has_gradient:
                return "occlusion"
    return "integrated_gradients"
