"""Borrowing: a finished run's teachers teach other students, where they fit and saw nobody they must not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError
from stillroom.data.splits import Fold
from stillroom.models.bundle import load_model
from stillroom.models.recogniser import Recogniser
from stillroom.recipes.experiment import Experiment
from stillroom.runs.store import Run, open_run

_SEEN = ("train_people", "validation_people")


def borrowed_teacher(experiment: Experiment, fold: Fold) -> Recogniser | None:
    """The teacher of the same fold of the run that was asked for; None where none was.

    Raises:
        InputError: no such run or fold, another interface, or a teacher that has seen this fold's test people.
    """
    if experiment.settings.teacher_run is None:
        return None
    source = open_run(Path(experiment.settings.teacher_run))
    folder = source.part(fold.name, "teacher")
    if not (folder / "model.json").exists():
        raise InputError(
            f"no teacher of fold {fold.name}",
            where=str(source.folder),
            mend="Use a run of the same data and --protocol",
        )
    model, provenance = load_model(folder)
    check_interface(model, experiment, str(folder))
    _check_people(experiment, fold, source, provenance)
    if provenance.get("data_key") != experiment.dataset.key:
        raise InputError(
            "this teacher was trained on other data", where=str(folder), mend="Train a teacher on this data"
        )
    return model.to(experiment.device).eval()


def lent_by(experiment: Experiment, fold: Fold) -> dict[str, Any]:
    """What a borrowed teacher's provenance says beyond ours: from which run, and whom it has seen."""
    if experiment.settings.teacher_run is None:
        return {}
    source = open_run(Path(experiment.settings.teacher_run))
    _, provenance = load_model(source.part(fold.name, "teacher"))
    seen = {name: provenance.get(name) for name in ("recipe", "seed", *_SEEN)}
    return {**seen, "borrowed_from": str(source.folder)}


def _check_people(experiment: Experiment, fold: Fold, source: Run, provenance: Mapping[str, Any]) -> None:
    """Refuses a teacher that has seen what this fold tests.

    Where people stand on both sides, the folds themselves must be the same: same windows, same protocol, same draw.
    """
    if experiment.split.unit != "people" or experiment.split.warning:
        ours = experiment.asked()
        same = ("protocol", "index_key", "seed") if ours["protocol"].startswith("random") else ("protocol", "index_key")
        if any(source.facts["asked"].get(name) != ours[name] for name in same):
            raise InputError(
                "this teacher was trained on other folds, so it may have seen what is to be tested",
                where=str(source.folder),
                mend="Use a run with the same windows and --protocol",
            )
        return
    seen = {name for key in _SEEN for name in (provenance.get(key) or ())}
    tested = {str(name) for name in experiment.index.person_names(fold.test)}
    if leaked := sorted(seen & tested):
        raise InputError(
            f"this teacher has seen {leaked[0]}, who is to be tested",
            where=str(source.folder),
            mend="Use a run with the same folds",
        )


def check_interface(model: Recogniser, experiment: Experiment, where: str) -> None:
    """Refuses a model whose channels, window or classes are not this experiment's."""
    theirs, ours = model.interface, experiment.teacher
    experiment.dataset.layout.indices_of(theirs.layout)
    if theirs.layout.names != ours.layout.names:
        apart = sorted(set(theirs.layout.names) ^ set(ours.layout.names))
        first = f"; only one of them has {apart[0]}" if apart else ", in another order"
        raise InputError(
            f"the model sees {len(theirs.layout)} channels, the teacher's view has {len(ours.layout)}{first}",
            where=where,
            mend=f"Give the view it was trained on: {', '.join(theirs.layout.sensors)}",
        )
    if (theirs.width, theirs.rate_hz) != (ours.width, ours.rate_hz):
        raise InputError(
            f"the model takes {theirs.width} samples at {theirs.rate_hz:g} Hz, these windows have {ours.width} at"
            f" {ours.rate_hz:g} Hz",
            where=where,
            mend="Cut the windows as that model's were (--window-s)",
        )
    if theirs.classes != ours.classes:
        raise InputError("the model knows other classes", where=where, mend=f"It knows: {', '.join(theirs.classes)}")
