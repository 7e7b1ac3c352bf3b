"""A recipe in plain values: its trainings in order, each with its epochs, its losses and what rests.

What a page draws and a script reads before anything is trained. Each training says under which path of the recipe its
settings lie (`--set PATH=VALUE`). Baselines have their place in `roles`; of them the student alone is described, since
it is what distilling is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillroom.losses.term import make_terms
from stillroom.recipes.recipe import MIXED, Phase, Recipe
from stillroom.recipes.roles import ALONE, SEMANTIC, STUDENT, TEACHER, compared, optimised, phase_of, roles_of
from stillroom.training.loop import TrainingConfig

OPTIMISED = "optimised"


def described(recipe: Recipe) -> dict[str, Any]:
    """A recipe as JSON would hold it: its names, the models it makes, and its trainings in order."""
    roles = roles_of(recipe)
    steps = [_training(recipe, role) for role in roles if role in (TEACHER, SEMANTIC) or role.startswith(STUDENT)]
    steps = [one for one in steps if one]
    if optimised(recipe):
        steps.append(_optimised(recipe))
    if ALONE in roles:
        own = recipe.student.changed(terms=recipe.alone_terms, frozen=(), frozen_share=1.0)
        steps.append(_step(ALONE, "", own, terms_path="alone_terms"))
    return {
        "name": recipe.name,
        "title": recipe.title,
        "source": recipe.source,
        "strategy": recipe.strategy,
        "copied": recipe.copied,
        "cross_fit": recipe.cross_fit,
        "forest_in_teacher": recipe.forest_in_teacher,
        "searched": bool(recipe.search),
        "models": {"teacher": recipe.teacher.model.name, "student": recipe.student.model.name},
        "roles": list(roles),
        "compared": list(compared(recipe)),
        "trainings": steps,
    }


def _training(recipe: Recipe, role: str) -> dict[str, Any]:
    """One training of the teacher's or the student's; nothing for the student in INT8, which learns no more."""
    if role == TEACHER:
        return _step(role, "teacher", recipe.teacher)
    if role == SEMANTIC and recipe.semantic:
        second = recipe.semantic
        model = recipe.teacher.changed(terms=second.terms, training=second.training.model_dump(), frozen=())
        return _step(role, "semantic", model, model_name="semantic head")
    step = role.partition("-")[2]
    if role != STUDENT and not step:
        return {}
    named = {stage.name: f"stages.{stage.name}" for stage in recipe.stages}
    path = named.get(step, "search" if recipe.search and step != MIXED else "student")
    return _step(role, path, phase_of(recipe, role))


def _optimised(recipe: Recipe) -> dict[str, Any]:
    own = recipe.student.changed(training=recipe.optimise.training.model_dump(), frozen=())
    told = _step(OPTIMISED, "optimise", own, terms_path="")
    epochs = told["epochs"] if recipe.optimise.keep else 0
    return {**told, "epochs": epochs, "keep_shares": list(recipe.optimise.keep), "int8": recipe.optimise.int8}


def _step(role: str, path: str, phase: Phase, *, terms_path: str | None = None, model_name: str = "") -> dict[str, Any]:
    training: TrainingConfig = phase.training
    return {
        "role": role,
        "path": path,
        "terms_path": f"{path}.terms" if terms_path is None else terms_path,
        "model": model_name or phase.model.name,
        "epochs": training.epochs,
        "least_steps": training.least_steps,
        "batch": training.batch,
        "lr": training.lr,
        "keep": training.keep,
        "frozen": list(phase.frozen),
        "frozen_share": phase.frozen_share,
        "terms": _terms(phase.terms, where=f"the terms of {role}"),
    }


def _terms(declared: Mapping[str, Mapping[str, Any]], where: str) -> list[dict[str, Any]]:
    made = make_terms(declared, where)
    return [
        {
            "name": name,
            "loss": str(declared[name].get("loss", name)),
            "weight": term.weight,
            "settings": term.model_dump(mode="json", exclude={"weight"}),
            "needs": sorted(need for need in term.needs if not need.endswith(".group")),
            "between": term.between,
        }
        for name, term in made.items()
    ]
