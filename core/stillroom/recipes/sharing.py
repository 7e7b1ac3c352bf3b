"""The shelf: what several runs of a study need alike is made once, and linked into each run's own folder.

A place on the shelf is named by everything that decides what lies there (data, windows, fold, seed, settings, channels,
the teacher behind it), so runs that differ in the student's loss alone share the teacher, its answers and every
baseline. One process at a time works at a place; one that was killed leaves it to the next, which goes on from its
checkpoint.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base.config import fingerprint
from stillroom.base.errors import StoppedError
from stillroom.base.paths import storage_errors, whole_file
from stillroom.data.splits import Fold
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.roles import ALONE, INT8, PRUNED, STUDENT, before, needed_by, phase_of, share_of, taught_by
from stillroom.runs.lock import tried
from stillroom.training.views import Ids

ANSWERS = "answers"
_LOOK_S = 0.1
_LAST = ("model.json", "predictions.npz")  # linked last, in this order: what is there when a model is whole, or done


@dataclass(frozen=True)
class Shelf:
    """A folder of things that runs share.

    Attributes:
        folder: where it lies.
    """

    folder: Path

    @contextmanager
    def tried(self, name: str, key: str) -> Iterator[Path | None]:
        """A place, if nobody else works at it; None otherwise."""
        place = self.folder / f"{name}-{key}"
        with storage_errors(place):
            place.mkdir(parents=True, exist_ok=True)
        with tried(place) as ours:
            if ours:
                for torn in place.rglob(".*.part"):
                    torn.unlink(missing_ok=True)
            yield place if ours else None

    @contextmanager
    def held(self, name: str, key: str, stop: Callable[[], bool]) -> Iterator[Path]:
        """A place, once nobody else works at it.

        Raises:
            StoppedError: stopped while waiting.
        """
        while True:
            with self.tried(name, key) as place:
                if place is not None:
                    yield place
                    return
            if stop():
                raise StoppedError("stopped on request", where=f"waiting for {name}")
            time.sleep(_LOOK_S)

    def drop_answers(self) -> None:
        """Takes the teachers' cached answers away; the models stay."""
        for place in self.folder.glob(f"{ANSWERS}-*"):
            shutil.rmtree(place, ignore_errors=True)


def role_key(experiment: Experiment, fold: Fold, role: str, ids: Ids) -> str:
    """The fingerprint of everything that decides one model of a fold.

    Args:
        experiment: what is run.
        fold: on which windows.
        role: of the model; `teacher-1-of-3` and the like for cross-fitted teachers.
        ids: the windows that train it.
    """
    settings, recipe = experiment.settings, experiment.recipe
    sees = experiment.teacher if role.startswith(("teacher", "semantic")) else experiment.student
    windows = hashlib.sha256(b"/".join(part.tobytes() for part in (ids, fold.validation, fold.test)))
    return fingerprint(
        {
            "data": experiment.dataset.key,
            "index": experiment.index.key(),
            "fold": fold.name,
            "windows": windows.hexdigest(),
            "seed": settings.seed,
            "computed": [settings.threads, settings.device],
            "layout": sees.layout.fingerprint(),
            "augmentation": recipe.augmentation.fingerprint(),
            "role": role,
            "made_of": _made_of(experiment, fold, role),
        }
    )


def link_model(place: Path, folder: Path) -> None:
    """Puts the files of a finished model into a run's folder; linked, not copied, where the disk can."""
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    files = [path for path in place.iterdir() if path.is_file() and not path.name.startswith(".")]
    for path in sorted(files, key=lambda path: _LAST.index(path.name) if path.name in _LAST else -1):
        (folder / path.name).unlink(missing_ok=True)
        try:
            os.link(path, folder / path.name)
        except OSError:  # no links on this disk, or another one
            with whole_file(folder / path.name) as beside:
                shutil.copyfile(path, beside)


def _made_of(experiment: Experiment, fold: Fold, role: str) -> list[Any]:
    """The settings that a role depends on, and no others."""
    recipe = experiment.recipe
    forest = [recipe.forest.fingerprint(), recipe.forest_views]
    mixed = forest if recipe.forest_in_teacher else []

    def key_of(other: str) -> str:
        return role_key(experiment, fold, other, fold.train)

    if role.partition("-")[0] in (STUDENT, ALONE):
        phase, behind = phase_of(recipe, role), [key_of(other) for other in needed_by(recipe, role)]
        how = [recipe.cross_fit, recipe.recorded_targets, recipe.cache.fingerprint()] if taught_by(phase) else []
        copied = recipe.copied if role.startswith(STUDENT) and before(recipe, role) is None else None
        return [phase.fingerprint(), *behind, *how, copied]
    if role.endswith(INT8):
        return [key_of(role.removesuffix(INT8))]
    if role.startswith(PRUNED):
        return [key_of(needed_by(recipe, role)[0]), share_of(recipe, role), recipe.optimise.training.fingerprint()]
    if role == "reference":
        return [recipe.reference.fingerprint()]
    if role == "forest":
        return forest
    if role == "small_teacher":
        return [recipe.teacher.fingerprint()]
    made = [recipe.teacher.fingerprint(), mixed, experiment.settings.teacher_run]
    if role.startswith("semantic"):
        assert recipe.semantic is not None
        return [*made, recipe.semantic.fingerprint(), recipe.cache.fingerprint()]
    return made
