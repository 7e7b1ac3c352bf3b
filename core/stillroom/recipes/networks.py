"""Training a fold's networks by the one loop, and growing its forests.

The student and the student alone begin with the same weights and see the same windows in the same order and views, so
that the difference between them is the teacher.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from stillroom.base.errors import StoppedError
from stillroom.base.paths import write_json
from stillroom.losses.term import make_terms
from stillroom.models.bundle import save_model
from stillroom.models.forest import ForestConfig
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.recipes.recipe import Phase, Semantic
from stillroom.recipes.roles import ALONE, FOREST, STUDENT
from stillroom.recipes.teachers import mix_with_forest
from stillroom.training.checkpoint import best_of
from stillroom.training.forest import grow_forest
from stillroom.training.loop import Job, train
from stillroom.training.taps import taps_of
from stillroom.training.targets import Targets
from stillroom.training.views import Ids, Inputs, View

if TYPE_CHECKING:
    from stillroom.recipes.fold import FoldRun

BEST, CHECKPOINT = "best", "checkpoint.safetensors"


def network(fold: FoldRun, role: str, folder: Path, phase: Phase, ids: Ids) -> Recogniser:
    """A network trained by the loop without a teacher."""
    model = untrained(fold, role, phase, ids)
    trained(fold, role, folder, phase, ids, model, fold.seen_by(role, ids)[1])
    return model


def untrained(fold: FoldRun, role: str, phase: Phase, ids: Ids) -> Recogniser:
    """A new network; the student and the student alone begin with the same weights."""
    face, view = fold.seen_by(role, ids)
    torch.manual_seed(fold.seed(STUDENT if role.partition("-")[0] in (STUDENT, ALONE) else role))
    member = Member(phase.model.architecture(), face.shape, view.normaliser)
    return Recogniser(face, [member]).to(fold.experiment.device)


def teacher(fold: FoldRun, role: str, folder: Path, ids: Ids) -> Recogniser:
    """A stage-1 teacher of some training people, a forest mixed in where the recipe says so."""
    made = network(fold, role, folder, fold.recipe.teacher, ids)
    if not fold.recipe.forest_in_teacher:
        return made
    face, view = fold.seen_by(role, ids)
    return mix_with_forest(made, forest(fold, face, view, ids), view, fold.validation)


def forest(fold: FoldRun, face: Interface, view: View, ids: Ids) -> Recogniser:
    """A random forest on seeded views."""
    config = fold.recipe.forest.architecture()
    assert isinstance(config, ForestConfig)
    views = min(fold.recipe.forest_views, view.views)
    threads = fold.experiment.settings.threads
    return grow_forest(config, face, view, fold.index.label, ids, seed=fold.seed(FOREST), jobs=threads, views=views)


def trained(
    fold: FoldRun,
    role: str,
    folder: Path,
    phase: Phase | Semantic,
    ids: Ids,
    model: nn.Module,
    inputs: Inputs,
    targets: Targets | None = None,
) -> None:
    """Runs the loop; a training that is stopped leaves its best epoch so far as a model."""
    job = Job(
        name=f"{fold.fold.name}/{role}",
        view=inputs,
        label=fold.index.label,
        train=ids,
        validation=fold.validation,
        terms=make_terms(phase.terms, where=f"the terms of {role}"),
        targets=targets,
        seed=fold.seed(role.replace(ALONE, STUDENT, 1) if role.partition("-")[0] == ALONE else role),
        key=fold.key(role, ids),
        **_of_phase(model, phase),
    )
    checkpoint = folder / CHECKPOINT
    try:
        history = train(model, job, phase.training, checkpoint=checkpoint, emit=fold.emit, stop=fold.stop)
    except StoppedError:
        if isinstance(model, Recogniser):
            _keep_best(fold, model, role, folder)
        raise
    write_json(folder / "history.json", history)


def _of_phase(model: nn.Module, phase: Phase | Semantic) -> dict[str, Any]:
    """What a whole network is told beyond a head: its taps, and what of it rests."""
    if isinstance(phase, Semantic):
        return {}
    return {"taps": taps_of(model, phase.taps), "frozen": phase.frozen, "frozen_share": phase.frozen_share}


def _keep_best(fold: FoldRun, model: Recogniser, role: str, folder: Path) -> None:
    """Leaves the best epoch so far as a model to be used, beside the checkpoint that the training goes on from."""
    if found := best_of(folder / CHECKPOINT):
        weights, progress = found
        model.load_state_dict(weights)
        kept = {**fold.provenance(role), "stopped_in_epoch": progress["epoch"] + 1}
        kept |= {"best_epoch": progress["best_epoch"] + 1, "validation_macro_f1": progress["best"]}
        save_model(model.eval(), folder / BEST, kept)


def clear(folder: Path) -> None:
    """Takes away what only a training under way needs."""
    shutil.rmtree(folder / BEST, ignore_errors=True)
    (folder / CHECKPOINT).unlink(missing_ok=True)
