"""One model of one fold explained: attributions, and the checks that they must not stand without.

What is compared with (the baseline) is the training mean; a quiet recording of the same person is the second one, over
which the stability is told. Integrated gradients take as many steps as it needs for their sums to be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from stillroom.base.events import Emit
from stillroom.explain.asking import Ask, Stop
from stillroom.explain.attribution import METHODS, attribute
from stillroom.explain.baselines import coincide, of_people, quiet_recording, training_mean
from stillroom.explain.deletion import deletion_insertion
from stillroom.explain.sanity import completeness_error, randomised, stability
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explained import Explained, units_of
from stillroom.training.views import Ids

_CHECKED, _UNTRAINED, _REFERENCES, _AT_ONCE = 64, 5, 64, 512
_STEPS, _ERROR = (32, 64, 128, 256), 0.05  # points of the integral, until its sums miss no more than this share


@dataclass(frozen=True, eq=False)
class Question:
    """Why a model says what it says of some windows.

    Attributes:
        experiment: whose windows.
        one: the model.
        ids: tested windows of its fold.
        method: of attribution.
        removing: what occlusion and feature ablation take away together.
        seed: of everything drawn.
        emit: hears of progress.
        stop: asked before every question to the model.
    """

    experiment: Experiment
    one: Explained
    ids: Ids
    method: str
    removing: str
    seed: int
    emit: Emit
    stop: Stop

    @cached_property
    def label(self) -> NDArray[np.int64]:
        """`(window,)` the activity that was done, which is what is explained."""
        return self.experiment.index.label[self.ids]

    @cached_property
    def unit(self) -> NDArray[np.str_]:
        """`(window,)` whose they are."""
        return units_of(self.one.fold, self.ids)

    @cached_property
    def windows(self) -> Float[Tensor, "window channel time"]:
        """In physical units."""
        return self.one.windows(self.experiment, self.ids)

    @cached_property
    def mean(self) -> Float[Tensor, "channel time"]:
        """The first baseline."""
        return training_mean(self.one.mean, self.windows.shape[2])

    @cached_property
    def quiet(self) -> Float[Tensor, "window channel time"]:
        """The second one: the quietest of each person's tested windows; which activity it is of is not asked."""
        index, tested, one = self.experiment.index, self.one.fold.test, self.one
        whose, who = index.person_names(tested), index.person_names(self.ids).tolist()
        return of_people({name: _quietest(self.experiment, one, tested[whose == name]) for name in set(who)}, who)

    @cached_property
    def references(self) -> Float[Tensor, "reference channel time"]:
        """Training windows, evenly drawn: what gradient SHAP draws its baselines from."""
        train = self.one.fold.train
        places = np.linspace(0, len(train) - 1, min(_REFERENCES, len(train))).round().astype(np.int64)
        return self.one.windows(self.experiment, train[np.unique(places)])

    @cached_property
    def checked(self) -> NDArray[np.int64]:
        """Which of the windows the checks are made on: evenly drawn over all of them."""
        places = np.linspace(0, len(self.ids) - 1, min(_CHECKED, len(self.ids)))
        return np.unique(places.round().astype(np.int64))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Of the method: for integrated gradients as many steps as the checked windows need, of 32 to 256."""
        if self.method == "occlusion":
            return {"by": "all" if self.removing == "time" else self.removing.partition(" ")[0]}
        if self.method == "feature_ablation":
            return {"by": self.removing}
        if self.method != "integrated_gradients":
            return {}
        for steps in _STEPS:
            found = self._by(self.one.ask, self.checked, self.mean, {"steps": steps})
            if self._completeness(found) <= _ERROR:
                break
        return {"steps": steps}

    def attributions(self) -> Float[Tensor, "window channel time"]:
        """Of all windows, against the training mean."""
        return self._by(self.one.ask, np.arange(len(self.ids)), self.mean, self.settings)

    def checks(self, whole: Float[Tensor, "window channel time"]) -> dict[str, Any]:
        """Completeness, deletion and insertion, untrained weights, another baseline; ready for JSON.

        Args:
            whole: as `attributions` gives them.
        """
        rows, one = self.checked, self.one
        here, targets, found = self.windows[rows], self._targets(rows), whole[rows]
        complete = METHODS[self.method].complete
        asked: dict[str, Any] = {"seed": self.seed, "emit": self.emit, "stop": self.stop}
        untrained = [one.untrained(self.seed + draw) for draw in range(_UNTRAINED)] if one.has_gradient else []
        return {
            "completeness": completeness_error(one.ask, here, targets, self.mean, found).as_dict()
            if complete
            else None,
            "deletion": deletion_insertion(one.ask, here, targets, found, self.mean, one.layout, **asked).as_dict(),
            "randomised": randomised(
                found, lambda ask: self._by(ask, rows, self.mean, self.settings), untrained
            ).as_dict()
            if untrained  # of a model with a forest nothing can be drawn anew
            else None,
            "stability": stability(found, self._by(one.ask, rows, self.quiet[rows], self.settings)).as_dict(),
            "coincide": float(coincide(self.mean, self.quiet, one.sd).float().mean()),
        }

    @torch.no_grad()
    def attention(self) -> NDArray[np.float64] | None:
        """`(window, channel)` how much each channel is listened to by all; None where the network has no such map."""
        found = self.one.attention(self.windows)
        return None if found is None else found.double().cpu().numpy()

    def _targets(self, rows: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(self.label[rows]).to(self.windows.device)

    def _completeness(self, found: Tensor) -> float:
        here, targets = self.windows[self.checked], self._targets(self.checked)
        return completeness_error(self.one.ask, here, targets, self.mean, found).overall

    def _by(self, ask: Ask, rows: NDArray[np.int64], baselines: Tensor, settings: dict[str, Any]) -> Tensor:
        return attribute(
            self.method,
            ask,
            self.windows[rows],
            self._targets(rows),
            baselines,
            self.one.layout,
            seed=self.seed,
            references=self.references if self.method == "gradient_shap" else None,
            emit=self.emit,
            stop=self.stop,
            **settings,
        )


def _quietest(experiment: Experiment, one: Explained, ids: Ids) -> Tensor:
    """The quietest of some windows, some of them at a time."""
    parts = [ids[begin : begin + _AT_ONCE] for begin in range(0, len(ids), _AT_ONCE)]
    found = torch.stack([quiet_recording(one.windows(experiment, part), one.sd) for part in parts])
    return quiet_recording(found, one.sd)
