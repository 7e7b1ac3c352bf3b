"""Windows as a frozen teacher's representations: what TSAK's second stage is trained on.

Training windows are read from the teacher's cached answers, validation windows are asked about once; so an epoch of the
semantic classifier costs two small matrix products, and the teacher cannot change.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from stillroom.models.output import Output
from stillroom.training.targets import Answers, Targets, Teachers
from stillroom.training.views import Ids

_BATCH = 512


class Representations:
    """Inputs of a head, seeded view by seeded view.

    Args:
        targets: the teacher's answers to training windows.
        teachers: the same teacher, for all others.
        others: ids that are asked for as recorded only.
        read: from an answer to the head's input `(batch, feature)`.
    """

    def __init__(self, targets: Targets, teachers: Teachers, others: Ids, read: Callable[[Output], Tensor]) -> None:
        self.device, self.views = teachers.view.device, teachers.view.views
        self._targets, self._read = targets, read
        self._row = np.full(len(teachers.of_window), -1, dtype=np.int64)
        self._row[others] = np.arange(len(others))
        parts = [others[begin : begin + _BATCH] for begin in range(0, len(others), _BATCH)]
        self._others = torch.cat([self._input(teachers.get(part, 0)) for part in parts])

    def batch(self, ids: Ids, view: int = 0) -> Tensor:
        """`(batch, feature)`; windows of one kind at a time, training windows or the others."""
        rows = self._row[ids]
        if rows[0] >= 0:
            return self._others[torch.from_numpy(rows).to(self.device)]
        return self._input(self._targets.get(ids, view))

    def _input(self, answers: Answers) -> Tensor:
        return self._read(Output(answers["logits"], answers["representation"], answers))
