"""The models of a fold: which ones a recipe makes, in which order, and what each of them needs first."""

from __future__ import annotations

from stillroom.losses.term import make_terms, needs_of
from stillroom.recipes.recipe import Recipe

TEACHER, SEMANTIC, FOREST, ALONE, STUDENT = "teacher", "semantic", "forest", "alone", "student"
SMALL_TEACHER, REFERENCE = "small_teacher", "reference"
PRUNED, INT8 = "pruned_", "_int8"


def roles_of(recipe: Recipe) -> tuple[str, ...]:
    """All models of a fold, in the order in which they are made."""
    second = (SEMANTIC,) if recipe.semantic else ()
    return (TEACHER, *second, FOREST, ALONE, STUDENT, *optimised(recipe), SMALL_TEACHER, REFERENCE)


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
    if role == STUDENT:
        return taught_by(recipe)
    if role.endswith(INT8):
        return (role.removesuffix(INT8),)
    if role.startswith(PRUNED):
        steps = (STUDENT, *pruned(recipe))
        return (steps[steps.index(role) - 1], *taught_by(recipe))
    return ()


def share_of(recipe: Recipe, role: str) -> float:
    """The share of the student's channels that a pruned role has left."""
    return recipe.optimise.keep[pruned(recipe).index(role)]


def trained_heads(recipe: Recipe) -> list[str]:
    """Further heads of the teacher that one of its terms trains, by the name of their logits."""
    named = [str(term.get("of", "logits")) for term in recipe.teacher.terms.values()]
    return [name for name in named if name.endswith("_logits")]


def taught_by(recipe: Recipe) -> tuple[str, ...]:
    """Whose answers the student's terms need."""
    needs = needs_of(make_terms(recipe.student.terms, where="the terms of student"))
    return tuple(sorted({need.partition(".")[0] for need in needs}))
