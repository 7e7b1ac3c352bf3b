"""What the Distil page offers: presets that can be run, in words that agree with the recipes; and the exact command."""

from __future__ import annotations

import pytest

from stillroom.jobs.words import options_of
from stillroom.recipes.options import experiment_of
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.strategies import FIELD, NONE, PLAIN, SMOOTH, STRATEGIES
from stillroom_app.services import recipes
from stillroom_app.services.recipes import PRESETS, Chosen

ARM = "right_wrist.acc.*"


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_run_on_the_embedded_line(preset: str) -> None:
    chosen = Chosen(preset, "factory", ARM, fast=True, protocol="persons:3")
    facts = recipes.facts(chosen, "")
    assert (facts["folds"], len(facts["student"])) == (3, 3)
    assert recipes.plan(chosen)["trainings"]


def test_strategies_are_those_of_the_recipes() -> None:
    assert set(recipes.TSAK) == set(STRATEGIES) - {NONE}
    assert set(recipes.FIELD) == {*FIELD, PLAIN, SMOOTH}
    for preset in PRESETS.values():
        assert preset.strategy in (RECIPES[preset.recipe]().strategy, "")


@pytest.mark.parametrize("strategy", ["none", "sc_logit+combi_rep", "t_logit"])
def test_a_strategy_changes_what_the_student_learns(strategy: str) -> None:
    plan = recipes.plan(Chosen("tsak", "factory", ARM, strategy=strategy))
    student = next(one for one in plan["trainings"] if one["role"] == "student")
    assert {term["name"] for term in student["terms"]} - {"cross_entropy"} == set(strategy.split("+")) - {"none"}


def test_the_command_says_what_was_chosen_and_nothing_that_is_so_anyway() -> None:
    plain = Chosen("tsak", "factory", ARM)
    assert plain.words == ["distil", "tsak", "--data", "factory", "--student-view", ARM]
    full = Chosen(
        "tsak", "factory", ARM, "right_*", protocol="persons:4", window_s=3, stride_s=1.5, seed=2, fast=True,
        strategy="t_logit", edits=(("student.training.epochs", "7"), ("student.terms.t_logit.weight", "0.3")),
    )  # fmt: skip
    recipe, options = options_of(full.words)
    experiment = experiment_of(recipe, {**options, "window_s": 3.0, "stride_s": 1.5, "seed": 2})
    assert experiment.settings.windows.window_s == 3
    assert (experiment.settings.seed, experiment.settings.protocol, experiment.settings.fast) == (2, "persons:4", True)
    assert experiment.recipe.student.training.epochs == 7
    assert experiment.recipe.student.terms["t_logit"]["weight"] == 0.3
    assert len(experiment.teacher.layout) == 9


@pytest.mark.parametrize("preset", PRESETS)
def test_a_command_leads_back_to_the_preset_and_the_edits_that_made_it(preset: str) -> None:
    edits = {"student.training.epochs": "3"}
    chosen = Chosen(preset, "factory", ARM, edits=tuple(edits.items()))
    recipe, options = options_of(chosen.words)
    assert recipes.preset_of(recipe, options.get("change", [])) == (preset, "", edits)


def test_the_page_shows_the_command_that_an_edit_makes() -> None:
    plan = recipes.plan(Chosen("smldist", "factory", ARM, edits=(("stages.stage_0.terms.stage_0.frequency", "0"),)))
    stage = next(one for one in plan["trainings"] if one["role"] == "student-stage_0")
    assert stage["terms"][0]["settings"]["frequency"] == 0


def test_the_way_of_the_data_names_every_loss_and_who_answers_it() -> None:
    plan = recipes.plan(Chosen("tsak", "factory", ARM, strategy="sc_logit+attn_rep"))
    student = next(one for one in plan["trainings"] if one["role"] == "student")
    drawn = recipes.flow(student, 18, 3)
    assert "C -. logits .->" in drawn
    assert "T -. attention .->" in drawn
    assert drawn.count(":::term") == 3
    assert "[18 channels]" in drawn
    assert "[3 channels]" in drawn


def test_every_model_of_every_preset_has_a_name_for_people() -> None:
    for preset in PRESETS:
        for role in recipes.plan(Chosen(preset, "factory", ARM))["roles"]:
            title, _ = recipes.title_of(role)
            assert title[0].isupper()
            assert "_" not in title
