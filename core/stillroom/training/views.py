"""What one model sees: some channels of every window, in any seeded view, as tensors on a device."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor

from stillroom.data.bank import Bank
from stillroom.data.windows import WindowIndex
from stillroom.sensors.layout import Layout
from stillroom.signal.normalisation import Normaliser, fit_normaliser
from stillroom.training.augmentation import Augmentation, AugmentationConfig

Ids = Int64[NDArray[np.int64], " window"]


class Inputs(Protocol):
    """What a model is shown while it is trained.

    Attributes:
        device: where batches go.
        views: how many seeded views each window has.
    """

    device: torch.device

    @property
    def views(self) -> int:
        """How many views."""

    def batch(self, ids: Ids, view: int = 0) -> Tensor:
        """What the model is given for windows in a seeded view; 0 is as recorded."""


class View:
    """The windows of one model.

    Args:
        bank: at least the channels of `layout`.
        index: the windows.
        layout: the channels that the model sees.
        train: ids whose samples the normaliser is fitted on.
        augmentation: how training windows are disturbed.
        seed: of the disturbance; the same for every model that shares a batch.
        device: where batches go.
    """

    def __init__(
        self,
        bank: Bank,
        index: WindowIndex,
        layout: Layout,
        *,
        train: Ids,
        augmentation: AugmentationConfig,
        seed: int,
        device: torch.device,
    ) -> None:
        # whole sensors are disturbed, so that one axis turns as it does where the others are seen as well
        whole = Layout(channels=tuple(channel for channel in bank.layout if channel.sensor in layout.sensors))
        own = bank.view(whole)
        self.layout, self.device, self.width = layout, device, index.width
        fitted = fit_normaliser(own.signal, index.start[train], index.width)
        rows = whole.indices_of(layout)
        self.normaliser = Normaliser(fitted.mean[rows], fitted.sd[rows])
        self._rows = None if whole.names == layout.names else torch.from_numpy(rows).to(device)
        self._windows = torch.from_numpy(own.signal).to(device).unfold(1, index.width, 1)
        self._start = torch.from_numpy(index.start).to(device)
        self.augmentation = Augmentation(augmentation, whole, len(index), seed, fitted.mean, fitted.sd, device)

    @property
    def views(self) -> int:
        """How many seeded views each window has, the recorded one among them."""
        return self.augmentation.config.views

    def batch(self, ids: Ids, view: int = 0) -> Float[Tensor, "window channel time"]:
        """`(batch, channel, time)` in physical units.

        Args:
            ids: which windows.
            view: which seeded view; 0 is as recorded.
        """
        where = torch.from_numpy(ids).to(self.device)
        x = self.augmentation(self._windows[:, self._start[where]].transpose(0, 1), where, view)
        return x if self._rows is None else x[:, self._rows]

    def at(self, starts: Int64[NDArray[np.int64], " window"]) -> Float[Tensor, "window channel time"]:
        """What begins at some samples of the bank, as recorded: `(batch, channel, time)` in physical units."""
        x = self._windows[:, torch.from_numpy(starts).to(self.device)].transpose(0, 1)
        return x if self._rows is None else x[:, self._rows]
