"""What is explained: models of a finished run, fold by fold, and windows drawn evenly of people and activities."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stillroom.base.seeding import derived_seed, generator
from stillroom.data.splits import Fold
from stillroom.explain.asking import Ask, quiet
from stillroom.models.bundle import load_model
from stillroom.models.forest import Forest
from stillroom.models.recogniser import Member, Recogniser
from stillroom.recipes.calibrating import windows_at, windows_of
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.roles import ALONE, STUDENT, TEACHER, compared
from stillroom.runs.store import Run
from stillroom.sensors.layout import Layout
from stillroom.training.views import Ids

_BATCH = 128
# a network's maps of attention over channels, and the dimensions beside window and channel
_ATTENTION = {"attention_maps": (1, 2), "sensor_attention": (2,)}
ASKED = (TEACHER, STUDENT, ALONE)


@dataclass(frozen=True)
class Explained:
    """One model of one fold.

    Attributes:
        role: its part in the run.
        fold: which one.
        model: in eval mode.
    """

    role: str
    fold: Fold
    model: Recogniser

    @property
    def layout(self) -> Layout:
        """Its channels."""
        return self.model.interface.layout

    @property
    def ask(self) -> Ask:
        """Windows in physical units to logits."""
        return logits_of(self.model)

    @property
    def mean(self) -> Tensor:
        """`(channel,)` what its channels were on average in training, in physical units."""
        return _member(self.model).mean[:, 0]

    @property
    def sd(self) -> Tensor:
        """`(channel,)` how they spread in training."""
        return _member(self.model).sd[:, 0]

    @property
    def has_gradient(self) -> bool:
        """Whether no forest is a part of it."""
        return not any(isinstance(_member_of(one).net, Forest) for one in self.model.members)

    def attention(self, windows: Tensor) -> Tensor | None:
        """`(window, channel)` how much all channels listen to each, mean over heads; None where there is no such map.

        Args:
            windows: in physical units.
        """
        own = _member(self.model)
        for name, over in _ATTENTION.items():
            if maps := getattr(own.net, name, None):
                parts = torch.split((windows - own.mean) / own.sd, _BATCH)
                return torch.cat([maps(some).mean(dim=over) for some in parts])
        return None

    def windows(self, experiment: Experiment, ids: Ids) -> Tensor:
        """`(window, channel, time)` as recorded, in physical units, of its channels."""
        return torch.from_numpy(windows_of(experiment, self.model, ids)).to(experiment.device)

    def at(self, experiment: Experiment, starts: Ids) -> Tensor:
        """The same of what begins at some samples of the bank."""
        return torch.from_numpy(windows_at(experiment, self.model, starts)).to(experiment.device)

    def view(self, experiment: Experiment) -> RecordedView:
        """The same, as what a model is scored on."""
        return RecordedView(self, experiment)

    def untrained(self, seed: int) -> Ask:
        """The same network with freshly drawn weights; the normaliser stays."""
        face, own = self.model.interface, _member(self.model)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derived_seed(seed, self.role, self.fold.name, "untrained"))
            fresh = Member(own.architecture, face.shape)
        fresh.mean, fresh.sd = own.mean, own.sd
        return logits_of(Recogniser(face, [fresh]).to(own.mean.device).eval().requires_grad_(False))


class RecordedView:
    """Windows as recorded, of one model's channels.

    Args:
        one: the model.
        experiment: whose windows.
    """

    views = 1

    def __init__(self, one: Explained, experiment: Experiment) -> None:
        self.device, self._one, self._experiment = experiment.device, one, experiment

    def batch(self, ids: Ids, view: int = 0) -> Tensor:
        """`(batch, channel, time)` in physical units."""
        return self._one.windows(self._experiment, ids)

    def at(self, starts: Ids) -> Tensor:
        """The same of what begins at some samples of the bank."""
        return self._one.at(self._experiment, starts)


def logits_of(model: Recogniser) -> Ask:
    """A model as what is explained: windows in physical units to logits."""

    def ask(windows: Tensor) -> Tensor:
        logits: Tensor = model(windows).logits
        return logits

    return ask


def roles_explained(experiment: Experiment) -> tuple[str, ...]:
    """Which models of a run are explained."""
    made = compared(experiment.recipe)
    return tuple(role for role in ASKED if role in made)


def layout_of(experiment: Experiment) -> Layout:
    """The channels of the first model that is explained: the teacher's, or those of a student without one."""
    return experiment.teacher.layout if TEACHER in roles_explained(experiment) else experiment.student.layout


@contextmanager
def explained(experiment: Experiment, run: Run, role: str, fold: Fold) -> Iterator[Explained]:
    """A model of a run that holds still: no gradient reaches its weights, and its buffers stay as they are."""
    model = load_model(run.part(fold.name, role))[0].to(experiment.device)
    with quiet(model):
        yield Explained(role, fold, model)


def drawn(experiment: Experiment, fold: Fold, count: int, seed: int) -> Ids:
    """Tested windows of a fold, as many of each person and activity as there are, up to `count` in all; ascending."""
    index, draw = experiment.index, generator(seed, "explained windows", fold.name)
    label = index.label[fold.test]
    cells = [
        draw.permutation(fold.test[(fold.units == unit) & (label == code)])
        for unit in np.unique(fold.units)
        for code in np.unique(label)
    ]
    queues = [cell for cell in cells if len(cell)]
    turns: list[NDArray[np.int64]] = []
    for turn in range(max(map(len, queues))):
        turns.append(np.array([queue[turn] for queue in queues if len(queue) > turn]))
        if sum(map(len, turns)) >= count:
            break
    turns[-1] = draw.permutation(turns[-1])
    return np.sort(np.concatenate(turns)[:count])


def units_of(fold: Fold, ids: Ids) -> NDArray[np.str_]:
    """Whose (person or stretch) some of a fold's tested windows are."""
    return np.asarray(fold.units[np.searchsorted(fold.test, ids)])


def _member(model: Recogniser) -> Member:
    return _member_of(model.members[0])


def _member_of(module: object) -> Member:
    assert isinstance(module, Member)
    return module
