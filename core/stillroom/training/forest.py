"""Growing a forest: statistics of the training windows, then scikit-learn's trees."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from stillroom.models.forest import Forest, ForestConfig
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.models.statistics import window_statistics
from stillroom.training.views import Ids, View

_BATCH = 1024


def grow_forest(
    config: ForestConfig,
    interface: Interface,
    view: View,
    label: NDArray[np.int64],
    train: Ids,
    *,
    seed: int,
    jobs: int,
    views: int = 1,
) -> Recogniser:
    """A forest fitted on training windows.

    Args:
        config: of the forest.
        interface: what the recogniser will take and give.
        view: what it sees.
        label: `(window,)` of the whole index.
        train: ids that train.
        seed: of the trees.
        jobs: threads.
        views: how many seeded views of each window train it; 1 is the windows as recorded.
    """
    parts = [
        window_statistics(view.batch(train[begin : begin + _BATCH], number)).cpu()
        for number in range(views)
        for begin in range(0, len(train), _BATCH)
    ]
    member = Member(config, interface.shape)
    assert isinstance(member.net, Forest)
    member.net.grow(torch.cat(parts).numpy(), np.tile(label[train], views), seed=seed, jobs=jobs)
    return Recogniser(interface, [member]).to(view.device).eval()
