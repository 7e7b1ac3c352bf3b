"""A recipe in plain values says what would be trained, and under which path each setting lies."""

from __future__ import annotations

import json

import pytest

from stillroom.recipes.described import described
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import phase_of, roles_of


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_can_be_told_and_tells_how_its_students_are_trained(name: str) -> None:
    recipe = RECIPES[name]()
    told = json.loads(json.dumps(described(recipe)))
    assert told["roles"] == list(roles_of(recipe))
    for one in told["trainings"]:
        if one["role"].startswith(("student", "alone")):
            phase = phase_of(recipe, one["role"])
            assert [term["name"] for term in one["terms"]] == list(phase.terms) or one["role"] == "alone"
            assert one["frozen"] == list(phase.frozen)


@pytest.mark.parametrize("name", list(RECIPES))
def test_the_paths_that_are_told_can_be_set(name: str) -> None:
    recipe = RECIPES[name]()
    for place, one in enumerate(described(recipe)["trainings"]):
        if one["path"]:
            changed = described(recipe.with_changes([f"{one['path']}.training.epochs=7"]))["trainings"][place]
            assert changed["epochs"] == 7 or one["epochs"] == 0
        if one["terms_path"]:
            term = one["terms"][0]["name"]
            changed = described(recipe.with_changes([f"{one['terms_path']}.{term}.weight=0.25"]))["trainings"][place]
            assert changed["terms"][0]["weight"] == 0.25


def test_what_a_loss_needs_of_the_teachers_is_told() -> None:
    told = described(RECIPES["tsak"]().with_changes(["strategy=sc_logit+attn_rep"]))
    student = next(one for one in told["trainings"] if one["role"] == "student")
    needs = {term["name"]: term["needs"] for term in student["terms"]}
    assert needs == {"cross_entropy": [], "sc_logit": ["semantic.logits"], "attn_rep": ["teacher.attention"]}
