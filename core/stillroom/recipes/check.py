"""What can be known to be wrong before anything is written: losses, architectures, cross-fitting, borrowed teachers.

Each network is built once and asked about two empty windows, so that settings which make no network (heads that do not
divide the token, a window too short for the strides) are refused at once and not after the teacher was trained.
"""

from __future__ import annotations

import torch

from stillroom.base.errors import InputError
from stillroom.losses.term import make_terms
from stillroom.models.forest import ForestConfig
from stillroom.models.recogniser import Interface
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.groups import cross_fit_groups
from stillroom.recipes.recipe import ModelConfig
from stillroom.recipes.reuse import borrowed_teacher


def check(experiment: Experiment) -> None:
    """Refuses an experiment that could not end.

    Raises:
        InputError: naming the setting or the teacher that is wrong.
    """
    recipe = experiment.recipe
    for name, terms in (
        ("teacher", recipe.teacher.terms),
        ("student", recipe.student.terms),
        ("alone", recipe.alone_terms),
        ("reference", recipe.reference.terms),
    ):
        made = make_terms(terms, where=f"the terms of {name}")
        if name != "student" and (taught := [term for term, one in made.items() if one.needs]):
            raise InputError(
                f"{taught[0]} needs a teacher", where=f"the terms of {name}", mend="Only the student has one: drop it"
            )
    if recipe.cross_fit and experiment.settings.teacher_run:
        raise InputError(
            "a borrowed teacher cannot be cross-fitted",
            where="--teacher and cross_fit",
            mend="Leave one of them out",
        )
    _check_forest(recipe.forest)
    for name, model, face in (
        ("teacher", recipe.teacher.model, experiment.teacher),
        ("teacher", recipe.teacher.model, experiment.student),
        ("student", recipe.student.model, experiment.student),
        ("reference", recipe.reference.model, experiment.student),
    ):
        _check_network(name, model, face)
    for fold in experiment.folds:
        cross_fit_groups(experiment, fold)
        borrowed_teacher(experiment, fold)


def _check_forest(model: ModelConfig) -> None:
    if not isinstance(model.architecture(), ForestConfig):
        raise InputError(f"{model.name} is no forest", where="--set forest.name", mend="Leave it as it is: forest")


def _check_network(name: str, model: ModelConfig, face: Interface) -> None:
    architecture, where = model.architecture(), f"{name}.model, {model.name}"
    if isinstance(architecture, ForestConfig):
        raise InputError("a forest is not trained step by step", where=where, mend="Choose a network")
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            architecture.build(face.shape).eval()(torch.zeros(2, len(face.layout), face.width))
    except (AssertionError, ValueError, RuntimeError, IndexError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(
            f"these settings make no network: {said}",
            where=where,
            mend=f"Change its settings (--set {name}.model.settings....), or choose a longer --window-s",
        ) from error
