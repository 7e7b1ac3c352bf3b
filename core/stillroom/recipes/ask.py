"""Asking: from a few words to an experiment that is ready to run; the command line and the notebooks ask alike.

What is left out is the data set's own: its protocol, its windows, its kind of labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.base.machine import cores
from stillroom.data.dataset import Dataset
from stillroom.data.source import open_source
from stillroom.recipes.experiment import Experiment, Settings, prepare
from stillroom.recipes.recipe import RECIPES

_ENOUGH = 4  # models this small gain nothing from more threads


def ask(
    recipe: str,
    data: str,
    *,
    dataset: Dataset | None = None,
    window_s: float = 0.0,
    stride_s: float = 0.0,
    purity: float = 0.5,
    min_windows: int = 10,
    protocol: str = "",
    threads: int = 0,
    fast: bool = False,
    changes: Sequence[str] = (),
    emit: Emit = silent,
    **asked: Any,
) -> Experiment:
    """Prepares an experiment.

    Args:
        recipe: its name, as `tsak`.
        data: the SOURCE text.
        dataset: the same, where it is open already, or a part of it.
        window_s: window length; 0 for the data set's own.
        stride_s: step between windows; 0 for half a window, or the data set's own where the length is.
        purity: the least share of a window that its label must hold for.
        min_windows: classes with fewer windows are set aside.
        protocol: empty for the data set's own.
        threads: of torch; 0 for all cores, at most 4.
        fast: the small setting.
        changes: settings of the recipe, as `student.terms.attn_rep.weight=2`.
        emit: hears of the data being read.
        asked: further fields of `Settings`: `student_view` (needed), `teacher_view`, `seed`, `folds`, `track`, ...

    Raises:
        InputError: an unknown recipe, setting, view or protocol, or data that cannot be read; nothing was written.
    """
    chosen = RECIPES[recipe]()
    chosen = (chosen.fast() if fast else chosen).with_changes(list(changes))
    opened = dataset or open_source(data, track=asked.get("track"), emit=emit)
    card = opened.card
    length, step = card.windows_s(window_s, stride_s)
    settings = Settings.from_input(
        {
            **asked,
            "data": data,
            "protocol": protocol or card.protocol,
            "fast": fast,
            "windows": {"window_s": length, "stride_s": step, "purity": purity, "min_windows": min_windows},
            "threads": threads or min(cores(), _ENOUGH),
        },
        where="the options",
    )
    return prepare(chosen, settings, opened)


def with_people(dataset: Dataset, people: Sequence[str]) -> Dataset:
    """A data set of some of its people alone.

    Raises:
        InputError: nobody was named, or somebody is not in it.
    """
    if not people:
        raise InputError("nobody was chosen", mend=f"People: {', '.join(dataset.people)}")
    if absent := [name for name in people if name not in dataset.people]:
        raise InputError(f"no person {absent[0]!r} here", mend=f"People: {', '.join(dataset.people)}")
    kept = tuple(recording for recording in dataset.recordings if recording.person in people)
    return replace(dataset, recordings=kept, key=fingerprint([dataset.key, sorted(people)]))
