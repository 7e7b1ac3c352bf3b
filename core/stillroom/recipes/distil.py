"""Distilling: from what was asked to a finished run with a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from stillroom.base.errors import InputError, StillroomError, StoppedError
from stillroom.base.events import Emit, Event, fan_out
from stillroom.recipes.again import words_again
from stillroom.recipes.check import check
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.folds import run_folds
from stillroom.recipes.glimpse import keep_glimpse
from stillroom.recipes.playback import keep_plain
from stillroom.recipes.report import build_report
from stillroom.recipes.report_text import to_markdown
from stillroom.recipes.sharing import Shelf
from stillroom.runs.lock import held
from stillroom.runs.store import DONE, FAILED, STOPPED, Run, begin_run


def distil(
    experiment: Experiment,
    folder: Path,
    *,
    resume: bool,
    emit: Emit,
    stop: Callable[[], bool],
    shelf: Shelf | None = None,
    command: Sequence[str] = (),
) -> dict[str, Any]:
    """Runs an experiment into a folder.

    Args:
        experiment: prepared.
        folder: of the run.
        resume: go on with an unfinished run.
        emit: hears what happens; the run's own `events.jsonl` hears it too.
        stop: asked before each step.
        shelf: where models lie that other runs need as well; the result is the same without.
        command: the words that asked for it, kept in the run's folder.

    Returns:
        The report, as in `report.json`.

    Raises:
        StoppedError: stopped on request; the run is marked so and can be resumed.
        StillroomError: what went wrong; the run is marked failed and can be resumed.
    """
    check(experiment)
    asked = experiment.asked()
    run = begin_run(folder, asked, resume=resume, command=command, again=_again(asked))
    if run.facts["state"] == DONE:
        return run.report
    with held(folder):
        return _go_on(experiment, run, emit, stop, shelf)


def _again(asked: dict[str, Any]) -> list[str]:
    """The words that make it again; none of a recipe that no options lead to."""
    with suppress(InputError):
        return words_again(asked)
    return []


def _go_on(
    experiment: Experiment, run: Run, emit: Emit, stop: Callable[[], bool], shelf: Shelf | None
) -> dict[str, Any]:
    torch.set_num_threads(experiment.settings.threads)
    run.tidy()
    run.go_on()
    listen = fan_out(run.listen, emit)
    try:
        listen(Event("run.started", data={"run": str(run.folder)}))
        run_folds(experiment, run, listen, stop, shelf)
        report = build_report(experiment, run)
        keep_glimpse(experiment, run, report)
        run.finish(report, to_markdown(report))
        keep_plain(experiment, run, listen)
    except StoppedError as stopped:
        run.mark(STOPPED)
        mend = f"Go on with the same command and --resume --run {run.folder}"
        raise StoppedError(stopped.what, where=stopped.where, mend=mend) from stopped
    except StillroomError as error:
        with suppress(StillroomError):  # on a full disk even this cannot be written; the run stays unfinished
            run.mark(FAILED, error.sentence())
        raise
    listen(Event("run.done", data={"run": str(run.folder)}))
    return report
