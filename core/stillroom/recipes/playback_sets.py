"""What is said of a stretch with only some of the sensors: by students that have just these, or by an estimate.

The estimate asks the network for any set of sensors that `explain --part sets` keeps in the run, with the channels of
all others at their training mean. A student of the run, or of another one on the same data, windows and folds, takes
the place of the estimate of its own set; what the estimate would have scored is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, Event
from stillroom.explain.groups import channels_of
from stillroom.explain.subsets import Remembered, Subset, refuse_stopped, worth
from stillroom.recipes.estimating import keep
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explain_sensors import ESTIMATOR, estimator, has_estimator, several
from stillroom.recipes.explained import Explained, RecordedView, explained, layout_of
from stillroom.recipes.playback import small_of
from stillroom.recipes.playback_stretch import Stretch
from stillroom.recipes.roles import TEACHER
from stillroom.runs.playback import SensorSet
from stillroom.runs.store import Run, open_run
from stillroom.training.scoring import probabilities_at

Shares = NDArray[np.float32]
Stop = Callable[[], bool]
MOST_SENSORS = 8  # with more, each alone and each left out; all sets would be hundreds
_BATCH = 512
_SAME = {"data_key": "data", "index_key": "windows", "protocol": "protocol", "folds": "number of folds"}
_SAME_AT_RANDOM = {**_SAME, "seed": "seed of a random split"}


@dataclass
class Sets:
    """Sets of sensors and what is said with each, as they come.

    Attributes:
        told: the sets.
        shares: of each, `(window, class)` probabilities.
        notes: what is left out, and why.
    """

    told: list[SensorSet] = field(default_factory=list)
    shares: list[Shares] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, one: SensorSet, shares: Shares) -> None:
        """Takes one more in."""
        self.told.append(one)
        self.shares.append(shares)

    @property
    def known(self) -> dict[frozenset[str], str]:
        """The sets there are, each with the run of its student."""
        return {frozenset(one.sensors): one.run for one in self.told}

    def arrays(self, windows: int) -> tuple[NDArray[np.int16], NDArray[np.float16]]:
        """`(set, window)` class index that is said, and its probability."""
        said = [shares.argmax(axis=1) for shares in self.shares]
        share = [shares.max(axis=1) for shares in self.shares]
        return (
            np.array(said, dtype=np.int16).reshape(-1, windows),
            np.array(share, dtype=np.float16).reshape(-1, windows),
        )

    def in_order(self, sensors: Sequence[str]) -> Sets:
        """By size, and then by where the sensors stand."""
        place = [(len(one.sensors), [sensors.index(name) for name in one.sensors]) for one in self.told]
        order = sorted(range(len(place)), key=place.__getitem__)
        return Sets([self.told[at] for at in order], [self.shares[at] for at in order], self.notes)


def fitting(experiment: Experiment, run: Run, folder: Path) -> Run:
    """Another finished run whose student can stand beside this run's.

    Raises:
        InputError: no finished run, one of other data, windows or folds, or one without a student.
    """
    other = open_run(folder)
    report, ours, theirs = other.report, run.facts["asked"], other.facts["asked"]
    same = _SAME_AT_RANDOM if str(ours["protocol"]).startswith("random") else _SAME
    if apart := [said for name, said in same.items() if ours.get(name) != theirs.get(name)]:
        raise InputError(f"this run has another {apart[0]} than {run.folder.name}", where=f"--also {folder}",
                         mend="Name finished runs of the same data, windows and protocol")  # fmt: skip
    if not small_of(report):
        raise InputError("this run has no student", where=f"--also {folder}", mend="Name a run that made one")
    lacking = set(report["student_view"]) - set(experiment.bank.layout.names)
    if lacking:
        raise InputError(f"its student needs {min(lacking)}, which no model of {run.folder.name} has",
                         where=f"--also {folder}", mend="Name a run whose sensors the teacher has")  # fmt: skip
    return other


def add_student(sets: Sets, run: Run, shares: Shares, sensors: Sequence[str]) -> None:
    """A student with its measured score; of two with the same sensors the first stays.

    Args:
        sets: that it joins.
        run: whose student it is.
        shares: `(window, class)` what it says.
        sensors: that it has, in order.
    """
    if (before := sets.known.get(frozenset(sensors))) is not None:
        sets.notes.append(f"{run.folder.name} is left out: the student of {before} has the same sensors.")
        return
    scored = run.report[small_of(run.report)]
    score = {name: scored[name] for name in ("macro_f1", "low", "high")}
    sets.add(SensorSet(tuple(sensors), "student", run.folder.name, **score), shares)


def add_students(sets: Sets, experiment: Experiment, others: Sequence[Run], stretch: Stretch, stop: Stop) -> None:
    """The students of other runs, each of the fold that tests the stretch.

    Args:
        sets: that they join.
        experiment: of the run that is played.
        others: as `fitting` gives them.
        stretch: what they are asked about.
        stop: asked before each.

    Raises:
        StoppedError: on request.
    """
    here, starts = stretch.alone(experiment)
    for other in others:
        refuse_stopped(stop, f"the student of {other.folder.name}")
        with explained(here, other, small_of(other.report), stretch.fold) as one:
            shares = probabilities_at(one.model, RecordedView(one, here), starts)
            add_student(sets, other, shares, ordered(one.layout.sensors, experiment.bank.layout.sensors))


def add_estimates(
    sets: Sets, experiment: Experiment, run: Run, stretch: Stretch, *, train: bool, emit: Emit, stop: Stop
) -> None:
    """Estimates of the sets that no student has; of those that one has, only what the estimate scores.

    Args:
        sets: that they join.
        experiment: of the run.
        run: finished.
        stretch: what the network is asked about.
        train: make the network, and ask it about everybody, where that was not done yet.
        emit: hears of progress.
        stop: asked before each step.

    Raises:
        StoppedError: on request; what was trained or asked so far is kept.
    """
    folder = run.folder / "explain" / ESTIMATOR
    if not several(experiment, "sensor"):
        return
    if not train and not has_estimator(experiment, folder):
        sets.notes.append("Other sets of sensors are left out: no network for any set is in this run. Add --sets.")
        return
    asked, known = estimator(experiment, folder, "sensor", emit=emit, stop=stop)
    names = layout_of(experiment).sensors
    wanted = [one for one in wanted_sets(names, sets.known) if one not in sets.known]
    beside = [one for one in sets.known if one <= set(names)]
    scored = _scored(known, asked, [*wanted, *beside], train=train, stop=stop)
    sets.told = [replace(one, estimated=scored.get(frozenset(one.sensors), (None,))[0]) for one in sets.told]
    here, starts = stretch.alone(experiment)
    with explained(here, asked, TEACHER, stretch.fold) as one:
        for subset, shares in _asked_about(one, here, starts, wanted, emit, stop):
            sets.add(SensorSet(tuple(ordered(subset, names)), "estimate", "", *scored.get(subset, ())), shares)


def wanted_sets(names: Sequence[str], more: Collection[Subset]) -> list[Subset]:
    """Every set that is not empty; of more than eight sensors each alone, each left out, all, and `more`."""
    sizes = range(1, len(names) + 1)
    if len(names) > MOST_SENSORS:
        extra = [subset for subset in more if subset <= set(names)]
        sizes_kept = (1, len(names) - 1, len(names))
        found = [frozenset(some) for size in sizes_kept for some in combinations(names, size)]
        return list(dict.fromkeys([*found, *extra]))
    return [frozenset(some) for size in sizes for some in combinations(names, size)]


def ordered(some: Collection[str], names: Sequence[str]) -> list[str]:
    """Some sensors, in the order of all."""
    return [name for name in names if name in some]


def _scored(
    known: Remembered, asked: Run, wanted: Sequence[Subset], *, train: bool, stop: Stop
) -> dict[Subset, tuple[float, float | None, float | None]]:
    """Macro-F1 over everybody who was tested, with its interval; only of what was asked before unless `train`."""
    told: dict[Subset, tuple[float, float | None, float | None]] = {}
    try:
        for subset in wanted:
            if train or subset in known:
                refuse_stopped(stop, "the network for any set of sensors")
                found = worth(known, subset, possible=(0.0, 1.0))
                told[subset] = (found.mean, found.low, found.high)
    finally:
        if train:
            keep(asked, "sensor", known)
    return told


def _asked_about(
    one: Explained, here: Experiment, starts: NDArray[np.int64], wanted: Sequence[Subset], emit: Emit, stop: Stop
) -> Iterator[tuple[Subset, Shares]]:
    """What the network says with the channels of all other sensors at their training mean."""
    places = channels_of(one.layout, "sensor")
    for done, subset in enumerate(wanted, start=1):
        refuse_stopped(stop, f"set {done} of {len(wanted)}")
        gone = [place for name, some in places.items() if name not in subset for place in some]
        parts = []
        for begin in range(0, len(starts), _BATCH):
            x = one.at(here, starts[begin : begin + _BATCH])
            x[:, gone] = one.mean[gone, None]
            with torch.no_grad():
                parts.append(torch.softmax(one.ask(x), dim=1).cpu().numpy())
        yield subset, np.concatenate(parts)
        emit(Event("playback.sets", data={"part": "sets of sensors", "done": done, "of": len(wanted)}))
