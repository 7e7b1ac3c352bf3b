"""Whose recording is played back, and which stretch of it: chosen by a rule, and not by its beauty.

Of the person (or stretch of recordings) whose score by the deciding model is the median (`recipes.glimpse`), the part
without a gap in which most different activities are done; the longest of equals, and of these the first. Every model
that answers is of the fold that tests this person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.data.bank import Bank
from stillroom.data.splits import Fold
from stillroom.data.windows import labels_at
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.glimpse import TRIED, deciding, folds_of, median_of
from stillroom.recipes.roles import ALONE, compared
from stillroom.training.views import Ids

_NAMES = {ALONE: "student alone"}


@dataclass(frozen=True, eq=False)
class Stretch:
    """A part of one recording, as windows one step apart.

    Attributes:
        fold: that tests it.
        unit: whose it is: person, or stretch of the protocol.
        recording: which of the data set.
        starts: `(window,)` first samples, counted in the bank.
        step: samples from one window to the next.
        truth: `(window,)` class index by the rule of windows; -1 where no label holds.
        median_of: the model whose median score chose.
        chosen: how, in a sentence or two.
    """

    fold: Fold
    unit: str
    recording: int
    starts: NDArray[np.int64]
    step: int
    truth: NDArray[np.int16]
    median_of: str
    chosen: str

    def alone(self, experiment: Experiment) -> tuple[Experiment, NDArray[np.int64]]:
        """The experiment with nothing but this stretch in its bank, and where the windows begin there."""
        first, stop = int(self.starts[0]), int(self.starts[-1]) + experiment.index.width
        signal = experiment.bank.signal[:, first:stop]
        bank = Bank(experiment.bank.layout, signal, np.array([0, signal.shape[1]]))
        return replace(experiment, bank=bank), self.starts - first


@dataclass(frozen=True)
class _Part:
    """Windows that could be played: their fold, and their ids, which no gap divides."""

    fold: Fold
    ids: Ids


def choose(
    experiment: Experiment, report: dict[str, Any], *, seconds: float, step_s: float, recording: str = ""
) -> Stretch:
    """Chooses by the rule.

    Args:
        experiment: whose folds.
        report: of its run.
        seconds: the most that is played.
        step_s: from one window to the next; at least a sample.
        recording: that is asked for by its name, as `person/session`; by the rule where empty.

    Raises:
        InputError: no such recording, or none that was tested.
    """
    index, role = experiment.index, deciding(compared(experiment.recipe))
    scores = dict(report[role]["per_person"])
    asked = _asked(experiment, recording) if recording else None
    if asked is not None:
        scores = {unit: scores[unit] for unit in _tested_in(experiment, asked)}
    unit = median_of(scores)
    reach = max(0.0, seconds - index.width / index.rate_hz) * index.rate_hz
    found = [
        (part.fold, *_best(experiment, part.ids, reach)) for part in _parts(experiment, unit, asked) if len(part.ids)
    ]
    fold, ids, kinds = max(found, key=lambda one: (one[2], index.start[one[1][-1]] - index.start[one[1][0]]))
    number, step = int(index.recording[ids[0]]), max(1, round(step_s * index.rate_hz))
    starts = np.arange(index.start[ids[0]], index.start[ids[-1]] + 1, step, dtype=np.int64)
    settings, begun = experiment.settings.windows, index.offsets[number]
    truth = labels_at(experiment.dataset, settings, index, number, starts - begun).astype(np.int16)
    rule = [_whom(experiment, role, unit, asked, len(scores)), _which(unit, seconds, kinds, asked)]
    told = " ".join([*rule, _known(experiment, fold, number)])
    return Stretch(fold, unit, number, starts, step, truth, role, told)


def _asked(experiment: Experiment, name: str) -> int:
    names = [recording.name for recording in experiment.dataset.recordings]
    if name not in names:
        raise InputError(f"no recording {name!r} in this data", where="--recording", mend=did_you_mean(name, names))
    return names.index(name)


def _tested_in(experiment: Experiment, recording: int) -> list[str]:
    """Units that are tested by windows of a recording."""
    index = experiment.index
    inside = [fold.units[index.recording[fold.test] == recording] for fold in experiment.folds]
    units = sorted({str(unit) for units in inside for unit in units})
    if not units:
        of = {int(one) for fold in experiment.folds for one in np.unique(index.recording[fold.test])}
        names = [experiment.dataset.recordings[number].name for number in sorted(of)]
        mend = f"Tested are: {', '.join(names[:8])}{' and others' if len(names) > 8 else ''}"
        raise InputError("the run did not test this recording, so its models may know it", where="--recording",
                         mend=mend)  # fmt: skip
    return units


def _parts(experiment: Experiment, unit: str, asked: int | None) -> Iterator[_Part]:
    """The tested windows of a unit, cut where their recording ends or has a gap."""
    index = experiment.index
    for fold in folds_of(experiment, unit):
        ids = fold.test[fold.units == unit]
        for number in np.unique(index.recording[ids]):
            if asked is not None and number != asked:
                continue
            inside = ids[index.recording[ids] == number]
            gaps = experiment.dataset.recordings[number].segments[:, 0] + index.offsets[number]
            segment = np.searchsorted(gaps, index.start[inside], side="right")
            for one in np.unique(segment):
                yield _Part(fold, inside[segment == one])


def _best(experiment: Experiment, ids: Ids, reach: float) -> tuple[Ids, int]:
    """The windows within `reach` samples of one of them with the most activities, and how many these are."""
    index = experiment.index
    start, label = index.start[ids], index.label[ids]
    best, most = ids[:1], (0, -1)
    for first in range(0, len(ids), max(1, len(ids) // TRIED)):
        stop = int(np.searchsorted(start, start[first] + reach, side="right"))
        kinds = len(np.unique(label[first:stop]))
        if (told := (kinds, int(start[stop - 1] - start[first]))) > most:
            best, most = ids[first:stop], told
    return best, most[0]


def _whom(experiment: Experiment, role: str, unit: str, asked: int | None, count: int) -> str:
    if asked is not None:
        return f"The recording was asked for by its name; {unit} was tested with it."
    if count == 1:
        return f"Only {unit} was tested."
    return (
        f"Of the {count} {experiment.split.unit} tested, {unit} has the median score by the {_NAMES.get(role, role)}."
    )


def _which(unit: str, seconds: float, kinds: int, asked: int | None) -> str:
    of = "Of this recording" if asked is not None else f"Of what was tested of {unit}"
    return f"{of}, this part without a gap, up to {seconds:g} s long, has the most activities ({kinds})."


def _known(experiment: Experiment, fold: Fold, recording: int) -> str:
    """Whether the models that answer knew the person from training."""
    person = experiment.dataset.recordings[recording].person
    if person in experiment.index.person_names(np.concatenate([fold.train, fold.validation])):
        return f"The models learned from other windows of {person} (protocol {experiment.split.protocol})."
    return f"No model that answers had seen {person}."
