"""The plan: written once, never changed unnoticed."""

import json
from pathlib import Path

import pytest

from stillroom.base.errors import InputError
from stillroom.runs.store import begin_run
from stillroom.studies.plan import FORMAT, NAME, Plan
from stillroom.studies.study import begin_study, open_study

from .test_table import plan


def edit(folder: Path, **changes: object) -> None:
    path = folder / NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refused(folder: Path, asked: Plan) -> InputError:
    before = (folder / NAME).read_bytes()
    with pytest.raises(InputError) as error:
        begin_study(folder, asked)
    assert (folder / NAME).read_bytes() == before
    return error.value


def test_the_same_plan_opens_the_study_again_whatever_the_libraries_are_now(tmp_path: Path) -> None:
    begin_study(tmp_path / "s", plan())
    again = begin_study(tmp_path / "s", plan().changed(versions={"numpy": "99"}))
    assert again.plan == plan() == open_study(tmp_path / "s").plan


def test_a_plan_edited_by_hand_is_refused(tmp_path: Path) -> None:
    begin_study(tmp_path / "s", plan())
    edit(tmp_path / "s", threads=2)
    assert "changed by hand" in refused(tmp_path / "s", plan()).what


@pytest.mark.parametrize(("version", "age"), [(FORMAT + 1, "a later"), (FORMAT - 1, "an earlier"), ("x", "an earlier")])
def test_a_study_of_another_version_is_refused(tmp_path: Path, version: object, age: str) -> None:
    begin_study(tmp_path / "s", plan())
    edit(tmp_path / "s", format=version)
    assert f"begun by {age} Stillroom" in refused(tmp_path / "s", plan()).what


def test_another_question_is_refused_and_the_difference_is_named(tmp_path: Path) -> None:
    begin_study(tmp_path / "s", plan())
    other = plan().changed(asked={"recipe": "hinton"})
    assert "recipe was tsak, now hinton" in refused(tmp_path / "s", other).what
    moved = plan().changed(runs=[run.changed(key="other").model_dump() for run in plan().runs])
    assert "the data or the recipe itself has changed" in refused(tmp_path / "s", moved).what


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1', "\0"])
def test_a_damaged_plan_is_one_error(tmp_path: Path, text: str) -> None:
    begin_study(tmp_path / "s", plan())
    (tmp_path / "s" / NAME).write_text(text)
    assert str(tmp_path / "s" / NAME) in refused(tmp_path / "s", plan()).where


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        begin_study(tmp_path, plan())
    with pytest.raises(InputError, match="no study lies here"):
        open_study(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_a_command_killed_before_its_plan_was_whole_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".plan.json.0011.part").write_text("{")
    assert begin_study(tmp_path, plan()).plan == plan()


def test_a_run_of_another_plan_in_its_place_is_never_counted(tmp_path: Path) -> None:
    study = begin_study(tmp_path / "s", plan())
    first = plan().runs[0]
    assert study.report(first) is None
    begin_run(study.run(first).folder, {"recipe": {"name": "tsak"}}, resume=False)
    with pytest.raises(InputError, match="holds another run than the plan says"):
        study.report(first)
