"""What a student's features come to resemble: amplitude spectra at each anchor, before and after its trainings.

At every anchor that teacher and student both name and that has one shape in both: the mean spectrum of each, and the
squared difference by bin, whose mean over bins is the stage term's part in frequency (`losses.stage`). Where a run has
no stage distillation the same is a plain comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, Event, silent
from stillroom.explain.asking import Stop, quiet
from stillroom.explain.subsets import refuse_stopped
from stillroom.losses.stage import Stage, spectrum, stage_frequency, stage_time
from stillroom.losses.term import make_terms
from stillroom.models.bundle import load_model
from stillroom.models.recogniser import Recogniser
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explained import Explained, drawn, units_of
from stillroom.recipes.feature_maps import Drawn, Heard, feature_maps
from stillroom.recipes.fold import FoldRun
from stillroom.recipes.networks import untrained
from stillroom.recipes.recipe import Recipe
from stillroom.recipes.roles import ALONE, STUDENT, TEACHER, chain, compared, phase_of
from stillroom.runs.store import Run
from stillroom.training.taps import Taps, taps_of

UNTRAINED = "untrained"
_BATCH = 128


def has_anchors(experiment: Experiment, run: Run) -> bool:
    """Whether teacher and student of a run name anchors of one shape."""
    roles = compared(experiment.recipe)
    if TEACHER not in roles or STUDENT not in roles:
        return False
    fold = experiment.folds[0]
    shapes = []
    for role in (TEACHER, STUDENT):
        model = load_model(run.part(fold.name, role))[0]
        face = model.interface
        shapes.append(_heard(model, torch.zeros(1, len(face.layout), face.width)).anchors)
    return any(name in shapes[1] and shapes[1][name].shape == one.shape for name, one in shapes[0].items())


def explain_anchors(
    experiment: Experiment, run: Run, *, windows: int, seed: int, emit: Emit, stop: Stop
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Spectra at the anchors of the first fold's models, on windows that they tested; ready for JSON.

    Args:
        experiment: of the run, reopened.
        run: finished.
        windows: how many.
        seed: of their draw.
        emit: hears of progress.
        stop: asked before each model.

    Returns:
        `fold`, `windows`, and `anchors`: by name `hertz` of the bins, the `teacher`'s mean spectrum, and by model
        (`untrained`, each training of the student, `alone`) its `spectrum`, the squared `difference` by bin, and the
        stage term's parts `frequency` (the mean of the differences, which the term multiplies by `weight`) and `time`,
        with the settings of the run's own stage term, or its usual ones. And arrays: some of the features themselves
        (`feature_maps`).

    Raises:
        InputError: the two have no anchor alike.
        StoppedError: on request.
    """
    if not has_anchors(experiment, run):
        raise InputError(
            "teacher and student have no anchor alike", where=str(run.folder), mend="Leave the part anchors out"
        )
    fold = experiment.folds[0]
    ids, window_s = drawn(experiment, fold, windows, seed), experiment.index.width / experiment.index.rate_hz
    heard: dict[str, Heard] = {}
    models = _models(experiment, run)
    for number, (name, model) in enumerate(models.items()):
        refuse_stopped(stop, "anchors")
        emit(Event("explain.anchors", data={"part": name, "done": number, "of": len(models)}))
        with quiet(model):
            heard[name] = _heard(model, Explained(name, fold, model).windows(experiment, ids))
    said = {name: one.anchors for name, one in heard.items()}
    taught = said.pop(TEACHER)
    alike = [name for name, one in taught.items() if name in said[STUDENT] and said[STUDENT][name].shape == one.shape]
    terms = _stage_terms(experiment.recipe)
    anchors = {
        name: _told(taught[name], {other: one[name] for other, one in said.items()}, window_s, terms.get(name, Stage()))
        for name in alike
    }
    windows_drawn = Drawn(ids, units_of(fold, ids), experiment.index.label[ids], window_s)
    maps = feature_maps(windows_drawn, heard, alike)
    return {"fold": fold.name, "windows": len(ids), "anchors": anchors}, maps


def _told(teacher: Tensor, students: Mapping[str, Tensor], window_s: float, term: Stage) -> dict[str, Any]:
    return {
        "hertz": _hertz(teacher.shape[2], window_s, term),
        "teacher": spectrum(teacher, dc=term.dc).mean(dim=(0, 1)).tolist(),
        "weight": term.frequency,
        "models": {name: _compared(student, teacher, term) for name, student in students.items()},
    }


def _models(experiment: Experiment, run: Run) -> dict[str, Recogniser]:
    """The teacher, the student before any training, after each, and the student alone; of the first fold."""
    fold, recipe = experiment.folds[0], experiment.recipe
    steps = chain(recipe, STUDENT)
    here = FoldRun(experiment, fold, run, silent, lambda: False)
    first = untrained(here, steps[0], phase_of(recipe, steps[0]), fold.train)
    kept = (*steps, *((ALONE,) if ALONE in compared(recipe) else ()))
    named = {role: load_model(run.part(fold.name, role))[0].to(experiment.device) for role in (TEACHER, *kept)}
    return {TEACHER: named.pop(TEACHER), UNTRAINED: first, **named}


def _stage_terms(recipe: Recipe) -> dict[str, Stage]:
    """The run's own stage term at each anchor: how it compares, and what its spectrum weighs."""
    found: dict[str, Stage] = {}
    for declared in (*(stage.terms for stage in recipe.stages), recipe.student.terms):
        for term in make_terms(declared, where="the terms of the student").values():
            if isinstance(term, Stage):
                found.setdefault(term.of.partition(".")[2], term)
    return found


def _hertz(samples: int, window_s: float, term: Stage) -> list[float]:
    """How often a second each bin goes up and down."""
    return [place / window_s for place in range(0 if term.dc else 1, samples // 2 + 1)]


@torch.no_grad()
def _heard(model: Recogniser, windows: Tensor) -> Heard:
    """The features over time at each anchor that the network names, and those that it reads its answer from."""
    paths = taps_of(model, {})
    with Taps(model, paths) as taps:
        answers = [taps(some) for some in torch.split(windows, _BATCH)]
    joined = {name: torch.cat([one.parts[name] for one in answers]) for name in paths}
    pooled = torch.cat([one.representation for one in answers])
    return Heard({name: features for name, features in joined.items() if features.ndim == 3}, pooled)


def _compared(student: Tensor, teacher: Tensor, term: Stage) -> dict[str, Any]:
    ours, theirs = (spectrum(side, dc=term.dc) for side in (student, teacher))
    return {
        "spectrum": ours.mean(dim=(0, 1)).tolist(),
        "difference": (ours - theirs).square().mean(dim=(0, 1)).tolist(),
        "frequency": float(stage_frequency(student, teacher, dc=term.dc).mean()),
        "time": float(stage_time(student, teacher, standardise=term.standardise).mean()),
    }
