"""Ways in which a stream may differ from what a model was trained on, as windows in physical units.

    rate F       the sensor runs at F times the rate that it states, so as many samples last 1 / F as long
    warp, noise, turned     by the seeded draws of `training.augmentation`, at a fixed strength
    site         another unit of the same kinds and axes, which no model was trained on

Labels stay: a window that lasts longer may reach into what its neighbours do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from stillroom.base.seeding import derived_seed
from stillroom.data.bank import Bank
from stillroom.data.splits import Fold
from stillroom.recipes.experiment import Experiment
from stillroom.sensors.layout import Layout
from stillroom.training.augmentation import AugmentationConfig
from stillroom.training.views import Ids, Inputs, View

RATES = (0.8, 1.25)
DRAWN = {
    "warp 0.2": AugmentationConfig(views=2, warp=0.2),
    "noise 0.3 sd": AugmentationConfig(views=2, jitter=0.3),
    "turned up to 30 degrees": AugmentationConfig(views=2, rotation_deg=30.0),
    "turned up to 90 degrees": AugmentationConfig(views=2, rotation_deg=90.0),
}
AS_RECORDED = "as recorded"


def disturbances(experiment: Experiment, fold: Fold) -> Iterator[tuple[str, Inputs]]:
    """Every disturbance by name, as what a model of the student's channels is shown; `as recorded` comes first."""

    def view(config: AugmentationConfig) -> View:
        return View(
            experiment.bank,
            experiment.index,
            experiment.student.layout,
            train=fold.train,
            augmentation=config,
            seed=derived_seed(experiment.settings.seed, fold.name, "disturbed"),
            device=experiment.device,
        )

    own = experiment.bank.view(experiment.student.layout)
    yield AS_RECORDED, view(AugmentationConfig(views=1))
    for factor in RATES:
        yield f"rate x{factor:g}", Resampled(own, experiment, factor)
    for name, config in DRAWN.items():
        yield name, SecondView(view(config))
    for site, layout in other_sites(experiment):
        yield f"worn at {site}", Resampled(experiment.bank.view(layout), experiment, 1.0)


def other_sites(experiment: Experiment) -> Iterator[tuple[str, Layout]]:
    """Sites where the student's channels are recorded as well; none where it sees several sites itself."""
    ours = experiment.student.layout
    if len({channel.site for channel in ours}) > 1:
        return
    known = {channel.name: channel for channel in experiment.bank.layout}
    for site in sorted({channel.site for channel in experiment.bank.layout} - {ours.channels[0].site}):
        names = [f"{site}.{channel.kind}.{channel.axis}" for channel in ours]
        if all(name in known for name in names):
            yield site, Layout(channels=tuple(known[name] for name in names))


class SecondView:
    """The first disturbed view of each window, whichever is asked for.

    Args:
        view: with that disturbance.
    """

    views = 1

    def __init__(self, view: View) -> None:
        self.device, self._view = view.device, view

    def batch(self, ids: Ids, view: int = 0) -> Tensor:
        """`(batch, channel, time)` in physical units."""
        return self._view.batch(ids, 1)


class Resampled:
    """Windows as a sensor with another rate would give them, by linear interpolation about their middle.

    Args:
        bank: the channels.
        experiment: whose windows they are.
        factor: true rate over stated rate.
    """

    views = 1

    def __init__(self, bank: Bank, experiment: Experiment, factor: float) -> None:
        self.device, self._bank, self._factor = experiment.device, bank, factor
        self._index = experiment.index

    def batch(self, ids: Ids, view: int = 0) -> Tensor:
        """`(batch, channel, time)` in physical units; what would lie beyond a recording is its last sample."""
        starts, width, offsets = self._index.start[ids], self._index.width, self._bank.offsets
        recording = np.searchsorted(offsets, starts, side="right") - 1
        first, last = offsets[recording][:, None], offsets[recording + 1][:, None] - 1
        middle = (width - 1) / 2
        at = np.clip(starts[:, None] + middle + (np.arange(width) - middle) / self._factor, first, last)
        below = np.minimum(np.floor(at).astype(np.int64), np.maximum(last - 1, first))
        share = (at - below).astype(np.float32)
        above = np.minimum(below + 1, last)
        x = self._bank.signal[:, below] * (1 - share) + self._bank.signal[:, above] * share
        return torch.from_numpy(np.ascontiguousarray(x.transpose(1, 0, 2))).to(self.device)
