"""One fold: every model of a recipe, trained, stopped and scored on the same people.

Each model has a folder of its own. It is done when its predictions are there (they are written last); a fold that
was interrupted goes on with what is missing. The student and the student alone begin with the same weights and see
the same windows in the same order and views, so that the difference between them is the teacher. With a shelf, what
other runs need as well is made there and linked here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stillroom.base.config import fingerprint
from stillroom.base.errors import StoppedError
from stillroom.base.events import Emit
from stillroom.base.paths import read_json, whole_file, write_json
from stillroom.base.seeding import derived_seed
from stillroom.data.splits import Fold
from stillroom.losses.term import make_terms
from stillroom.models.bundle import load_model, save_model
from stillroom.models.forest import ForestConfig
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.groups import cross_fit_groups
from stillroom.recipes.recipe import Phase
from stillroom.recipes.reuse import borrowed_teacher, lent_by
from stillroom.recipes.sharing import ANSWERS, Shelf, link_model, role_key
from stillroom.recipes.teachers import mix_with_forest
from stillroom.runs.store import Run
from stillroom.training.checkpoint import best_of
from stillroom.training.forest import grow_forest
from stillroom.training.loop import Job, train
from stillroom.training.scoring import Scored, probabilities
from stillroom.training.targets import Targets, Teachers, one_teacher
from stillroom.training.teacher_cache import cached
from stillroom.training.views import Ids, View

ROLES = ("teacher", "forest", "alone", "student", "small_teacher", "reference")
PREDICTIONS, DECIDED, BEST = "predictions.npz", "cache.json", "best"


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

    def finish(self, role: str) -> bool:
        """Trains and scores one model, unless that is done.

        Returns:
            Whether it is done now; not where another run makes it, or what it needs, at this moment.
        """
        folder = self.run.part(self.fold.name, role)
        if (folder / PREDICTIONS).exists():
            _clear(folder)
        elif self.shelf is None:
            self._complete(role, folder)
        elif role == "student" and not (self.run.part(self.fold.name, "teacher") / PREDICTIONS).exists():
            return False
        else:
            with self.shelf.tried(role, self._key(role, self.fold.train)) as place:
                if place is None:
                    return False
                self._complete(role, place)
                link_model(place, folder)
        return True

    def _complete(self, role: str, folder: Path) -> None:
        if (folder / PREDICTIONS).exists():
            return _clear(folder)
        _, view = self._seen_by(role)
        model = self._model(role, folder)
        shares = probabilities(model, view, self.fold.test)
        with whole_file(folder / PREDICTIONS) as beside, beside.open("wb") as file:
            truth = self.index.label[self.fold.test]
            np.savez(file, ids=self.fold.test, truth=truth, probabilities=shares, unit=self.fold.units)
        return _clear(folder)

    def _model(self, role: str, folder: Path) -> Recogniser:
        if (folder / "model.json").exists():
            return load_model(folder)[0].to(self.experiment.device)
        model = self._make(role, folder)
        lent = lent_by(self.experiment, self.fold) if role == "teacher" else {}
        save_model(model, folder, {**self._provenance(role), **lent})
        return model

    def _make(self, role: str, folder: Path) -> Recogniser:
        recipe = self.recipe
        if role == "teacher":
            return self._teacher(folder, self.fold.train, "teacher")
        if role == "forest":
            return self._forest(self.experiment.student, self._student_view, self.fold.train)
        if role == "small_teacher":
            return self._network(role, folder, recipe.teacher, self.fold.train)
        if role == "reference":
            return self._network(role, folder, recipe.reference, self.fold.train)
        alone = recipe.student.changed(terms=recipe.alone_terms)
        if role == "alone":
            return self._network(role, folder, alone, self.fold.train)
        return self._network(role, folder, recipe.student, self.fold.train, self._targets(folder))

    def _teacher(self, folder: Path, ids: Ids, name: str) -> Recogniser:
        lent = borrowed_teacher(self.experiment, self.fold) if name == "teacher" else None
        if lent is not None:
            return lent
        network = self._network(name, folder, self.recipe.teacher, ids)
        if not self.recipe.forest_in_teacher:
            return network
        face, view = self._seen_by(name, ids)
        return mix_with_forest(network, self._forest(face, view, ids), view, self._validation)

    def _forest(self, face: Interface, view: View, ids: Ids) -> Recogniser:
        config = self.recipe.forest.architecture()
        assert isinstance(config, ForestConfig)
        seed = derived_seed(self.experiment.settings.seed, self.fold.name, "forest")
        threads = self.experiment.settings.threads
        views = min(self.recipe.forest_views, self.recipe.augmentation.views)
        return grow_forest(config, face, view, self.index.label, ids, seed=seed, jobs=threads, views=views)

    def _network(self, role: str, folder: Path, phase: Phase, ids: Ids, targets: Targets | None = None) -> Recogniser:
        """A network trained by the loop; the student and the student alone begin with the same weights."""
        face, view = self._seen_by(role, ids)
        seed = derived_seed(self.experiment.settings.seed, self.fold.name, "student" if role == "alone" else role)
        torch.manual_seed(seed)
        member = Member(phase.model.architecture(), face.shape, view.normaliser)
        model = Recogniser(face, [member]).to(self.experiment.device)
        job = Job(
            name=f"{self.fold.name}/{role}",
            view=view,
            label=self.index.label,
            train=ids,
            validation=self._validation,
            terms=make_terms(phase.terms, where=f"the terms of {role}"),
            targets=targets,
            seed=seed,
            key=self._key(role, ids),
        )
        checkpoint = folder / "checkpoint.safetensors"
        try:
            history = train(model, job, phase.training, checkpoint=checkpoint, emit=self.emit, stop=self.stop)
        except StoppedError:
            self._keep_best(model, role, folder, checkpoint)
            raise
        write_json(folder / "history.json", history)
        return model

    def _keep_best(self, model: Recogniser, role: str, folder: Path, checkpoint: Path) -> None:
        """Leaves the best epoch so far as a model to be used, beside the checkpoint that the training goes on from."""
        if found := best_of(checkpoint):
            weights, progress = found
            model.load_state_dict(weights)
            kept = {**self._provenance(role), "stopped_in_epoch": progress["epoch"] + 1}
            kept |= {"best_epoch": progress["best_epoch"] + 1, "validation_macro_f1": progress["best"]}
            save_model(model.eval(), folder / BEST, kept)

    def _targets(self, folder: Path) -> Targets | None:
        recipe = self.recipe
        terms = make_terms(recipe.student.terms, where="the terms of student")
        needs = frozenset[str]().union(*(term.needs for term in terms.values()))
        if not needs:
            return None
        teachers = self._cross_fitted() if recipe.cross_fit else self._whole_teacher()
        decided = folder / DECIDED
        config = recipe.cache.changed(**read_json(decided)) if decided.exists() else recipe.cache
        with self._answers(folder) as place:
            targets = cached(
                teachers,
                self.fold.train,
                index_key=self.index.key(),
                epochs=recipe.student.training.epochs,
                folder=place,
                config=config,
                emit=self.emit,
                needs=needs,
            )
        # a resumed training must not time the teacher anew: answers from the cache are rounded, those online are not
        write_json(decided, {"mode": "off" if targets is teachers else "on"})
        return targets

    @contextmanager
    def _answers(self, folder: Path) -> Iterator[Path]:
        """Where the teachers' answers are kept while they are written; on the shelf, all students read the same."""
        if self.shelf is None:
            yield folder / "cache"
            return
        recipe = self.recipe
        behind = [self._key("teacher", self.fold.train), recipe.cross_fit, recipe.cache.fingerprint()]
        with self.shelf.held(ANSWERS, fingerprint(behind), self.stop) as place:
            yield place

    def _whole_teacher(self) -> Teachers:
        model = self._model("teacher", self.run.part(self.fold.name, "teacher"))
        return one_teacher(model, len(self.index), self._teacher_view)

    def _cross_fitted(self) -> Teachers:
        """One teacher for each group of training people, trained on the others."""
        groups = cross_fit_groups(self.experiment, self.fold)
        of_window = np.zeros(len(self.index), dtype=np.int64)
        models = []
        for number, group in enumerate(groups):
            of_window[group] = number
            folder = self.run.part(self.fold.name, f"teacher-{number + 1}-of-{len(groups)}")
            models.append(self._cross_teacher(folder, self.fold.train[~group[self.fold.train]]))
        return Teachers(models, of_window, self._teacher_view)

    def _cross_teacher(self, folder: Path, ids: Ids) -> Recogniser:
        if (folder / "model.json").exists():
            return load_model(folder)[0].to(self.experiment.device)
        if self.shelf is None:
            return self._made_cross_teacher(folder, folder.name, ids)
        with self.shelf.held(folder.name, self._key(folder.name, ids), self.stop) as place:
            if not (place / "model.json").exists():
                self._made_cross_teacher(place, folder.name, ids)
            link_model(place, folder)
        return load_model(folder)[0].to(self.experiment.device)

    def _made_cross_teacher(self, folder: Path, name: str, ids: Ids) -> Recogniser:
        model = self._teacher(folder, ids, name)
        answers_for = sorted(set(self._people(self.fold.train)) - set(self._people(ids)))
        kept = {**self._provenance(name), "train_people": self._people(ids), "answers_for": answers_for}
        save_model(model, folder, kept)
        _clear(folder)
        return model

    def _key(self, role: str, ids: Ids) -> str:
        name = (self.fold.name, role)
        if name not in self._keys:
            self._keys[name] = role_key(self.experiment, self.fold, role, ids)
        return self._keys[name]

    def _seen_by(self, role: str, ids: Ids | None = None) -> tuple[Interface, View]:
        """What a model sees; one that some of the training people teach knows nothing of the others' spread either."""
        experiment = self.experiment
        if role != "teacher" and not role.startswith("teacher-"):
            return experiment.student, self._student_view
        if ids is None or len(ids) == len(self.fold.train):
            return experiment.teacher, self._teacher_view
        return experiment.teacher, self._view(experiment.teacher, ids)

    @cached_property
    def _teacher_view(self) -> View:
        return self._view(self.experiment.teacher)

    @cached_property
    def _student_view(self) -> View:
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
    def _validation(self) -> Scored:
        ids = self.fold.validation
        people = self.experiment.split.unit == "people"
        unit = self.index.person_names(ids) if people else np.full(len(ids), self.fold.name)
        return Scored(ids, self.index.label[ids], unit, self.index.classes)

    def _people(self, ids: Ids) -> list[str]:
        return sorted({str(name) for name in self.index.person_names(ids)})

    def _provenance(self, role: str) -> dict[str, Any]:
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
            "train_people": self._people(fold.train),
            "validation_people": self._people(fold.validation),
            "test_people": self._people(fold.test),
        }


def _clear(folder: Path) -> None:
    """Takes away what only a training under way needs."""
    for name in ("cache", BEST):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "checkpoint.safetensors").unlink(missing_ok=True)
