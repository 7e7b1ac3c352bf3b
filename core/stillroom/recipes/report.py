"""The report of a run: predictions of every fold to one plain object, and its text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from stillroom.base.paths import read_json, write_json
from stillroom.cost.counting import count_macs
from stillroom.data.splits import Fold
from stillroom.evaluation.comparison import Predictions, compare
from stillroom.models.bundle import file_size, load_model
from stillroom.models.forest import Forest
from stillroom.models.recogniser import Member, Recogniser
from stillroom.recipes.context import build_context
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.fold import PREDICTIONS
from stillroom.recipes.optimising import build_steps
from stillroom.recipes.recipe import Recipe
from stillroom.recipes.roles import (
    ALONE,
    FOREST,
    INT8,
    REFERENCE,
    SEMANTIC,
    SMALL_TEACHER,
    STUDENT,
    TEACHER,
    chain,
    compared,
    optimised,
    phase_of,
    pruned,
    roles_of,
    taught_by,
)
from stillroom.recipes.strategies import named
from stillroom.recipes.students import SEARCH
from stillroom.runs.store import Run
from stillroom.training.loop import TrainingConfig
from stillroom.training.scoring import HEAD

_SCORED = ("macro_f1", "low", "high", "per_person")
_READ = (TEACHER, ALONE, STUDENT, SMALL_TEACHER, REFERENCE, FOREST)


def build_report(experiment: Experiment, run: Run) -> dict[str, Any]:
    """Compares the models of a finished run; keys as scripts read them."""
    roles = compared(experiment.recipe)
    found = compare(_predictions(experiment, run, roles), experiment.index.classes, units=experiment.split.unit)
    for role in roles:
        if not role.endswith(INT8):
            found[role] |= _size(experiment.folds[0], run, role)
    card = experiment.dataset.card
    return {
        "run": str(run.folder),
        "recipe": experiment.recipe.name,
        "title": experiment.recipe.title,
        "source": experiment.recipe.source,
        "data": experiment.settings.data,
        "data_title": card.title,
        "simulated": card.simulated,
        "protocol": experiment.split.protocol,
        "warning": experiment.split.warning,
        "people": len({str(name) for fold in experiment.folds for name in experiment.index.person_names(fold.test)}),
        "fast": experiment.settings.fast,
        "seed": experiment.settings.seed,
        "strategy": named(experiment.recipe.strategy, experiment.recipe.student.terms),
        "taught": _taught(experiment.recipe),
        "cross_fit": experiment.recipe.cross_fit,
        "recorded_targets": experiment.recipe.recorded_targets,
        "teacher_run": experiment.settings.teacher_run,
        "folds": [_fold_facts(experiment, fold) for fold in experiment.folds],
        "folds_left_out": len(experiment.split.folds) - len(experiment.folds),
        "windows": experiment.index.summary(),
        "teacher_view": list(experiment.teacher.layout.names),
        "student_view": list(experiment.student.layout.names),
        **dict.fromkeys(_READ),  # what is not made is null
        **found,
        "heads": _heads(experiment, run),
        "steps": _steps(experiment, run),
        "context": build_context(experiment, run.part, roles),
        "phases": _phases(experiment, run),
        **({"classifier": _classifier(experiment, run)} if _searched(experiment.recipe) else {}),
    }


def _predictions(
    experiment: Experiment, run: Run, roles: Iterable[str], part: str = "probabilities"
) -> Iterable[Predictions]:
    for fold in experiment.folds:
        for role in roles:
            with np.load(run.part(fold.name, role) / PREDICTIONS, allow_pickle=False) as kept:
                shares, name = kept[part], part.removeprefix(HEAD) if part.startswith(HEAD) else role
                yield Predictions(
                    name, experiment.settings.seed, kept["truth"], shares.argmax(axis=1), kept["unit"], shares
                )


def _heads(experiment: Experiment, run: Run) -> dict[str, Any]:
    """How well the classes are read from each of the teacher's representations; empty where it has one only."""
    if TEACHER not in roles_of(experiment.recipe):
        return {}
    with np.load(run.part(experiment.folds[0].name, TEACHER) / PREDICTIONS, allow_pickle=False) as kept:
        names = [name for name in kept.files if name.startswith(HEAD)]
    found = {}
    for name in names:
        predictions = _predictions(experiment, run, (TEACHER,), name)
        compared = compare(predictions, experiment.index.classes, units=experiment.split.unit)
        found[name.removeprefix(HEAD)] = {key: compared[name.removeprefix(HEAD)][key] for key in _SCORED}
    return found


def _steps(experiment: Experiment, run: Run) -> list[dict[str, Any]]:
    """Sizes and times of the student and of what it became; timed once and kept, since no time is the same twice."""
    recipe, first = experiment.recipe, experiment.folds[0].name
    made = [role for role in roles_of(recipe) if role in optimised(recipe)]
    kept = run.folder / "steps.json"
    if made and not kept.exists():
        models = {role: run.part(first, role) for role in (STUDENT, *pruned(recipe))}
        write_json(kept, build_steps(models, {role: run.part(first, role) for role in made if role.endswith(INT8)}))
    steps: list[dict[str, Any]] = read_json(kept) if made else []
    return steps


def _size(fold: Fold, run: Run, role: str) -> dict[str, Any]:
    """Channels, parameters, MACs and bytes, counted on the first fold's model."""
    folder = run.part(fold.name, role)
    model, _ = load_model(folder)
    face = model.interface
    return {
        "channels": len(face.layout),
        "params": model.parameter_count(),
        "macs": count_macs(model, len(face.layout), face.width),
        "size_bytes": file_size(folder),
        "members": _members(model),
    }


def _members(model: Recogniser) -> list[dict[str, Any]]:
    shares = model.weights.tolist()
    return [
        {"kind": "forest" if isinstance(member.net, Forest) else "network", "share": round(share, 3)}
        for member, share in zip(model.members, shares, strict=True)
        if isinstance(member, Member)
    ]


def _fold_facts(experiment: Experiment, fold: Fold) -> dict[str, Any]:
    names = experiment.index.person_names
    return {
        "fold": fold.name,
        "train": sorted({str(name) for name in names(fold.train)}),
        "validation": sorted({str(name) for name in names(fold.validation)}),
        "test": sorted({str(unit) for unit in fold.units}),
        "windows": {"train": len(fold.train), "validation": len(fold.validation), "test": len(fold.test)},
    }


def _phases(experiment: Experiment, run: Run) -> list[dict[str, Any]]:
    """What each training did: epochs, the best one, its validation score."""
    phases, recipe = [], experiment.recipe
    roles, how = roles_of(recipe), _trainings(recipe)

    def order(path: Path) -> tuple[int, str]:
        """The roles in their order, cross-fitted teachers behind them."""
        role = path.parent.name
        return (roles.index(role) if role in roles else len(roles), role)

    for fold in experiment.folds:
        for path in sorted(run.part(fold.name, TEACHER).parent.glob("*/history.json"), key=order):
            history, role = read_json(path), path.parent.name
            best = max(history, key=lambda entry: entry["validation_macro_f1"])
            if how[role if role in how else role.partition("-")[0]].keep == "last":
                best = history[-1]
            phases.append(
                {
                    "fold": fold.name,
                    "phase": role,
                    "epochs": len(history),
                    "best_epoch": best["epoch"],
                    "validation_macro_f1": best["validation_macro_f1"],
                }
            )
    return phases


def _trainings(recipe: Recipe) -> dict[str, TrainingConfig]:
    """How each model is trained, by its role; a cross-fitted one as the whole."""
    how = {role: phase_of(recipe, role).training for base in (ALONE, STUDENT) for role in chain(recipe, base)}
    how |= dict.fromkeys((TEACHER, SMALL_TEACHER), recipe.teacher.training) | {REFERENCE: recipe.reference.training}
    how |= {SEMANTIC: recipe.semantic.training} if recipe.semantic else {}
    return how | dict.fromkeys(pruned(recipe), recipe.optimise.training)


def _taught(recipe: Recipe) -> bool:
    """Whether there is a student that a teacher teaches."""
    trainings = chain(recipe, STUDENT) if STUDENT in roles_of(recipe) else ()
    return any(taught_by(phase_of(recipe, role)) for role in trainings)


def _searched(recipe: Recipe) -> bool:
    return recipe.search is not None and {STUDENT, ALONE} <= set(roles_of(recipe))


def _classifier(experiment: Experiment, run: Run) -> dict[str, Any]:
    """Which classifier was chosen, fold by fold, with the weights that validation people gave; alone likewise."""
    found = {}
    for role in (STUDENT, ALONE):
        said = {fold.name: read_json(run.part(fold.name, role) / SEARCH) for fold in experiment.folds}
        chosen = [one["chosen"] for one in said.values()]
        often = Counter(chosen)
        first = min(often, key=lambda name: (-often[name], name))
        by_fold = {name: one["weights"] for name, one in said.items()}
        found[role] = {"chosen": first, "counts": dict(often), "share": often[first] / len(chosen), "weights": by_fold}
    return {**found[STUDENT], ALONE: found[ALONE]}
