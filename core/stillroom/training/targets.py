"""What a student is taught with: the frozen teachers' answers to seeded views, computed as they are needed.

Cross-fitting is a choice of teacher for each window: a training person's targets then come from a teacher that
never saw that person, since on its own people a teacher is nearly one-hot and teaches little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stillroom.losses.term import GROUP
from stillroom.models.recogniser import Recogniser
from stillroom.training.taps import Taps
from stillroom.training.views import Ids, View

Answers = Mapping[str, Tensor]


class Targets(Protocol):
    """Gives teachers' answers, without gradient.

    Attributes:
        ahead: how many batches are best asked for at once.
        groups: how many teachers answer, each for some of the people.
    """

    @property
    def ahead(self) -> int:
        """How many batches."""

    @property
    def groups(self) -> int:
        """How many teachers."""

    def get(self, ids: Ids, view: int) -> Answers:
        """`(window, ...)` by name, of windows in a seeded view."""


@dataclass(frozen=True)
class Teachers:
    """Frozen teachers and who answers for which window.

    Attributes:
        models: one, or one for each group of people; of one interface.
        of_window: `(window,)` index into `models`.
        view: what they see.
        recorded: they are shown each window as recorded, whatever view the student sees: the targets of a window do
            not change as it is turned.
        names: which of their answers are given; all by default.
        taps: dotted paths of their networks' modules whose outputs are given as well, by name.
        ahead: one batch at a time; a teacher's activations are large.
    """

    models: Sequence[Recogniser]
    of_window: NDArray[np.int64]
    view: View
    recorded: bool = False
    names: frozenset[str] | None = None
    taps: Mapping[str, str] = field(default_factory=dict)
    ahead: int = 1

    @property
    def groups(self) -> int:
        """How many teachers."""
        return len(self.models)

    @property
    def views(self) -> int:
        """How many different views they are shown."""
        return 1 if self.recorded else self.view.views

    def get(self, ids: Ids, view: int) -> Answers:
        """Asks each window's teacher for everything; `group` says which one it was."""
        shown, which = 0 if self.recorded else view, self.of_window[ids]
        numbers = np.unique(which).tolist()
        parts = {number: self._ask(number, ids[which == number], shown) for number in numbers}
        first = parts[numbers[0]]
        group = torch.from_numpy(which).to(self.view.device)
        if len(parts) == 1:
            return {**first, GROUP: group}
        answers = {name: values.new_empty(len(ids), *values.shape[1:]) for name, values in first.items()}
        for number, output in parts.items():
            rows = torch.from_numpy(np.flatnonzero(which == number)).to(group.device)
            for name, values in output.items():
                answers[name][rows] = values
        return {**answers, GROUP: group}

    def _ask(self, number: int, ids: Ids, view: int) -> dict[str, Tensor]:
        model = self.models[number]
        if model.training:
            raise RuntimeError("a frozen teacher must be in eval mode")
        with torch.no_grad(), Taps(model, self.taps) as taps:
            answers = taps(self.view.batch(ids, view)).answers()
        return answers if self.names is None else {name: answers[name] for name in answers if name in self.names}


@dataclass(frozen=True)
class Panel:
    """Teachers of several roles behind one face; their answers are named `role.part`.

    Attributes:
        roles: by role; at least one.
        groups: how many teachers answer in each role.
        ahead: as many batches as all of them can give at once.
    """

    roles: Mapping[str, Targets]
    groups: int = field(init=False)
    ahead: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", max(targets.groups for targets in self.roles.values()))
        object.__setattr__(self, "ahead", min(targets.ahead for targets in self.roles.values()))

    def get(self, ids: Ids, view: int) -> Answers:
        """Asks all of them."""
        return {
            f"{role}.{name}": values
            for role, targets in self.roles.items()
            for name, values in targets.get(ids, view).items()
        }


def one_teacher(model: Recogniser, windows: int, view: View) -> Teachers:
    """The same teacher for every window."""
    return Teachers([model.eval()], np.zeros(windows, dtype=np.int64), view)
