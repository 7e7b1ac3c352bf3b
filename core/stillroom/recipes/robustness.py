"""What is left of a finished run's students when the stream is not as it was recorded, person by person.

No model is trained: the student, the student alone and the reference net are asked about the tested windows of their
folds again, disturbed in each of the ways of `disturbances`, all of them in the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from stillroom.base.events import Emit, Event, silent
from stillroom.evaluation.comparison import Predictions, compare
from stillroom.models.bundle import load_model
from stillroom.recipes.disturbances import disturbances
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.roles import ALONE, REFERENCE, STUDENT
from stillroom.runs.store import Run
from stillroom.training.scoring import probabilities

ASKED = (STUDENT, ALONE, REFERENCE)
HEADINGS = ("disturbance", "student, distilled", "student, alone", "reference net", "gain of distillation")
_KEPT = ("macro_f1", "low", "high", "per_person")


def build_robustness(experiment: Experiment, run: Run, emit: Emit = silent) -> list[dict[str, Any]]:
    """One plain object a disturbance, `as recorded` first.

    Args:
        experiment: of the run, reopened.
        run: finished.
        emit: hears of progress.

    Returns:
        `disturbance`, `student`, `alone`, `reference` each `{macro_f1, low, high, per_person, change}` with the change
        against `as recorded`, and `gain` of the student over the student alone under that disturbance.
    """
    said: dict[str, list[Predictions]] = {}
    for number, fold in enumerate(experiment.folds):
        models = {role: load_model(run.part(fold.name, role))[0].to(experiment.device) for role in ASKED}
        for name, inputs in disturbances(experiment, fold):
            emit(
                Event("robustness", data={"part": f"{fold.name}: {name}", "done": number, "of": len(experiment.folds)})
            )
            for role, model in models.items():
                predicted = probabilities(model, inputs, fold.test).argmax(axis=1)
                truth, seed = experiment.index.label[fold.test], experiment.settings.seed
                said.setdefault(name, []).append(Predictions(role, seed, truth, predicted, fold.units))
    return _against_first(_compared(experiment, said))


def robustness_rows(found: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Disturbances as rows of text, see `HEADINGS`: macro-F1 with its change, and the gain with its interval."""
    return [[row["disturbance"], *(_cell(row[role]) for role in ASKED), _gain(row["gain"])] for row in found]


def _compared(experiment: Experiment, said: dict[str, list[Predictions]]) -> Iterable[tuple[str, dict[str, Any]]]:
    for name, predictions in said.items():
        yield name, compare(predictions, experiment.index.classes, units=experiment.split.unit)


def _against_first(compared: Iterable[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, found in compared:
        row: dict[str, Any] = {"disturbance": name, "gain": found["gain"]}
        for role in ASKED:
            before = rows[0][role]["macro_f1"] if rows else found[role]["macro_f1"]
            change = found[role]["macro_f1"] - before
            row[role] = {**{key: found[role][key] for key in _KEPT}, "change": change}
        rows.append(row)
    return rows


def _cell(scored: dict[str, Any]) -> str:
    return f"{scored['macro_f1']:.3f} ({scored['change']:+.3f})"


def _gain(gain: dict[str, Any]) -> str:
    if gain["low"] is None:
        return f"{gain['mean']:+.3f}"
    return f"{gain['mean']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})"
