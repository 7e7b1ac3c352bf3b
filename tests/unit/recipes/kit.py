"""What is asked of a run's folder, and single models of a fold made as a run makes them."""

from collections.abc import Callable
from pathlib import Path

from stillroom.base.events import Emit, silent
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.fold import FoldRun
from stillroom.recipes.sharing import Shelf
from stillroom.runs.store import begin_run


def weights(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("model.safetensors")}


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def never() -> bool:
    return False


def made(
    experiment: Experiment,
    folder: Path,
    *roles: str,
    shelf: Path | None = None,
    stop: Callable[[], bool] = never,
    emit: Emit = silent,
) -> FoldRun:
    """The first fold with these models finished, each with what it needs named before it."""
    run = begin_run(folder, experiment.asked(), resume=True)
    fold = FoldRun(experiment, experiment.folds[0], run, emit, stop, Shelf(shelf) if shelf else None)
    for role in roles:
        assert fold.finish(role), role
    return fold
