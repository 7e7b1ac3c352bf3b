"""The windows that INT8 is calibrated on: of training people alone, as many of each class, the same ones each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillroom.base.seeding import generator
from stillroom.data.splits import Fold
from stillroom.models.recogniser import Recogniser
from stillroom.recipes.experiment import Experiment
from stillroom.training.views import Ids

Floats = NDArray[np.float32]
CALIBRATION = 512


def calibration_windows(experiment: Experiment, fold: Fold, model: Recogniser) -> Floats:
    """`(window, channel, time)` in physical units: what a model of a fold is calibrated on."""
    return windows_of(experiment, model, balanced_ids(fold.train, experiment.index.label, fold.name))


def windows_of(experiment: Experiment, model: Recogniser, ids: Ids) -> Floats:
    """`(window, channel, time)` as recorded, in physical units, of the channels that a model sees."""
    return windows_at(experiment, model, experiment.index.start[ids])


def windows_at(experiment: Experiment, model: Recogniser, starts: Ids) -> Floats:
    """The same of what begins at some samples of the bank."""
    bank = experiment.bank.view(model.interface.layout)
    return np.ascontiguousarray(bank.gather(starts, experiment.index.width), dtype=np.float32)


def balanced_ids(ids: Ids, label: NDArray[np.int64], name: str) -> Ids:
    """As many of each class, up to `CALIBRATION` in all, ascending.

    Args:
        ids: to choose from.
        label: class of every window of the index.
        name: of the fold; the draw is its own.
    """
    draw = generator(0, "calibration", name)
    classes = np.unique(label[ids])
    share = max(1, CALIBRATION // len(classes))
    chosen = [draw.permutation(ids[label[ids] == one])[:share] for one in classes]
    return np.sort(np.concatenate(chosen))
