"""What a student's features come to resemble: amplitude spectra at each anchor, before and after its trainings.

At every anchor that teacher and student both name and that has one shape in both: the mean spectrum of each, and the
squared difference by bin, whose mean over bins is the stage term's part in frequency (`losses.stage`). Where a run has
no stage distillation the same is a plain comparison.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, Event, silent
from stillroom.explain.asking import quiet
from stillroom.explain.subsets import refuse_stopped
from stillroom.losses.stage import spectrum, stage_frequency, stage_time
from stillroom.models.bundle import load_model
from stillroom.models.recogniser import Recogniser
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explained import Explained, Stop, drawn
from stillroom.recipes.fold import FoldRun
from stillroom.recipes.networks import untrained
from stillroom.recipes.roles import ALONE, STUDENT, TEACHER, chain, compared, phase_of
from stillroom.runs.store import Run
from stillroom.training.taps import Taps, taps_of

UNTRAINED = "untrained"


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
        shapes.append(_anchors(model, torch.zeros(1, len(face.layout), face.width)))
    return any(name in shapes[1] and shapes[1][name].shape == one.shape for name, one in shapes[0].items())


def explain_anchors(
    experiment: Experiment, run: Run, *, windows: int, seed: int, emit: Emit, stop: Stop
) -> dict[str, Any]:
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
        stage term's parts `frequency` (the mean of the differences) and `time`.

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
    said: dict[str, dict[str, Tensor]] = {}
    models = _models(experiment, run)
    for number, (name, model) in enumerate(models.items()):
        refuse_stopped(stop, "anchors")
        emit(Event("explain.anchors", data={"part": name, "done": number, "of": len(models)}))
        with quiet(model):
            said[name] = _anchors(model, Explained(name, fold, model).windows(experiment, ids))
    taught = said.pop(TEACHER)
    alike = [name for name, one in taught.items() if name in said[STUDENT] and said[STUDENT][name].shape == one.shape]
    anchors = {
        name: {
            "hertz": [(place + 1) / window_s for place in range(taught[name].shape[2] // 2)],
            "teacher": spectrum(taught[name]).mean(dim=(0, 1)).tolist(),
            "models": {other: _compared(one[name], taught[name]) for other, one in said.items()},
        }
        for name in alike
    }
    return {"fold": fold.name, "windows": len(ids), "anchors": anchors}


def _models(experiment: Experiment, run: Run) -> dict[str, Recogniser]:
    """The teacher, the student before any training, after each, and the student alone; of the first fold."""
    fold, recipe = experiment.folds[0], experiment.recipe
    steps = chain(recipe, STUDENT)
    here = FoldRun(experiment, fold, run, silent, lambda: False)
    first = untrained(here, steps[0], phase_of(recipe, steps[0]), fold.train)
    kept = (*steps, *((ALONE,) if ALONE in compared(recipe) else ()))
    named = {role: load_model(run.part(fold.name, role))[0].to(experiment.device) for role in (TEACHER, *kept)}
    return {TEACHER: named.pop(TEACHER), UNTRAINED: first, **named}


@torch.no_grad()
def _anchors(model: Recogniser, windows: Tensor) -> dict[str, Tensor]:
    """The features over time at each anchor that the network names."""
    paths = taps_of(model, {})
    with Taps(model, paths) as taps:
        parts = taps(windows).parts
    return {name: parts[name] for name in paths if parts[name].ndim == 3}


def _compared(student: Tensor, teacher: Tensor) -> dict[str, Any]:
    apart = (spectrum(student) - spectrum(teacher)).square()
    return {
        "spectrum": spectrum(student).mean(dim=(0, 1)).tolist(),
        "difference": apart.mean(dim=(0, 1)).tolist(),
        "frequency": float(stage_frequency(student, teacher).mean()),
        "time": float(stage_time(student, teacher, standardise=True).mean()),
    }
