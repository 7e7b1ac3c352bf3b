"""What could not run is one clear error before anything is written; and how `--set` reaches into stages."""

import re
from pathlib import Path

import pytest

from stillroom.base.errors import InputError
from stillroom.base.events import silent
from stillroom.recipes.check import check
from stillroom.recipes.distil import distil
from stillroom.recipes.recipe import RECIPES

from .kit import never

BETWEEN = ("similarity", "rkd", "pkt", "dist")


@pytest.mark.parametrize(
    ("recipe", "changes", "said", "where", "mend"),
    [
        # a term without a teacher, wherever there is none
        ("smldist", ["alone_terms.conditional={}"], "conditional needs a teacher", "the terms of alone-mixed", "drop"),
        ("smldist", ["search.alone_terms.hinton={}"], "hinton needs a teacher", "the terms of alone", "drop it"),
        ("smldist", ["teacher.terms.hinton={}"], "hinton needs a teacher", "the terms of teacher", "drop it"),
        ("field", ["reference.terms.dkd={}"], "dkd needs a teacher", "the terms of reference", "drop it"),
        # a term whose answer nobody gives
        ("tsak", ["strategy=fitnets"], "no teacher here answers 'teacher.anchor_1'", "strategy fitnets",
         "Choose a strategy for which there is one; answers: semantic.group"),
        ("tsak", ["strategy=vid"], "no teacher here answers 'teacher.anchor_0'", "strategy vid", "teacher.logits"),
        ("field", ["student.terms.hinton.source=semantic"], "no teacher here answers 'semantic.logits'", "student",
         "teacher.anchor_0, teacher.anchor_1"),
        ("smldist", ["stages.stage_1.terms.stage_1.of=teacher.anchor_2"], "answers 'teacher.anchor_2'",
         "the terms of student-stage_1", "teacher.anchor_1"),
        ("field", ["strategy=fitnets", "forest_in_teacher=true"], "no teacher here answers 'teacher.anchor_1'",
         "strategy fitnets", "teacher.logits"),
        ("field", ["strategy=fitnets", "student.terms.fitnets.at=anchor_3"], "the model has no answer 'anchor_3'",
         "terms", "anchor_1"),
        # shapes that cannot be compared
        ("field", ["strategy=fitnets", "student.terms.fitnets.at=representation"],
         "fitnets cannot compare these: features of shape", "strategy fitnets", "pooled features with pooled ones"),
        ("field", ["strategy=nst", "student.terms.nst.of=teacher.logits", "student.terms.nst.at=logits"],
         "nst cannot compare these: .*do not both lie over time", "strategy nst", "Set `of` and `at`"),
        ("smldist", ["copied=none", "student.model.settings.memory.per_class=3"],
         "memory cannot compare these: a memory of 9 patterns cannot be compared with one of 24",
         "the terms of student-mixed", "heads of the same settings"),
        # parts that are not there
        ("smldist", ['student.frozen=["head.hopfield.bnk"]'], "nothing at 'head.hopfield.bnk' to freeze", "frozen",
         "head.hopfield.bank"),
        ("smldist", ['stages.stage_0.frozen=["stm"]'], "nothing at 'stm' to freeze", "frozen", "Did you mean stem"),
        ("field", ["student.taps.more=blocks.9"], "no module 'blocks.9' to tap", "tap more", "blocks.3"),
        ("field", ["student.taps.logits=tail"], "has an answer 'logits' of its own", "", "another name"),
        ("field", ["teacher.taps.more=tial"], "no module 'tial' to tap", "tap more", "Did you mean tail"),
        ("field", ["teacher.taps.more=tail", "forest_in_teacher=true"], "no single network", "forest_in_teacher",
         "forest_in_teacher=false"),
    ],
)  # fmt: skip
def test_what_could_not_run_is_refused_before_anything_is_written(
    experiment, tmp_path: Path, recipe: str, changes: list[str], said: str, where: str, mend: str
) -> None:
    plain = [change for change in changes if not change.endswith("={}")]
    asked = experiment(*plain, recipe=recipe)
    raw = asked.recipe.model_dump()
    for path in (change.removesuffix("={}") for change in changes if change.endswith("={}")):
        *parts, name = path.split(".")
        here = raw
        for part in parts:
            here = here[part]
        here[name] = {}
    wrong = type(asked)(**{**vars(asked), "recipe": type(asked.recipe).from_input(raw, where="test")})
    with pytest.raises(InputError, match=said) as refused:
        distil(wrong, tmp_path / "run", resume=False, emit=silent, stop=never)
    assert where in refused.value.where and mend in str(refused.value.mend)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("strategy", BETWEEN)
def test_a_comparison_between_windows_is_refused_where_several_teachers_answer(experiment, strategy: str) -> None:
    check(experiment(f"strategy={strategy}", recipe="field"))
    with pytest.raises(InputError, match=f"{strategy} compares windows with one another") as refused:
        check(experiment(f"strategy={strategy}", "cross_fit=2", recipe="field"))
    assert f"strategy {strategy}" in refused.value.where and "cross_fit at 0" in str(refused.value.mend)


@pytest.mark.parametrize("recipe", list(RECIPES))
def test_every_recipe_as_it_comes_can_run(experiment, recipe: str) -> None:
    check(experiment(recipe=recipe))


def stages(*changes: str) -> dict[str, dict]:
    recipe = RECIPES["smldist"]().with_changes(list(changes))
    return {stage.name: stage.model_dump() for stage in recipe.stages}


def test_one_stage_is_set_by_its_name_and_the_other_stays() -> None:
    before, after = stages(), stages("stages.stage_1.training.batch=8", "stages.stage_1.terms.stage_1.frequency=0")
    assert after["stage_0"] == before["stage_0"]
    assert after["stage_1"]["training"]["batch"] == 8 and after["stage_1"]["terms"]["stage_1"]["frequency"] == 0
    after["stage_1"]["training"]["batch"] = before["stage_1"]["training"]["batch"]
    del after["stage_1"]["terms"]["stage_1"]["frequency"]
    assert after == before


def test_all_stages_are_set_by_a_star() -> None:
    assert {one["training"]["lr"] for one in stages("stages.*.training.lr=1e-4").values()} == {1e-4}


def test_a_star_sets_what_only_some_stages_have_where_it_is() -> None:
    before, after = stages(), stages("stages.*.terms.stage_0.frequency=0")
    assert after["stage_0"]["terms"]["stage_0"]["frequency"] == 0 and after["stage_1"] == before["stage_1"]
    both = stages(*(f"stages.*.terms.stage_{number}.frequency=0" for number in (0, 1)))
    assert [one["terms"][name]["frequency"] for name, one in both.items()] == [0, 0]


def test_a_star_among_terms_means_each_of_them() -> None:
    for one in stages("stages.*.terms.*.frequency=0").values():
        assert [term["frequency"] for term in one["terms"].values()] == [0]
    recipe = RECIPES["smldist"]().with_changes(["student.terms.*.weight=2"])
    assert {term["weight"] for term in recipe.student.terms.values()} == {2} and len(recipe.student.terms) > 2


def test_stages_can_be_left_out() -> None:
    assert stages("stages=[]") == {}


@pytest.mark.parametrize(
    ("recipe", "change", "said"),
    [
        ("smldist", "stages.stage_2.training.epochs=2", "no stage 'stage_2'.*Did you mean stage_[01] or stage_[01]"),
        ("smldist", "stages.sage_0.training.epochs=2", "no stage 'sage_0'.*Did you mean stage_0"),
        ("smldist", "stages.stage_0.training.epoch=2", "no setting 'epoch'.*Did you mean epochs"),
        ("smldist", "stages.*.training.epoch=2", "no setting 'epoch'.*Did you mean epochs"),
        ("smldist", "stages.*.terms.stage_3.frequency=0", "no setting 'stage_3'.*Did you mean stage_0"),
        ("smldist", "stages.stage_0=3", "a stage is no value itself.*stages.stage_0.training.epochs"),
        ("smldist", "stages.stage_0.training.epochs=none", r"stages\.0\.training\.epochs.*valid integer"),
        ("smldist", "student.training.epochs.more.*.x=1", r"`\*` means nothing here"),
        ("smldist", "student.*.epochs=3", "no setting 'epochs'"),
        ("smldist", "stages=none", "stages.*valid tuple"),
        ("field", "stages.stage_0.training.epochs=2", "no stage 'stage_0'.*This recipe has no stages"),
        ("field", "search.training.epochs=2", "no setting 'search'"),
    ],
)
def test_a_stage_that_is_not_there_or_a_setting_that_it_has_not_is_one_clear_error(
    recipe: str, change: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        RECIPES[recipe]().with_changes([change])
    assert "--set" in refused.value.where


def test_settings_below_a_group_that_is_not_declared_can_be_set_and_are_checked(experiment) -> None:
    deep = RECIPES["smldist"]().with_changes(["teacher.model.settings.memory.per_class=3"])
    assert deep.teacher.model.architecture().memory.per_class == 3  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="per_clas"):
        check(experiment("teacher.model.settings.memory.per_clas=3", recipe="smldist"))
    with pytest.raises(InputError, match="memry"):
        check(experiment("teacher.model.settings.memry.per_class=3", recipe="smldist"))


def test_terms_of_the_student_alone_can_be_dropped_as_any_others() -> None:
    recipe = RECIPES["smldist"]().with_changes(["alone_terms.cosine=none", "search.alone_terms.cross_entropy.weight=2"])
    assert "cosine" not in recipe.alone_terms and recipe.search is not None
    assert recipe.search.alone_terms["cross_entropy"]["weight"] == 2


README = (Path(__file__).parents[3] / "README.md").read_text()
SMLDIST = README.partition("## SMLDist, and the field's")[2].partition("\n## ")[0].replace("\n", " ")
SET = re.compile(r"--set\s+'?([^\s'`]+)'?")


def test_what_the_readme_sets_for_smldist_and_the_field_can_be_run(experiment) -> None:
    groups = [SET.findall(span) for span in re.findall(r"`([^`]*--set[^`]*)`", SMLDIST)]
    assert len(groups) >= 6
    for changes in groups:
        if "strategy=NAME" in changes:
            continue
        field = any(change.startswith("strategy=") for change in changes)
        if any("table=" in change for change in changes):
            changes += [f"{phase}.model.settings.width=0.125" for phase in ("teacher", "student")]
        check(experiment(*changes, recipe="field" if field else "smldist"))
