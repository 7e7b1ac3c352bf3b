"""What a student can be taught with: every strategy, sums of them, and every way to the teachers' answers."""

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load

from stillroom.base.errors import InputError
from stillroom.losses.term import make_terms, needs_of
from stillroom.models.bundle import load_model
from stillroom.recipes.check import check
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import needed_by, taught_by
from stillroom.recipes.strategies import NONE, PULL, SOFT_SHARE, STRATEGIES, strategy_terms
from stillroom.training.scoring import probabilities

from .kit import made

SUMS = ("sc_logit+attn_rep", "t_logit+sc_logit+causal_rep")
TAUGHT = (*(name for name in STRATEGIES if name != NONE), *SUMS)
LOGITS = ("t_logit", "sc_logit")
WAYS = {
    "cached": ("cache.mode=on",),
    "online": ("cache.mode=off",),
    "cross-fitted": ("cache.mode=on", "cross_fit=2"),
    "cross-fitted, online": ("cache.mode=off", "cross_fit=2"),
    "as recorded": ("cache.mode=on", "recorded_targets=true"),
    "as recorded, online": ("cache.mode=off", "recorded_targets=true"),
}
Say = Callable[[str, str], tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the teachers that all students share are made once."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture(scope="module")
def said(experiment, shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Say:
    """A student of a strategy, taught in one of the ways: its losses epoch by epoch, and what it says when tested."""
    known: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}

    def of(strategy: str, way: str) -> tuple[np.ndarray, np.ndarray]:
        if (strategy, way) not in known:
            asked = experiment(f"strategy={strategy}", *WAYS[way])
            folder = tmp_path_factory.mktemp("run")
            fold = made(asked, folder, "teacher", "semantic", "student", shelf=shelf)
            losses = check_student(asked, fold.folder("student"), way)
            model = load_model(fold.folder("student"))[0]
            known[strategy, way] = losses, probabilities(model, fold.student_view, fold.fold.test)
        return known[strategy, way]

    return of


def check_student(asked: Experiment, folder: Path, way: str) -> np.ndarray:
    """Its losses are the strategy's, and it has no weight that the student alone has not; the losses by epoch."""
    history = json.loads((folder / "history.json").read_text())
    assert all(set(epoch["losses"]) == set(asked.recipe.student.terms) for epoch in history)
    names = set(load((folder / "model.safetensors").read_bytes()))
    assert names == {f"members.0.{name}" for name in ("mean", "sd")} | {"weights"} | {
        f"members.0.net.{name}"
        for name in asked.recipe.student.model.architecture().build(asked.student.shape).state_dict()
    }
    decided = json.loads((folder / "cache.json").read_text())
    assert decided == dict.fromkeys(taught_by(asked.recipe.student), "off" if "online" in way else "on")
    return np.array([[epoch["losses"][name] for name in asked.recipe.student.terms] for epoch in history])


@pytest.mark.parametrize(
    ("strategy", "way"), [*((name, "") for name in TAUGHT), (SUMS[1], "cross-fitted"), (SUMS[1], "as recorded")]
)
def test_a_student_taught_from_the_cache_says_what_one_taught_online_does(said: Say, strategy: str, way: str) -> None:
    kept, online = said(strategy, way or "cached"), said(strategy, f"{way}, online" if way else "online")
    for ours, theirs in zip(kept, online, strict=True):
        assert np.isfinite(ours).all()
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


@pytest.mark.parametrize("strategy", TAUGHT)
def test_other_teachers_and_other_targets_make_another_student(said: Say, strategy: str) -> None:
    plain, _ = said(strategy, "cached")
    for way in ("cross-fitted", "as recorded"):
        # what is taught differs from the first epoch but one on, when windows are turned; the labels are the same
        assert np.abs(said(strategy, way)[0] - plain)[1:, 1:].max() > 2e-3, way


def test_every_strategy_makes_a_student_of_its_own(said: Say) -> None:
    students = [said(strategy, "cached")[1].tobytes() for strategy in TAUGHT]
    assert len(set(students)) == len(TAUGHT)


def test_none_is_the_student_alone_bit_for_bit(experiment, shelf: Path, tmp_path: Path) -> None:
    fold = made(experiment("strategy=none"), tmp_path, "student", "alone", shelf=shelf)
    ours, theirs = ((fold.folder(role) / "model.safetensors").read_bytes() for role in ("student", "alone"))
    assert ours == theirs
    assert not (fold.folder("student") / "cache.json").exists()


@given(st.lists(st.sampled_from([name for name in STRATEGIES if name != NONE]), min_size=1, unique=True))
def test_a_sum_shares_the_soft_part_among_its_logits_and_adds_each_pull(names: list[str]) -> None:
    terms = strategy_terms("+".join(names))
    assert set(terms) == {"cross_entropy", *names}
    soft = [terms[name]["weight"] for name in names if name in LOGITS]
    assert len(set(soft)) <= 1 and sum(soft) == pytest.approx(SOFT_SHARE if soft else 0)
    assert terms["cross_entropy"]["weight"] == pytest.approx(1 - sum(soft))
    assert all(terms[name]["weight"] == PULL for name in names if name not in LOGITS)
    assert len(make_terms(terms, where="here")) == 1 + len(names)


@pytest.mark.parametrize(
    ("strategy", "needs"),
    [
        ("none", set()),
        ("t_logit", {"teacher.logits"}),
        ("sc_logit", {"semantic.logits"}),
        ("attn_rep", {"teacher.attention", "teacher.group"}),
        ("causal_rep", {"teacher.causal", "teacher.group"}),
        ("combi_rep", {"teacher.representation", "teacher.group"}),
        ("t_logit+sc_logit+causal_rep", {"teacher.logits", "semantic.logits", "teacher.causal", "teacher.group"}),
    ],
)
def test_each_asks_for_its_own_answers(strategy: str, needs: set[str]) -> None:
    assert needs_of(make_terms(strategy_terms(strategy), where="here")) == needs
    recipe = RECIPES["tsak"]().with_changes([f"strategy={strategy}"])
    assert needed_by(recipe, "student") == tuple(sorted({need.partition(".")[0] for need in needs}))


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("sc_logt", "no strategy 'sc_logt'.*Did you mean sc_logit"),
        ("", "no strategy ''"),
        ("sc_logit+", "no strategy ''"),
        ("attn_rep+sc_logit+attn_rep", "names each strategy once"),
        ("none+attn_rep", "names each strategy once"),
    ],
)
def test_an_unknown_or_doubled_name_is_one_clear_error(strategy: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        RECIPES["tsak"]().with_changes([f"strategy={strategy}"])


def test_a_strategy_and_what_is_changed_in_its_terms_may_stand_in_any_order() -> None:
    changes = [
        "strategy=sc_logit+attn_rep",
        "student.terms.sc_logit.temperature=3",
        "student.terms.attn_rep.weight=0.2",
    ]
    recipes = [RECIPES["hinton"]().with_changes(list(order)) for order in permutations(changes)]
    assert all(recipe == recipes[0] for recipe in recipes)
    terms = recipes[0].student.terms
    assert (terms["sc_logit"]["temperature"], terms["attn_rep"]["weight"]) == (3, 0.2)
    assert (
        set(terms) == {"cross_entropy", "sc_logit", "attn_rep"} and recipes[0].strategy == changes[0].partition("=")[2]
    )


@pytest.mark.parametrize("value", ["none", "NONE", "true", "1", "[]"])
def test_a_strategy_is_read_as_a_name_and_as_nothing_else(value: str) -> None:
    if value == NONE:
        recipe = RECIPES["tsak"]().with_changes(["strategy=none"])
        assert (recipe.strategy, recipe.student.terms) == (NONE, recipe.alone_terms)
        return
    with pytest.raises(InputError, match="no strategy"):
        RECIPES["tsak"]().with_changes([f"strategy={value}"])


@pytest.mark.parametrize(
    ("recipe", "strategy", "answer"),
    [
        ("hinton", "sc_logit", "semantic.logits"),
        ("mahmud", "sc_logit", "semantic.logits"),
        ("mahmud", "attn_rep", "teacher.attention"),
        ("mahmud", "t_logit+causal_rep", "teacher.causal"),
    ],
)
def test_an_answer_that_no_teacher_gives_is_refused_with_those_that_one_does(
    experiment, recipe: str, strategy: str, answer: str
) -> None:
    with pytest.raises(InputError, match=f"no teacher here answers '{answer}'") as refused:
        check(experiment(f"strategy={strategy}", recipe=recipe))
    assert strategy in refused.value.where and "teacher.logits" in refused.value.mend


@pytest.mark.parametrize(("recipe", "strategy"), [("hinton", "attn_rep+causal_rep"), ("mahmud", "t_logit+combi_rep")])
def test_what_a_recipe_s_teacher_does_answer_can_be_asked(
    experiment, recipe: str, strategy: str, tmp_path: Path
) -> None:
    asked = experiment(f"strategy={strategy}", "cache.mode=on", recipe=recipe)
    check(asked)
    fold = made(asked, tmp_path, "teacher", "student")
    check_student(asked, fold.folder("student"), "cached")


def test_a_term_can_be_dropped_and_a_second_one_of_a_loss_added() -> None:
    recipe = RECIPES["tsak"]()
    fewer = recipe.with_changes(["teacher.terms.attention=none"])
    assert set(fewer.teacher.terms) == set(recipe.teacher.terms) - {"attention"} and "attention" in recipe.teacher.terms
    left = recipe.with_changes(["student.terms.attn_rep=none"])
    assert set(left.student.terms) == {"cross_entropy"}
