"""Every fold's models, in order: what is done is passed over, and what another run is making is left for later."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

from stillroom.base.errors import StoppedError
from stillroom.base.events import Emit, Event
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.fold import FoldRun
from stillroom.recipes.roles import roles_of
from stillroom.recipes.sharing import ANSWERS, Shelf
from stillroom.runs.store import Run

_LOOK_S = 0.2


def run_folds(
    experiment: Experiment, run: Run, emit: Emit, stop: Callable[[], bool], shelf: Shelf | None = None
) -> None:
    """Trains and scores all models of all folds.

    Args:
        experiment: what is run.
        run: where it is kept.
        emit: hears what happens.
        stop: asked before each step.
        shelf: where models lie that other runs need as well.

    Raises:
        StoppedError: stopped on request.
    """
    roles = roles_of(experiment.recipe)
    missing = {fold.name: list(roles) for fold in experiment.folds}
    keys: dict[tuple[str, ...], str] = {}
    total, told = len(missing) * len(roles), set[tuple[str, str]]()
    emit(Event("plan", data={"folds": list(missing), "roles": list(roles)}))

    def finished(one: FoldRun, role: str) -> bool:
        name = one.fold.name
        if stop():
            raise StoppedError("stopped on request", where=f"{name}/{role}")
        if (name, role) not in told:
            told.add((name, role))
            done = total - sum(map(len, missing.values()))
            emit(Event("models", data={"part": f"{name}: {role}", "done": done, "of": total}))
        return one.finish(role)

    while any(missing.values()):
        before = sum(map(len, missing.values()))
        for fold in experiment.folds:
            one = FoldRun(experiment, fold, run, emit, stop, shelf, keys)
            for role in list(missing[fold.name]):
                if finished(one, role):
                    missing[fold.name].remove(role)
            if not missing[fold.name]:
                shutil.rmtree(one.folder(ANSWERS), ignore_errors=True)
        if sum(map(len, missing.values())) == before:
            time.sleep(_LOOK_S)
