"""Recipes that make some of their models alone: which, what is refused, and a report that says null of the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.base.events import silent
from stillroom.data.dataset import Dataset
from stillroom.recipes.check import check
from stillroom.recipes.distil import distil
from stillroom.recipes.experiment import Experiment, Settings, prepare
from stillroom.recipes.recipe import RECIPES, Recipe
from stillroom.recipes.report_text import table_rows
from stillroom.recipes.roles import chain, compared, needed_by, optimised, roles_of
from stillroom.recipes.sharing import role_key
from stillroom.runs.query import differences, summary
from stillroom.runs.store import Run

from .kit import never, weights

READ = ("teacher", "alone", "student", "small_teacher", "reference", "forest")
TAUGHT = ("teacher", "semantic", "student")
NAMES = {"teacher": "teacher", "alone": "student, alone", "forest": "random forest"}
QUICK = ["student.training.epochs=2", "student.training.batch=16", "forest.settings.trees=3", "augmentation.views=2"]
Make = Callable[..., Experiment]


def only(*roles: str) -> str:
    return f"only={json.dumps(roles)}"


def recipe_of(name: str, *roles: str) -> Recipe:
    return RECIPES[name]().with_changes([only(*roles)])


def made(experiment: Experiment, folder: Path) -> tuple[Run, dict[str, Any]]:
    report = distil(experiment, folder, resume=False, emit=silent, stop=never)
    return Run(folder), report


def refused(experiment: Experiment) -> InputError:
    with pytest.raises(InputError) as error:
        check(experiment)
    return error.value


@pytest.fixture(scope="module")
def full(experiment: Make, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, Any]]:
    """A whole run of tsak."""
    return made(experiment(), tmp_path_factory.mktemp("full") / "run")


@pytest.mark.parametrize("name", list(RECIPES))
def test_those_that_are_named_are_made_with_the_trainings_on_their_way_and_nothing_else(name: str) -> None:
    whole = RECIPES[name]().changed(only=())
    for role in compared(whole):
        found = roles_of(whole.changed(only=(role,)))
        own = chain(whole, role) if role in ("student", "alone") else (role,)
        assert found == own, role
        assert compared(whole.changed(only=(role,))) == (role,)


def test_nothing_named_means_all_of_them_in_the_order_of_a_whole_recipe() -> None:
    whole = RECIPES["tsak"]()
    assert whole.only == () and set(optimised(whole)) <= set(roles_of(whole))
    two = whole.changed(only=("student", "teacher", "semantic"))
    assert roles_of(two) == tuple(role for role in roles_of(whole) if role in two.only)


@pytest.mark.parametrize("name", ["alone", "any_subset"])
def test_a_preset_names_models_that_it_can_make(name: str) -> None:
    recipe = RECIPES[name]()
    assert recipe.only and set(recipe.only) == set(compared(recipe))
    for role in roles_of(recipe):
        assert set(needed_by(recipe, role)) <= set(roles_of(recipe))


def test_the_recipe_alone_trains_tsak_s_student_and_forest_and_no_other(make_dataset: Callable[..., Dataset]) -> None:
    tsak, alone = RECIPES["tsak"](), RECIPES["alone"]()
    assert set(compared(alone)) == {"alone", "forest"}
    assert (alone.student.model, alone.student.training) == (tsak.student.model, tsak.student.training)
    assert (alone.alone_terms, alone.augmentation, alone.forest) == (tsak.alone_terms, tsak.augmentation, tsak.forest)


@pytest.mark.parametrize(
    ("roles", "what", "mend"),
    [
        (("techer",), "no model 'techer'", "Did you mean teacher"),
        (("student-mixed",), "no model 'student-mixed'", "student"),
        (("student",), "student needs semantic, which is not made", "Add semantic"),
        (("semantic", "student"), "semantic needs teacher, which is not made", "Add teacher"),
        (("alone", "semantic"), "semantic needs teacher", "Add teacher"),
    ],
)
def test_an_unknown_model_and_one_whose_teacher_is_not_made_are_refused_before_anything_is_written(
    experiment: Make, tmp_path: Path, roles: tuple[str, ...], what: str, mend: str
) -> None:
    error = refused(experiment(only(*roles)))
    assert what in error.what and error.where == "only" and mend in error.mend
    with pytest.raises(InputError):
        distil(experiment(only(*roles)), tmp_path / "run", resume=False, emit=silent, stop=never)
    assert not (tmp_path / "run").exists()


def test_a_pruned_student_needs_the_student(experiment: Make) -> None:
    changes = ("optimise.keep=[0.7]", only("pruned_70"))
    assert "pruned_70 needs student" in refused(experiment(*changes)).what


@pytest.mark.parametrize(
    "roles", [("teacher",), ("alone", "forest"), ("reference",), ("small_teacher",), TAUGHT, (*TAUGHT, "alone")]
)
def test_what_is_not_made_is_null_in_the_report_and_absent_from_its_tables(
    experiment: Make, full: tuple[Run, dict[str, Any]], tmp_path: Path, roles: tuple[str, ...]
) -> None:
    run, report = made(experiment(only(*roles)), tmp_path / "run")
    assert {path.name for path in (run.folder / "folds/p1").iterdir() if path.is_dir()} == set(roles)
    assert {role for role in READ if report[role] is not None} == set(roles) & set(READ)
    assert set(full[1]) - set(report) <= {"semantic"}, "a key that scripts read is missing"
    assert report == json.loads((run.folder / "report.json").read_text())
    assert (report["gain"] is not None) == {"student", "alone"}.issubset(roles)
    assert report["taught"] == ("student" in roles)
    rows = [row[0] for row in table_rows(report)]
    assert len(rows) == len(set(roles) & {*READ, "semantic"}) and len(rows) == len(set(rows))
    text = (run.folder / "report.md").read_text()
    assert all(title in text for title in rows) and "None" not in text
    assert ("random forest" in text) == ("forest" in roles)
    told = summary(run)
    assert {role: told[role] for role in ("teacher", "alone", "student")} == {
        role: report[role] and report[role]["macro_f1"] for role in ("teacher", "alone", "student")
    }


@pytest.mark.parametrize("roles", [("teacher",), (*TAUGHT, "alone")])
def test_a_model_is_the_same_whatever_is_made_beside_it(
    experiment: Make, full: tuple[Run, dict[str, Any]], tmp_path: Path, roles: tuple[str, ...]
) -> None:
    run, report = made(experiment(only(*roles)), tmp_path / "run")
    found, whole = weights(run.folder), weights(full[0].folder)
    assert found == {name: content for name, content in whole.items() if name in found} and len(found) == len(roles)
    assert all(report[role] == full[1][role] for role in roles)
    one, other = experiment(only(*roles)), experiment()
    for role in roles:
        assert role_key(one, one.folds[0], role, one.folds[0].train) == role_key(
            other, other.folds[0], role, other.folds[0].train
        )


def test_a_whole_run_has_every_model_a_gain_and_all_its_rows(full: tuple[Run, dict[str, Any]]) -> None:
    run, report = full
    assert all(report[role]["macro_f1"] is not None for role in (*READ, "semantic")) and report["gain"]["sentence"]
    assert len(table_rows(report)) == 7 and report["taught"]
    assert "classifier" not in report and set(report["heads"]) == {"attention", "causal", "combined"}
    text = (run.folder / "report.md").read_text()
    assert "What distillation added" in text and "| activity | windows | teacher | student, distilled |" in text


def test_runs_of_other_models_are_compared_by_the_people_whom_they_tested(
    experiment: Make, full: tuple[Run, dict[str, Any]], tmp_path: Path
) -> None:
    run, _ = made(experiment(only("teacher")), tmp_path / "run")
    assert differences(full[0], run) == []
    more, _ = made(experiment(only("teacher"), folds=2), tmp_path / "more")
    assert differences(full[0], more) == ["only one of them tested p2"]


@pytest.mark.parametrize("name", ["alone", "any_subset"])
def test_a_preset_s_run_is_made_whole(make_dataset: Callable[..., Dataset], tmp_path: Path, name: str) -> None:
    asked = {"data": "made", "student_view": "right_wrist.*", "protocol": "person", "folds": 1,
             "windows": {"window_s": 2.0, "stride_s": 1.0}}  # fmt: skip
    quick = [*QUICK, "teacher.training.epochs=2", "teacher.training.least_steps=0", "teacher.training.batch=16"]
    dataset = make_dataset(people=4, seconds=12.0)
    experiment = prepare(RECIPES[name]().with_changes(quick), Settings.from_input(asked, where="test"), dataset)
    _, report = made(experiment, tmp_path / "run")
    assert report["recipe"] == name and not report["taught"] and report["gain"] is None
    assert {role for role in READ if report[role]} == set(RECIPES[name]().only)
