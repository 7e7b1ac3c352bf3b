"""Opening a finished run again as the experiment that made it: its folds, its windows, its models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.data.dataset import Dataset
from stillroom.data.source import open_source
from stillroom.data.splits import Fold
from stillroom.recipes.experiment import Experiment, Settings, prepare
from stillroom.recipes.recipe import Recipe
from stillroom.runs.store import Run, open_run


def reopen(run: Run, *, dataset: Dataset | None = None, emit: Emit = silent) -> Experiment:
    """The experiment of a run, prepared from its folder and the recordings.

    Args:
        run: done or not.
        dataset: the recordings, where they are open already.
        emit: hears of the data being read.

    Raises:
        InputError: the recordings are gone, or are no longer those that the run was made with.
    """
    asked = run.facts["asked"]
    recipe = Recipe.from_input(asked["recipe"], where=str(run.folder / "run.json"))
    plain = {name: asked[name] for name in Settings.model_fields if name in asked}
    settings = Settings.from_input(plain, where=str(run.folder / "run.json"))
    if settings.device.startswith("cuda") and not torch.cuda.is_available():
        settings = settings.changed(device="cpu")  # what was trained there is asked here
    try:
        opened = dataset or open_source(settings.data, track=settings.track, emit=emit)
    except InputError as error:
        raise InputError(
            f"the recordings of this run cannot be opened: {error.what}",
            where=f"{run.folder}, data {settings.data!r}",
            mend="Run the command in the folder where the run was made, or put the recordings back",
        ) from error
    experiment = prepare(recipe, settings, opened)
    if experiment.asked()["data_key"] != asked["data_key"]:
        raise InputError(
            "the recordings are not those that the run was made with",
            where=f"{run.folder}, {settings.data}",
            mend="Put the recordings back, or distil anew",
        )
    return experiment


def chosen_fold(experiment: Experiment, name: str = "") -> Fold:
    """A fold by its name; the first by default.

    Raises:
        InputError: no such fold.
    """
    named = named_fold([fold.name for fold in experiment.folds], name)
    return next(fold for fold in experiment.folds if fold.name == named)


def named_fold(known: Sequence[str], name: str = "") -> str:
    """One of the names of a run's folds; the first by default.

    Raises:
        InputError: no such fold.
    """
    if not known:
        raise InputError("the run's report names no fold", mend="Distil anew; report.json is damaged")
    if name and name not in known:
        raise InputError(f"no fold {name!r} in this run", where="--fold", mend=f"Folds: {', '.join(known)}")
    return name or known[0]


def finished_run(folder: Path) -> Run:
    """A run that is done.

    Raises:
        InputError: no run lies there, or it is not done.
    """
    run = open_run(folder)
    _ = run.report
    return run
