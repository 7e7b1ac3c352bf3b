"""What a student is taught with: the frozen teachers' answers to seeded views, computed as they are needed.

Cross-fitting is a choice of teacher for each window: a training person's targets then come from a teacher that
never saw that person, since on its own people a teacher is nearly one-hot and teaches little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from stillroom.models.output import Output
from stillroom.models.recogniser import Recogniser
from stillroom.training.views import Ids, View


class Targets(Protocol):
    """Gives teachers' outputs, without gradient.

    Attributes:
        ahead: how many batches are best asked for at once.
    """

    @property
    def ahead(self) -> int:
        """How many batches."""

    def get(self, ids: Ids, view: int) -> Output:
        """Logits and representations of windows in a seeded view."""


@dataclass(frozen=True)
class Teachers:
    """Frozen teachers and who answers for which window.

    Attributes:
        models: one, or one for each group of people; of one interface.
        of_window: `(window,)` index into `models`.
        view: what they see.
        ahead: one batch at a time; a teacher's activations are large.
    """

    models: Sequence[Recogniser]
    of_window: NDArray[np.int64]
    view: View
    ahead: int = 1

    def get(self, ids: Ids, view: int) -> Output:
        """Asks each window's teacher."""
        parts: dict[int, Output] = {}
        which = self.of_window[ids]
        for number in np.unique(which).tolist():
            parts[number] = self._ask(number, ids[which == number], view)
        first = next(iter(parts.values()))
        if len(parts) == 1:
            return first
        logits = first.logits.new_empty(len(ids), first.logits.shape[1])
        representation = first.representation.new_empty(len(ids), first.representation.shape[1])
        for number, output in parts.items():
            rows = torch.from_numpy(np.flatnonzero(which == number)).to(logits.device)
            logits[rows], representation[rows] = output
        return Output(logits, representation)

    def _ask(self, number: int, ids: Ids, view: int) -> Output:
        model = self.models[number]
        if model.training:
            raise RuntimeError("a frozen teacher must be in eval mode")
        with torch.no_grad():
            output: Output = model(self.view.batch(ids, view))
        return output


def one_teacher(model: Recogniser, windows: int, view: View) -> Teachers:
    """The same teacher for every window."""
    return Teachers([model.eval()], np.zeros(windows, dtype=np.int64), view)
