"""The models of a fold: which ones a recipe makes, in which order, and what each of them needs first.

A student may come to be in several trainings, each a role of its own: `student-NAME` for each stage before its own
phase, and, where its classifier is searched, `student-mixed` with all of them before `student` with the chosen one. The
student alone goes the same way without a teacher. Roles with a hyphen are steps on the way: made, and not compared.
"""

from __future__ import annotations

from typing import Any

from stillroom.losses.term import make_terms, needs_of
from stillroom.recipes.recipe import MIXED, Phase, Recipe

TEACHER, SEMANTIC, FOREST, ALONE, STUDENT = "teacher", "semantic", "forest", "alone", "student"
SMALL_TEACHER, REFERENCE = "small_teacher", "reference"
PRUNED, INT8 = "pruned_", "_int8"
_NOTHING_RESTS: dict[str, Any] = {"frozen": (), "frozen_share": 1.0}


def roles_of(recipe: Recipe) -> tuple[str, ...]:
    """The models of a fold that a recipe makes, in the order in which they are made."""
    second = (SEMANTIC,) if recipe.semantic else ()
    students = (*chain(recipe, ALONE), *chain(recipe, STUDENT), *optimised(recipe))
    every = (TEACHER, *second, FOREST, *students, SMALL_TEACHER, REFERENCE)
    return tuple(role for role in every if not recipe.only or role.partition("-")[0] in recipe.only)


def compared(recipe: Recipe) -> tuple[str, ...]:
    """The models that a report compares."""
    return tuple(role for role in roles_of(recipe) if "-" not in role)


def chain(recipe: Recipe, role: str) -> tuple[str, ...]:
    """The trainings by which the student, or the student alone, comes to be; it is the last one itself."""
    stages = tuple(f"{role}-{stage.name}" for stage in recipe.stages) if role == STUDENT else ()
    return (*stages, *((f"{role}-{MIXED}",) if recipe.search else ()), role)


def before(recipe: Recipe, role: str) -> str | None:
    """The training from whose weights a training of a student goes on; None for the first."""
    whole = chain(recipe, role.partition("-")[0])
    place = whole.index(role)
    return whole[place - 1] if place else None


def phase_of(recipe: Recipe, role: str) -> Phase:
    """How a student is trained in one of its trainings."""
    base, _, step = role.partition("-")
    for stage in recipe.stages:
        if step == stage.name:
            return recipe.student.changed(**stage.model_dump(exclude={"name"}), frozen_share=1.0)
    alone = base == ALONE
    if recipe.search and not step:
        terms = recipe.search.alone_terms if alone else recipe.search.terms
        return recipe.student.changed(terms=terms, training=recipe.search.training.model_dump(), **_NOTHING_RESTS)
    return recipe.student.changed(terms=recipe.alone_terms, **_NOTHING_RESTS) if alone else recipe.student


def optimised(recipe: Recipe) -> tuple[str, ...]:
    """What the student becomes: pruned step by step, then the student and each step in INT8."""
    steps = pruned(recipe)
    return (*steps, *(f"{role}{INT8}" for role in (STUDENT, *steps) if recipe.optimise.int8))


def pruned(recipe: Recipe) -> tuple[str, ...]:
    """`pruned_70` and the like: how many per cent of the student's channels are left."""
    return tuple(f"{PRUNED}{round(100 * share)}" for share in recipe.optimise.keep)


def needed_by(recipe: Recipe, role: str) -> tuple[str, ...]:
    """Models of the same fold that must be done before one can be begun."""
    if role == SEMANTIC:
        return (TEACHER,)
    if role.endswith(INT8):
        return (role.removesuffix(INT8),)
    if role.startswith(PRUNED):
        steps = (STUDENT, *pruned(recipe))
        return (steps[steps.index(role) - 1], *taught_by(phase_of(recipe, STUDENT)))
    if role.partition("-")[0] not in (STUDENT, ALONE):
        return ()
    last = before(recipe, role)
    begun = (last,) if last else (TEACHER,) if recipe.copied and role.startswith(STUDENT) else ()
    return (*begun, *taught_by(phase_of(recipe, role)))


def share_of(recipe: Recipe, role: str) -> float:
    """The share of the student's channels that a pruned role has left."""
    return recipe.optimise.keep[pruned(recipe).index(role)]


def trained_heads(recipe: Recipe) -> list[str]:
    """Further heads of the teacher that one of its terms trains, by the name of their logits."""
    named = [str(term.get("of", "logits")) for term in recipe.teacher.terms.values()]
    return [name for name in named if name.endswith("_logits")]


def taught_by(phase: Phase) -> tuple[str, ...]:
    """Whose answers the terms of a phase need."""
    needs = needs_of(make_terms(phase.terms, where="the terms of student"))
    return tuple(sorted({need.partition(".")[0] for need in needs}))
