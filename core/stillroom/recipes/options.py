"""The options of `stillroom distil` as plain values: to an experiment.

A study plans with them, the command line parses them; a name here is the option's name there, `-` for `_`. Their words
on the command line are `jobs.words.words_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.base.registry import did_you_mean
from stillroom.data.dataset import Dataset
from stillroom.recipes.ask import ask
from stillroom.recipes.experiment import Experiment

Options = Mapping[str, Any]
_DIRECT = (
    "data", "student_view", "teacher_view", "protocol", "seed", "fast", "folds", "window_s", "stride_s", "purity",
    "min_windows", "drop_class", "device", "threads",
)  # fmt: skip
_RENAMED = {"change": "changes", "i_know_it_leaks": "leaks_known", "teacher": "teacher_run", "track": "track"}
KNOWN = (*_DIRECT, *_RENAMED)


def experiment_of(recipe: str, options: Options, *, dataset: Dataset | None = None, emit: Emit = silent) -> Experiment:
    """The experiment that a `distil` with these options would run.

    Args:
        recipe: its name.
        options: by name; one that is left out has its default.
        dataset: what the data's SOURCE names, where it is open already.
        emit: hears of the data being read.

    Raises:
        InputError: an unknown option, or anything that `ask` refuses.
    """
    if wrong := [name for name in options if name not in KNOWN]:
        raise InputError(f"no option {wrong[0]!r}", where="the options", mend=did_you_mean(wrong[0], list(KNOWN)))
    direct = {name: options[name] for name in _DIRECT if name in options}
    # an empty text is an option that was not given
    renamed = {other: options[name] or None for name, other in _RENAMED.items() if name in options}
    asked = direct | {name: value for name, value in renamed.items() if value is not None}
    return ask(recipe, asked.pop("data"), dataset=dataset, emit=emit, **asked)
