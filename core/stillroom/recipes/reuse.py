"""Borrowing: a finished run's teachers teach other students, where they fit and saw nobody they must not."""

from __future__ import annotations

from pathlib import Path

from stillroom.base.errors import InputError
from stillroom.data.splits import Fold
from stillroom.models.bundle import load_model
from stillroom.models.recogniser import Recogniser
from stillroom.recipes.experiment import Experiment
from stillroom.runs.store import open_run


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
    seen = {*provenance["train_people"], *provenance["validation_people"]}
    tested = {str(name) for name in experiment.index.person_names(fold.test)}
    if experiment.split.unit == "people" and (leaked := sorted(seen & tested)) and experiment.split.warning == "":
        raise InputError(
            f"this teacher has seen {leaked[0]}, who is to be tested",
            where=str(folder),
            mend="Use a run with the same folds",
        )
    if provenance["data_key"] != experiment.dataset.key:
        raise InputError(
            "this teacher was trained on other data", where=str(folder), mend="Train a teacher on this data"
        )
    return model.to(experiment.device).eval()


def check_interface(model: Recogniser, experiment: Experiment, where: str) -> None:
    """Refuses a model whose channels, window or classes are not this experiment's."""
    theirs, ours = model.interface, experiment.teacher
    experiment.bank.layout.indices_of(theirs.layout)
    if theirs.layout.names != ours.layout.names:
        raise InputError(
            f"the model sees {len(theirs.layout)} channels, the teacher's view has {len(ours.layout)}",
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
