"""One fold: every model of a recipe, trained, stopped and scored on the same people.

Each model has a folder of its own. It is done when its predictions are there (they are written last); a fold that
was interrupted goes on with what is missing. With a shelf, what other runs need as well is made there and linked here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from stillroom.base.events import Emit
from stillroom.base.paths import whole_file
from stillroom.base.seeding import derived_seed
from stillroom.data.splits import Fold
from stillroom.models.bundle import load_model
from stillroom.models.recogniser import Interface, Recogniser
from stillroom.recipes import making
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.networks import clear
from stillroom.recipes.roles import INT8, TEACHER, needed_by, trained_heads
from stillroom.recipes.sharing import Shelf, link_model, role_key
from stillroom.runs.store import Run
from stillroom.training.scoring import Scored, head_probabilities, probabilities, probabilities_at
from stillroom.training.views import Ids, View

PREDICTIONS = "predictions.npz"


class FoldRun:
    """Runs one fold.

    Args:
        experiment: what is run.
        fold: on which windows.
        run: where it is kept.
        emit: hears what happens.
        stop: asked before each step.
        shelf: where models lie that other runs need as well.
        keys: of models, once they are known; a large set's windows take a while to be hashed.
    """

    def __init__(
        self,
        experiment: Experiment,
        fold: Fold,
        run: Run,
        emit: Emit,
        stop: Callable[[], bool],
        shelf: Shelf | None = None,
        keys: dict[tuple[str, ...], str] | None = None,
    ) -> None:
        self.experiment, self.fold, self.run, self.emit, self.stop = experiment, fold, run, emit, stop
        self.recipe, self.index, self.shelf = experiment.recipe, experiment.index, shelf
        self._keys = {} if keys is None else keys

    def folder(self, role: str) -> Path:
        """Where a model of this fold is kept."""
        return self.run.part(self.fold.name, role)

    def finish(self, role: str) -> bool:
        """Trains and scores one model, unless that is done.

        Returns:
            Whether it is done now; not where another run makes it, or what it needs, at this moment.
        """
        folder = self.folder(role)
        if (folder / PREDICTIONS).exists():
            clear(folder)
        elif not all((self.folder(other) / PREDICTIONS).exists() for other in needed_by(self.recipe, role)):
            return False
        elif self.shelf is None:
            self._complete(role, folder)
        else:
            with self.shelf.tried(role, self.key(role, self.fold.train)) as place:
                if place is None:
                    return False
                self._complete(role, place)
                link_model(place, folder)
        return True

    def model(self, role: str, folder: Path | None = None) -> Recogniser:
        """A model of this fold, from its folder, or made into it."""
        where = folder or self.folder(role)
        if (where / "model.json").exists():
            return load_model(where)[0].to(self.experiment.device)
        return making.make(self, role, where)

    def _complete(self, role: str, folder: Path) -> None:
        if not (folder / PREDICTIONS).exists():
            ids, between = self.fold.test, self.index.between(self.fold.test)
            said = making.int8_shares(self, role, folder) if role.endswith(INT8) else self._shares(role, folder)
            with whole_file(folder / PREDICTIONS) as beside, beside.open("wb") as file:
                truth = self.index.label[ids]
                np.savez(file, ids=ids, truth=truth, unit=self.fold.units, between=between, **said)
        clear(folder)

    def _shares(self, role: str, folder: Path) -> dict[str, Any]:
        """Probabilities of tested windows, of what lies between them in a stream, and of each of a teacher's heads."""
        _, view = self.seen_by(role)
        model, between = self.model(role, folder), self.index.between(self.fold.test)
        known = role == TEACHER and self.experiment.settings.teacher_run is None
        heads = trained_heads(self.recipe) if known else []
        return {
            "probabilities": probabilities(model, view, self.fold.test),
            "between_probabilities": probabilities_at(model, view, between) if len(between) else [],
            **head_probabilities(model, view, self.fold.test, heads),
        }

    def key(self, role: str, ids: Ids) -> str:
        """The fingerprint of everything that decides a model."""
        name = (self.fold.name, role)
        if name not in self._keys:
            self._keys[name] = role_key(self.experiment, self.fold, role, ids)
        return self._keys[name]

    def seed(self, role: str) -> int:
        """What a model's random numbers begin with."""
        return derived_seed(self.experiment.settings.seed, self.fold.name, role)

    def seen_by(self, role: str, ids: Ids | None = None) -> tuple[Interface, View]:
        """What a model sees; one that some of the training people teach knows nothing of the others' spread either."""
        experiment = self.experiment
        if not role.startswith(("teacher", "semantic")):
            return experiment.student, self.student_view
        if ids is None or len(ids) == len(self.fold.train):
            return experiment.teacher, self.teacher_view
        return experiment.teacher, self._view(experiment.teacher, ids)

    @cached_property
    def teacher_view(self) -> View:
        """The teacher's channels."""
        return self._view(self.experiment.teacher)

    @cached_property
    def student_view(self) -> View:
        """The student's channels."""
        return self._view(self.experiment.student)

    def _view(self, face: Interface, ids: Ids | None = None) -> View:
        return View(
            self.experiment.bank,
            self.index,
            face.layout,
            train=self.fold.train if ids is None else ids,
            augmentation=self.recipe.augmentation,
            seed=derived_seed(self.experiment.settings.seed, self.fold.name, "views"),
            device=self.experiment.device,
        )

    @cached_property
    def validation(self) -> Scored:
        """The windows that say when a training stops."""
        ids = self.fold.validation
        people = self.experiment.split.unit == "people"
        unit = self.index.person_names(ids) if people else np.full(len(ids), self.fold.name)
        return Scored(ids, self.index.label[ids], unit, self.index.classes)

    def people(self, ids: Ids) -> list[str]:
        """Whose windows these are."""
        return sorted({str(name) for name in self.index.person_names(ids)})

    def provenance(self, role: str) -> dict[str, Any]:
        """How a model came to be."""
        experiment, fold = self.experiment, self.fold
        return {
            "role": role,
            "fold": fold.name,
            "recipe": self.recipe.name,
            "data": experiment.dataset.card.name,
            "data_key": experiment.dataset.key,
            "simulated": experiment.dataset.card.simulated,
            "protocol": experiment.split.protocol,
            "seed": experiment.settings.seed,
            "train_people": self.people(fold.train),
            "validation_people": self.people(fold.validation),
            "test_people": self.people(fold.test),
        }
