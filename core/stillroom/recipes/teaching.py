"""What a student is taught with: the answers of a fold's teachers, cross-fitted where asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stillroom.losses.term import make_terms, needs_of
from stillroom.models.bundle import load_model, save_model
from stillroom.models.recogniser import Recogniser
from stillroom.recipes.answers import answers_of
from stillroom.recipes.groups import cross_fit_groups
from stillroom.recipes.networks import clear, teacher
from stillroom.recipes.recipe import Phase
from stillroom.recipes.roles import SEMANTIC, TEACHER
from stillroom.recipes.second_stage import semantic
from stillroom.recipes.sharing import link_model
from stillroom.training.taps import taps_of
from stillroom.training.targets import Panel, Targets, Teachers, one_teacher
from stillroom.training.views import Ids

if TYPE_CHECKING:
    from stillroom.recipes.fold import FoldRun

# the semantic classifier repeats stage 1's answers; whoever wants these asks the teacher
ANSWERED = {SEMANTIC: frozenset({"logits", "representation"})}


def student_targets(fold: FoldRun, folder: Path, phase: Phase) -> Targets | None:
    """The teachers' answers that the terms of a phase need; None where they need none."""
    needs = needs_of(make_terms(phase.terms, where="the terms of student"))
    parts: dict[str, set[str]] = {}
    for need in sorted(needs):
        role, _, name = need.partition(".")
        parts.setdefault(role, set()).add(name)
    if not parts:
        return None
    epochs, ids = phase.training.epochs, fold.fold.train
    return Panel(
        {
            role: answers_of(fold, role, _teachers(fold, role), ids, epochs=epochs, folder=folder, needs=names)
            for role, names in parts.items()
        }
    )


def _teachers(fold: FoldRun, role: str) -> Teachers:
    teachers = _cross_fitted_teachers(fold, role) if fold.recipe.cross_fit else _whole_teacher(fold, role)
    taps = taps_of(teachers.models[0], fold.recipe.teacher.taps) if role == TEACHER else {}
    return replace(
        teachers,
        recorded=fold.recipe.recorded_targets,
        names=ANSWERED.get(role),
        taps=taps,
    )


def _whole_teacher(fold: FoldRun, role: str) -> Teachers:
    return one_teacher(fold.model(role), len(fold.index), fold.teacher_view)


def _cross_fitted_teachers(fold: FoldRun, role: str) -> Teachers:
    groups = cross_fit_groups(fold.experiment, fold.fold)
    of_window = np.zeros(len(fold.index), dtype=np.int64)
    models = []
    for number, group in enumerate(groups):
        of_window[group] = number
        name = f"{role}-{number + 1}-of-{len(groups)}"
        models.append(_cross_fitted(fold, name, fold.fold.train[~group[fold.fold.train]]))
    return Teachers(models, of_window, fold.teacher_view)


def _cross_fitted(fold: FoldRun, name: str, ids: Ids) -> Recogniser:
    """A teacher, or its semantic classifier, of some of the training people."""
    folder = fold.folder(name)
    # asked for even where the classifier lies on the shelf, so that every run has both
    stage1 = _cross_fitted(fold, name.replace(SEMANTIC, TEACHER), ids) if name.startswith(SEMANTIC) else None
    if not (folder / "model.json").exists():
        if fold.shelf is None:
            _make_cross_fitted(fold, folder, name, ids, stage1)
        else:
            with fold.shelf.held(name, fold.key(name, ids), fold.stop) as place:
                if not (place / "model.json").exists():
                    _make_cross_fitted(fold, place, name, ids, stage1)
                link_model(place, folder)
    return load_model(folder)[0].to(fold.experiment.device).eval()


def _make_cross_fitted(fold: FoldRun, folder: Path, name: str, ids: Ids, stage1: Recogniser | None) -> None:
    made = teacher(fold, name, folder, ids) if stage1 is None else semantic(fold, name, folder, ids, stage1)
    answers_for = sorted(set(fold.people(fold.fold.train)) - set(fold.people(ids)))
    save_model(made, folder, {**fold.provenance(name), "train_people": fold.people(ids), "answers_for": answers_for})
    clear(folder)
