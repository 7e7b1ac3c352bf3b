"""The field's losses as strategies: each runs on the recipe's networks, sums tell them apart, TSAK's stand apart."""

import json
from pathlib import Path

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.losses.term import TERMS, make_terms, needs_of
from stillroom.recipes.check import check
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.strategies import (
    FIELD,
    NONE,
    PLAIN,
    SMOOTH,
    SMOOTHING,
    STRATEGIES,
    alone_terms,
    named,
    strategy_terms,
)

from .kit import made

CE = {"cross_entropy": {"weight": 1.0}}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shelf")


@pytest.mark.parametrize("strategy", [*FIELD, PLAIN, SMOOTH, "hinton+fitnets", "dkd+attention_transfer+vid"])
def test_every_loss_of_the_field_makes_terms_that_its_recipe_accepts(experiment, strategy: str) -> None:
    asked = experiment(f"strategy={strategy}", recipe="field")
    check(asked)
    assert asked.recipe.student.terms == strategy_terms(strategy) and asked.recipe.alone_terms == CE
    assert named(asked.recipe.strategy, asked.recipe.student.terms) == strategy
    taught = needs_of(make_terms(asked.recipe.student.terms, where="here"))
    assert bool(taught) == (strategy not in (PLAIN, SMOOTH))
    assert {need.partition(".")[0] for need in taught} <= {"teacher"}


@pytest.mark.parametrize("strategy", list(FIELD))
def test_every_loss_of_the_field_trains_a_student(experiment, shelf: Path, tmp_path: Path, strategy: str) -> None:
    changes = ("cache.mode=on", "student.training.epochs=2", f"strategy={strategy}")
    fold = made(experiment(*changes, recipe="field"), tmp_path, "teacher", "student", shelf=shelf)
    history = json.loads((fold.folder("student") / "history.json").read_text())
    assert all(set(epoch["losses"]) == set(fold.recipe.student.terms) for epoch in history)
    assert np.isfinite([list(epoch["losses"].values()) for epoch in history]).all()


def test_plain_is_the_student_alone_bit_for_bit_and_smoothing_is_not(experiment, shelf: Path, tmp_path: Path) -> None:
    files = []
    for strategy in (PLAIN, SMOOTH):
        changes = ("student.training.epochs=2", f"strategy={strategy}")
        fold = made(experiment(*changes, recipe="field"), tmp_path / strategy, "alone", "student", shelf=shelf)
        files += [(fold.folder(role) / "model.safetensors").read_bytes() for role in ("alone", "student")]
        assert not (fold.folder("student") / "cache.json").exists()
    assert files[0] == files[1] == files[2] != files[3]


def test_what_has_no_teacher_is_cross_entropy_with_and_without_smoothing() -> None:
    assert strategy_terms(PLAIN) == CE
    assert strategy_terms(SMOOTH) == {"cross_entropy": {"weight": 1.0, "smoothing": SMOOTHING}}
    assert strategy_terms(NONE)["cross_entropy"]["smoothing"] == SMOOTHING


@pytest.mark.parametrize("strategy", [PLAIN, SMOOTH, *FIELD, "hinton+dkd"])
def test_the_field_s_student_alone_has_labels_alone_and_tsak_s_is_as_it_was(strategy: str) -> None:
    assert alone_terms(strategy) == CE
    for name in STRATEGIES:
        assert alone_terms(name) == strategy_terms(NONE)


def test_each_loss_stands_beside_a_cross_entropy_and_under_its_own_name() -> None:
    for name, declared in FIELD.items():
        terms = strategy_terms(name)
        assert "cross_entropy" in terms
        losses = {settings.get("loss", part) for part, settings in terms.items()} - {"cross_entropy"}
        assert losses == {name} and name in TERMS
        assert len(terms) == len({*declared, "cross_entropy"})


def test_in_a_sum_parts_of_one_name_are_told_apart_by_whose_they_are() -> None:
    terms = strategy_terms("attention_transfer+vid")
    both = ("attention_transfer", "vid")
    assert set(terms) == {"cross_entropy", *(f"{name}_{part}" for name in both for part in ("first", "last"))}
    assert all(terms[f"{name}_first"]["loss"] == name for name in both)
    assert strategy_terms("hinton+fitnets")["cross_entropy"] == FIELD["hinton"]["cross_entropy"]


def test_what_is_given_can_be_changed_without_changing_the_strategy_itself() -> None:
    strategy_terms("hinton")["hinton"]["weight"] = 7
    assert strategy_terms("hinton")["hinton"]["weight"] == 0.9


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("sc_logit+dkd", "TSAK's strategies are summed with one another alone"),
        ("hinton+attn_rep", "TSAK's strategies are summed with one another alone"),
        ("plain+dkd", "names each strategy once"),
        ("dkd+smoothing", "names each strategy once"),
        ("none+dkd", "names each strategy once"),
        ("plain+none", "names each strategy once"),
        ("dkd+dkd", "names each strategy once"),
        ("similarty", "no strategy 'similarty'.*Did you mean similarity"),
    ],
)
def test_a_sum_that_means_nothing_is_refused(strategy: str, said: str) -> None:
    for recipe in ("field", "tsak", "smldist"):
        with pytest.raises(InputError, match=said):
            RECIPES[recipe]().with_changes([f"strategy={strategy}"])


def test_other_weights_keep_a_strategy_s_name_and_another_loss_does_not() -> None:
    terms = strategy_terms("attention_transfer")
    terms["attention_transfer_first"] |= {"weight": 3.0}
    assert named("attention_transfer", terms) == "attention_transfer"
    terms["attention_transfer_first"] |= {"of": "teacher.anchor_1"}
    assert named("attention_transfer", terms) == f"terms of its own ({', '.join(terms)})"
    assert named("", CE) == "terms of its own (cross_entropy)"
