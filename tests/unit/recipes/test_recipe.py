"""Recipes: what `--set` changes, and what the small setting keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.recipes.recipe import RECIPES, Recipe


@pytest.fixture(params=list(RECIPES))
def recipe(request: pytest.FixtureRequest) -> Recipe:
    return RECIPES[request.param]()


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("student.training.patience=3", 3),
        ("student.training.lr=1e-2", 0.01),
        ("forest_in_teacher=false", False),
        ("student.model.settings.widths=[4, 8]", [4, 8]),
        ("cache.mode=off", "off"),
        ("student.model.settings.kernel=3", 3),
    ],
)
def test_a_change_reaches_its_place_and_nothing_else(recipe: Recipe, change: str, value: object) -> None:
    before, untouched = recipe.model_dump(mode="json"), recipe.model_dump_json()
    after = recipe.with_changes([change]).model_dump(mode="json")
    path = change.partition("=")[0].split(".")
    here = after
    for part in path[:-1]:
        here = here[part]
    assert here.pop(path[-1]) == value
    there = before
    for part in path[:-1]:
        there = there[part]
    there.pop(path[-1], None)
    assert after == before
    assert recipe.model_dump_json() == untouched


def test_the_last_change_of_a_setting_counts(recipe: Recipe) -> None:
    assert recipe.with_changes(["cross_fit=2", "cross_fit=3"]).cross_fit == 3


@given(st.text(max_size=40))
def test_no_text_gets_more_than_a_clear_refusal(text: str) -> None:
    recipe = RECIPES["tsak"]()
    for change in (text, f"{text}=1", f"student.{text}=1", f"student.training.lr={text}", f"teacher={text}"):
        try:
            recipe.with_changes([change])
        except InputError as error:
            assert "--set" in error.where


def test_the_small_setting_is_smaller_and_keeps_models_and_losses(recipe: Recipe) -> None:
    small = recipe.fast()
    for name in ("teacher", "student", "reference"):
        ours, theirs = getattr(small, name), getattr(recipe, name)
        assert ours.training.epochs < theirs.training.epochs
        assert (ours.model, ours.terms) == (theirs.model, theirs.terms)
    assert small.augmentation.views < recipe.augmentation.views
    assert (small.name, small.alone_terms) == (recipe.name, recipe.alone_terms)


def test_epochs_that_are_set_are_not_lengthened_unless_that_is_set_as_well() -> None:
    recipe = RECIPES["tsak"]()
    assert recipe.teacher.training.least_steps > 0
    few = recipe.with_changes(["teacher.training.epochs=2"]).teacher.training
    assert (few.epochs, few.lengthened(3).epochs) == (2, 2)
    for changes in (["teacher.training.least_steps=9", "teacher.training.epochs=2"],
                    ["teacher.training.epochs=2", "teacher.training.least_steps=9"]):  # fmt: skip
        assert recipe.with_changes(changes).teacher.training.lengthened(3).epochs == 3
    assert RECIPES["smldist"]().with_changes(["stages.*.training.epochs=1"]).stages[0].training.least_steps == 0
