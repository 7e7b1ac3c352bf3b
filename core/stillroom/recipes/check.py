"""What can be known to be wrong before anything is written: losses, architectures, cross-fitting, borrowed teachers.

Each network is built once and asked about two empty windows, so that settings which make no network (heads that do not
divide the token, a window too short for the strides) are refused at once and not after the teacher was trained.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from stillroom.base.errors import InputError
from stillroom.export.extra import need_extra
from stillroom.losses.cross_entropy import CrossEntropy
from stillroom.losses.term import GROUP, Term, make_terms, needs_of, part_of
from stillroom.models.forest import ForestConfig
from stillroom.models.output import Output
from stillroom.models.pruning import PRUNABLE
from stillroom.models.recogniser import Interface, Recogniser
from stillroom.models.semantic import semantic_input
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.groups import cross_fit_groups
from stillroom.recipes.recipe import ModelConfig, Recipe
from stillroom.recipes.reuse import borrowed_teacher
from stillroom.recipes.roles import SEMANTIC, TEACHER


def check(experiment: Experiment) -> None:
    """Refuses an experiment that could not end.

    Raises:
        InputError: naming the setting or the teacher that is wrong.
    """
    recipe = experiment.recipe
    if recipe.optimise.keep or recipe.optimise.int8:
        need_extra()  # sizes and times are those of the exported steps
    declared = {
        "teacher": recipe.teacher.terms,
        **({"semantic": recipe.semantic.terms} if recipe.semantic else {}),
        "student": recipe.student.terms,
        "alone": recipe.alone_terms,
        "reference": recipe.reference.terms,
    }
    made = {name: make_terms(terms, where=f"the terms of {name}") for name, terms in declared.items()}
    for name, terms in made.items():
        if name != "student" and (taught := [term for term, one in terms.items() if one.needs]):
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
    heads = {}
    for name, phase, face in (
        ("teacher", recipe.teacher, experiment.student),
        ("teacher", recipe.teacher, experiment.teacher),
        ("student", recipe.student, experiment.student),
        ("reference", recipe.reference, experiment.student),
    ):
        heads[name] = _check_network(name, phase.model, face)
        _check_heads(made[name], heads[name])
    _check_heads(made["alone"], heads["student"])
    _check_heads(made.get("semantic", {}), heads["reference"])  # it has one head, as the reference net
    if recipe.optimise.keep:
        _ = PRUNABLE[recipe.student.model.name]
    for fold in experiment.folds:
        cross_fit_groups(experiment, fold)
        lent = borrowed_teacher(experiment, fold)
        _check_taught(recipe, needs_of(made["student"]), heads["teacher"] if lent is None else _answers(lent))


def _check_forest(model: ModelConfig) -> None:
    if not isinstance(model.architecture(), ForestConfig):
        raise InputError(f"{model.name} is no forest", where="--set forest.name", mend="Leave it as it is: forest")


def _check_taught(recipe: Recipe, needs: frozenset[str], answers: Output) -> None:
    """Refuses a strategy for which the teachers have no answer."""
    if recipe.semantic:
        try:
            semantic_input(answers)
        except InputError as error:
            mend = f"{error.mend}, or leave the second stage out: --set semantic=none --set strategy=t_logit"
            raise InputError(error.what, where="the teacher", mend=mend) from error
    given = {f"{TEACHER}.{name}" for name in (*answers.answers(), GROUP)}
    given |= {f"{SEMANTIC}.{name}" for name in ("logits", "representation", GROUP) if recipe.semantic}
    for need in sorted(needs):
        if need not in given:
            raise InputError(
                f"no teacher here answers {need!r}",
                where=f"the terms of student, strategy {recipe.strategy or 'of its own'}",
                mend=f"Choose a strategy for which there is one; answers: {', '.join(sorted(given))}",
            )


def _answers(model: Recogniser) -> Output:
    """What a teacher says of two empty windows."""
    face = model.interface
    with torch.no_grad():
        output: Output = model(torch.zeros(2, len(face.layout), face.width, device=model.weights.device))
    return output


def _check_heads(terms: Mapping[str, Term], answers: Output) -> None:
    for term in terms.values():
        if isinstance(term, CrossEntropy):
            part_of(answers.answers(), term.of)


def _check_network(name: str, model: ModelConfig, face: Interface) -> Output:
    architecture, where = model.architecture(), f"{name}.model, {model.name}"
    if isinstance(architecture, ForestConfig):
        raise InputError("a forest is not trained step by step", where=where, mend="Choose a network")
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            output: Output = architecture.build(face.shape).eval()(torch.zeros(2, len(face.layout), face.width))
    except (AssertionError, ValueError, RuntimeError, IndexError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(
            f"these settings make no network: {said}",
            where=where,
            mend=f"Change its settings (--set {name}.model.settings....), or choose a longer --window-s",
        ) from error
    return output
