"""The models of a fold: which a recipe makes, in which order, after which others, and what decides each of them."""

import pytest

from stillroom.base.errors import InputError
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import before, chain, compared, needed_by, phase_of, roles_of
from stillroom.recipes.sharing import role_key
from stillroom.recipes.strategies import FIELD

STAGED = ("student-stage_0", "student-stage_1", "student-mixed", "student")
BASELINES = {"teacher", "forest", "small_teacher", "reference"}
ALONE = {"alone-mixed", "alone"}


def keys(made: Experiment) -> dict[str, str]:
    fold = made.folds[0]
    return {role: role_key(made, fold, role, fold.train) for role in roles_of(made.recipe)}


def changed(one: Experiment, other: Experiment) -> set[str]:
    before_it, now = keys(one), keys(other)
    return {role for role in {*before_it, *now} if before_it.get(role) != now.get(role)}


@pytest.mark.parametrize(
    ("name", "taught", "alone"),
    [
        ("tsak", ("student",), ("alone",)),
        ("hinton", ("student",), ("alone",)),
        ("mahmud", ("student",), ("alone",)),
        ("field", ("student",), ("alone",)),
        ("smldist_joint", ("student-mixed", "student"), ("alone-mixed", "alone")),
        ("smldist", STAGED, ("alone-mixed", "alone")),
    ],
)
def test_a_student_comes_to_be_in_its_recipe_s_trainings_and_its_twin_alone_in_those_without_a_stage(
    name: str, taught: tuple[str, ...], alone: tuple[str, ...]
) -> None:
    recipe = RECIPES[name]()
    assert (chain(recipe, "student"), chain(recipe, "alone")) == (taught, alone)
    for whole in (taught, alone):
        assert [before(recipe, role) for role in whole] == [None, *whole[:-1]]


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_model_stands_once_behind_all_that_it_needs(name: str) -> None:
    recipe = RECIPES[name]()
    roles = roles_of(recipe)
    assert len(set(roles)) == len(roles)
    for place, role in enumerate(roles):
        assert set(needed_by(recipe, role)) <= set(roles[:place]), role


@pytest.mark.parametrize("name", list(RECIPES))
def test_steps_on_the_way_are_made_and_not_compared(name: str) -> None:
    recipe = RECIPES[name]().changed(only=())
    steps = {role for whole in ("student", "alone") for role in chain(recipe, whole)[:-1]}
    assert set(roles_of(recipe)) - set(compared(recipe)) == steps
    assert {"teacher", "student", "alone", "forest", "small_teacher", "reference"} <= set(compared(recipe))


def test_smldist_s_trainings_need_the_one_before_them_and_the_teacher() -> None:
    recipe = RECIPES["smldist"]()
    needs = {role: set(needed_by(recipe, role)) for role in (*STAGED, *sorted(ALONE))}
    assert needs == {
        "student-stage_0": {"teacher"},
        "student-stage_1": {"student-stage_0", "teacher"},
        "student-mixed": {"student-stage_1", "teacher"},
        "student": {"student-mixed", "teacher"},
        "alone-mixed": set(),
        "alone": {"alone-mixed"},
    }


def test_a_head_that_is_copied_needs_the_teacher_even_where_no_term_does() -> None:
    changes = ["stages=[]", "search=none", "student.terms.conditional=none", "student.terms.memory=none"]
    assert needed_by(RECIPES["smldist"]().with_changes(changes), "student") == ("teacher",)
    assert needed_by(RECIPES["smldist"]().with_changes([*changes, "copied=none"]), "student") == ()


def test_each_training_has_its_own_terms_schedule_and_resting_parts() -> None:
    recipe = RECIPES["smldist"]()
    assert recipe.search is not None
    for stage in recipe.stages:
        phase = phase_of(recipe, f"student-{stage.name}")
        assert (phase.terms, phase.training, phase.frozen) == (stage.terms, stage.training, ())
        assert (phase.model, phase.taps) == (recipe.student.model, recipe.student.taps)
    mixed, tuned = phase_of(recipe, "student-mixed"), phase_of(recipe, "student")
    assert mixed == recipe.student and mixed.frozen and mixed.frozen_share == 0.5
    assert (tuned.terms, tuned.training, tuned.frozen) == (recipe.search.terms, recipe.search.training, ())
    alone, alone_tuned = phase_of(recipe, "alone-mixed"), phase_of(recipe, "alone")
    assert (alone.terms, alone.training, alone.frozen) == (recipe.alone_terms, recipe.student.training, ())
    assert (alone_tuned.terms, alone_tuned.training) == (recipe.search.alone_terms, recipe.search.training)


def test_parts_that_a_stage_freezes_rest_for_all_of_it() -> None:
    recipe = RECIPES["smldist"]().with_changes(['stages.stage_1.frozen=["stem"]', "student.frozen_share=0.25"])
    phase = phase_of(recipe, "student-stage_1")
    assert (phase.frozen, phase.frozen_share) == (("stem",), 1.0)


@pytest.mark.parametrize("recipe", ["smldist", "smldist_joint", "field"])
@pytest.mark.parametrize("changes", [(), ("strategy=plain",)])
def test_every_training_has_a_key_of_its_own(experiment, recipe: str, changes: tuple[str, ...]) -> None:
    found = keys(experiment(*changes, recipe=recipe))
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize(
    ("change", "others"),
    [
        ("stages.stage_0.terms.stage_0.frequency=0", set(STAGED)),
        ("stages.stage_0.training.epochs=3", set(STAGED)),
        ("stages.stage_1.terms.stage_1.weight=2", set(STAGED[1:])),
        ('stages.stage_1.frozen=["stem"]', set(STAGED[1:])),
        ("student.terms.memory.weight=0.2", set(STAGED[2:])),
        ("search.terms.conditional.temperature=2", {"student"}),
        ("search.alone_terms.cross_entropy.smoothing=0.1", {"alone"}),
        ("search.training.epochs=3", {"student", "alone"}),
        ("copied=none", set(STAGED)),
        ("student.frozen_share=0.25", set(STAGED[2:])),
        ("alone_terms.cosine.weight=0.1", ALONE),
        ("teacher.terms.cosine.weight=0.1", {"teacher", "small_teacher", *STAGED}),
    ],
)
def test_a_change_reaches_the_training_that_it_is_for_and_those_behind_it(
    experiment, change: str, others: set[str]
) -> None:
    assert changed(experiment(recipe="smldist"), experiment(change, recipe="smldist")) == others


@pytest.mark.parametrize("change", ["cross_fit=2", "recorded_targets=true", "cache.dtype=float32"])
def test_how_answers_are_given_reaches_only_those_who_are_taught(experiment, change: str) -> None:
    assert changed(experiment(recipe="smldist"), experiment(change, recipe="smldist")) == set(STAGED)


def test_methods_share_the_teacher_and_every_baseline(experiment) -> None:
    made = [experiment(recipe=name) for name in ("smldist", "smldist_joint")]
    made += [experiment(f"strategy={name}", recipe="field") for name in ("plain", "smoothing", *FIELD)]
    found = [keys(one) for one in made]
    for role in BASELINES:
        assert len({one[role] for one in found}) == 1, role
    assert len({one["student"] for one in found}) == len(found)
    assert len({one["alone"] for one in found[2:]}) == 1 and found[0]["alone"] == found[1]["alone"]


@pytest.mark.parametrize("change", ["stages.stage_0.name=mixed", "stages.*.name=one"])
def test_two_trainings_of_one_name_are_refused(change: str) -> None:
    with pytest.raises(InputError, match=r"two trainings of the student are named (mixed|one)"):
        RECIPES["smldist"]().with_changes([change])
