"""Making each model of a fold: from its role to a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import softmax

from stillroom.export.int8 import int8_scorer
from stillroom.models.bundle import save_model
from stillroom.models.pruning import pruned
from stillroom.models.recogniser import Recogniser
from stillroom.recipes.calibrating import calibration_windows, windows_at
from stillroom.recipes.exporting import face_of
from stillroom.recipes.networks import forest, network, teacher, trained
from stillroom.recipes.optimising import write_int8
from stillroom.recipes.reuse import borrowed_teacher, lent_by
from stillroom.recipes.roles import (
    ALONE,
    FOREST,
    INT8,
    PRUNED,
    REFERENCE,
    SEMANTIC,
    SMALL_TEACHER,
    STUDENT,
    TEACHER,
    needed_by,
    phase_of,
    share_of,
)
from stillroom.recipes.second_stage import semantic
from stillroom.recipes.students import student
from stillroom.recipes.teaching import student_targets
from stillroom.training.views import Ids

if TYPE_CHECKING:
    from stillroom.recipes.fold import FoldRun


def make(fold: FoldRun, role: str, folder: Path) -> Recogniser:
    """Makes one model of a fold and saves it."""
    model = _make(fold, role, folder)
    lent = lent_by(fold.experiment, fold.fold) if role == TEACHER else {}
    save_model(model, folder, {**fold.provenance(role), **lent})
    return model


def _make(fold: FoldRun, role: str, folder: Path) -> Recogniser:
    recipe, train_ids = fold.recipe, fold.fold.train
    if role == TEACHER:
        lent = borrowed_teacher(fold.experiment, fold.fold)
        return teacher(fold, role, folder, train_ids) if lent is None else lent
    if role == SEMANTIC:
        return semantic(fold, role, folder, train_ids, fold.model(TEACHER))
    if role == FOREST:
        return forest(fold, fold.experiment.student, fold.student_view, train_ids)
    if role == SMALL_TEACHER:
        return network(fold, role, folder, recipe.teacher, train_ids)
    if role == REFERENCE:
        return network(fold, role, folder, recipe.reference, train_ids)
    if role.startswith(PRUNED):
        return _pruned(fold, role, folder)
    assert role.partition("-")[0] in (STUDENT, ALONE), role
    return student(fold, role, folder)


def _pruned(fold: FoldRun, role: str, folder: Path) -> Recogniser:
    """The step before with fewer channels, tuned under the student's own terms."""
    recipe = fold.recipe
    before = fold.model(needed_by(recipe, role)[0])
    model = pruned(before, share_of(recipe, role), recipe.student.model.architecture()).to(fold.experiment.device)
    phase = phase_of(recipe, STUDENT).changed(training=recipe.optimise.training.model_dump())
    targets = student_targets(fold, folder, phase)
    trained(fold, role, folder, phase, fold.fold.train, model, fold.student_view, targets)
    return model


def int8_shares(fold: FoldRun, role: str, folder: Path) -> dict[str, Any]:
    """Quantises a student on windows of training people; what the INT8 graph says of the tested windows."""
    model = fold.model(role.removesuffix(INT8)).cpu()
    face = face_of(model, fold.provenance(role))
    scorer = int8_scorer(model, calibration_windows(fold.experiment, fold.fold, model), face)
    write_int8(folder, scorer)
    test, between = fold.index.start[fold.fold.test], fold.index.between(fold.fold.test)

    def asked(starts: Ids) -> Any:
        logits = scorer.logits(windows_at(fold.experiment, model, starts)).astype(np.float64)
        return np.asarray(softmax(logits, axis=1), dtype=np.float32)

    return {"probabilities": asked(test), "between_probabilities": asked(between) if len(between) else []}
