"""What can be known to be wrong before anything is written: losses, architectures, cross-fitting, borrowed teachers.

Each network is built once and asked about two empty windows, so that settings which make no network (heads that do not
divide the token, a window too short for the strides) are refused at once and not after the teacher was trained; so are
terms that compare what cannot be compared (`trying`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.export.extra import need_extra
from stillroom.losses.term import make_terms
from stillroom.models.discretising import candidates_of, discretised
from stillroom.models.forest import ForestConfig
from stillroom.models.output import Output
from stillroom.models.pruning import PRUNABLE
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.models.semantic import semantic_input
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.groups import cross_fit_groups
from stillroom.recipes.recipe import MIXED, ModelConfig, Phase, Recipe
from stillroom.recipes.reuse import borrowed_teacher
from stillroom.recipes.roles import ALONE, STUDENT, before, chain, compared, needed_by, phase_of, roles_of
from stillroom.recipes.students import copy_part
from stillroom.recipes.trying import given_answers, try_terms
from stillroom.training.loop import parameters_below
from stillroom.training.taps import Taps, taps_of


def check(experiment: Experiment) -> None:
    """Refuses an experiment that could not end.

    Raises:
        InputError: naming the setting or the teacher that is wrong.
    """
    recipe = experiment.recipe
    _check_only(recipe)
    if recipe.optimise.keep or recipe.optimise.int8:
        need_extra()  # sizes and times are those of the exported steps
    if recipe.cross_fit and experiment.settings.teacher_run:
        raise InputError(
            "a borrowed teacher cannot be cross-fitted",
            where="--teacher and cross_fit",
            mend="Leave one of them out",
        )
    _check_forest(recipe.forest)
    _check_baselines(experiment)
    teacher = _network("teacher", recipe.teacher, experiment.teacher)
    _try_untaught("teacher", recipe.teacher.terms, _asked(teacher, recipe.teacher))
    student = _network("student", recipe.student, experiment.student)
    _check_students(recipe, ALONE, student, {})
    if recipe.optimise.keep:
        _ = PRUNABLE[recipe.student.model.name]
    for fold in experiment.folds:
        groups = len(cross_fit_groups(experiment, fold)) if recipe.cross_fit else 1
        lent = borrowed_teacher(experiment, fold)
        model, forest = lent or teacher, recipe.forest_in_teacher and lent is None
        if forest and (recipe.copied or recipe.teacher.taps):
            raise InputError(
                "a teacher with a forest has no single network to copy from or to tap",
                where="forest_in_teacher",
                mend="--set forest_in_teacher=false",
            )
        answers = _asked(model, recipe.teacher, tapped=not forest)
        _check_second_stage(recipe, answers)
        if recipe.copied:
            copy_part(student, model, recipe.copied)
        _check_students(recipe, STUDENT, student, given_answers(recipe, answers), groups)


def _check_only(recipe: Recipe) -> None:
    """Where some models alone are made, each must be one, and what it needs among them."""
    every = compared(recipe.changed(only=()))
    for role in recipe.only:
        if role not in every:
            raise InputError(f"no model {role!r}", where="only", mend=did_you_mean(role, list(every)))
    for role in roles_of(recipe) if recipe.only else ():
        if lacking := [other for other in needed_by(recipe, role) if other.partition("-")[0] not in recipe.only]:
            raise InputError(f"{role} needs {lacking[0]}, which is not made", where="only", mend=f"Add {lacking[0]}")


def _check_forest(model: ModelConfig) -> None:
    if not isinstance(model.architecture(), ForestConfig):
        raise InputError(f"{model.name} is no forest", where="--set forest.name", mend="Leave it as it is: forest")


def _check_baselines(experiment: Experiment) -> None:
    """The reference net, and the teacher's net on the student's channels."""
    recipe = experiment.recipe
    for name, phase in (("teacher", recipe.teacher), ("reference", recipe.reference)):
        answers = _asked(_network(name, phase, experiment.student), phase)
        _try_untaught(name, phase.terms, answers)
        if recipe.semantic and name == "reference":  # the semantic classifier has one head, as this net
            _try_untaught("semantic", recipe.semantic.terms, answers)


def _check_second_stage(recipe: Recipe, answers: Output) -> None:
    if recipe.semantic:
        try:
            semantic_input(answers)
        except InputError as error:
            mend = f"{error.mend}, or leave the second stage out: --set semantic=none --set strategy=t_logit"
            raise InputError(error.what, where="the teacher", mend=mend) from error


def _check_students(recipe: Recipe, base: str, model: Recogniser, given: Mapping[str, Tensor], groups: int = 1) -> None:
    """Every training of the student, or of the student alone."""
    for role in chain(recipe, base):
        phase = phase_of(recipe, role)
        where = f"the terms of {role}" + (f", strategy {recipe.strategy or 'of its own'}" if role == STUDENT else "")
        for one in _after_search(recipe, role, model):
            parameters_below(one, phase.frozen)
            try_terms(make_terms(phase.terms, where=where), where, _asked(one, phase), given, groups)


def _after_search(recipe: Recipe, role: str, model: Recogniser) -> list[Recogniser]:
    """What a training may begin with: any of the classifiers alone, where one of them was chosen before."""
    last = before(recipe, role)
    if last is None or not last.endswith(f"-{MIXED}"):
        return [model]
    names = candidates_of(model)
    if len(names) < 2:
        raise InputError(
            "there is one classifier, and nothing to choose from",
            where="search",
            mend="--set search=none, or give the student several (student.model.settings.head)",
        )
    return [discretised(model, name) for name in names]


def _try_untaught(name: str, terms: Mapping[str, Mapping[str, Any]], answers: Output) -> None:
    where = f"the terms of {name}"
    try_terms(make_terms(terms, where=where), where, answers, {})


def _asked(model: Recogniser, phase: Phase, tapped: bool = True) -> Output:
    """What a network says of two empty windows, with what is tapped."""
    face = model.interface
    empty = torch.zeros(2, len(face.layout), face.width, device=model.weights.device)
    with torch.no_grad(), Taps(model, taps_of(model, phase.taps) if tapped else {}) as taps:
        return taps(empty)


def _network(name: str, phase: Phase, face: Interface) -> Recogniser:
    architecture, where = phase.model.architecture(), f"{name}.model, {phase.model.name}"
    if isinstance(architecture, ForestConfig):
        raise InputError("a forest is not trained step by step", where=where, mend="Choose a network")
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            model = Recogniser(face, [Member(architecture, face.shape)]).eval()
            model(torch.zeros(2, len(face.layout), face.width))
    except (AssertionError, ValueError, RuntimeError, IndexError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(
            f"these settings make no network: {said}",
            where=where,
            mend=f"Change its settings (--set {name}.model.settings....), or choose a longer --window-s",
        ) from error
    return model
