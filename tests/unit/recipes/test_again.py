"""The command of a run: what it says leads to the very recipe and settings that the run was made with."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.jobs.words import options_of
from stillroom.recipes import distil as distilling
from stillroom.recipes.again import changes_of, command_of, words_again
from stillroom.recipes.recipe import RECIPES
from stillroom.runs.store import open_run
from stillroom_app.services.workspace import DEMO

CHANGES = (
    ["student.terms.cross_entropy.weight=3"],
    ["augmentation.views=2", "teacher.training.epochs=2"],
    ["strategy=sc_logit+attn_rep", "student.terms.attn_rep.weight=4"],
    ["forest.settings.trees=3", "forest_in_teacher=false"],
    ["student.terms.cross_entropy=none"],
    ["optimise.keep=[0.5, 0.25]"],
)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_changes_lead_back_to_the_recipe(recipe: str, fast: bool) -> None:
    declared = RECIPES[recipe]().fast() if fast else RECIPES[recipe]()
    assert changes_of(declared, fast=fast) == []
    for changes in CHANGES:
        changed = declared.with_changes(changes)
        assert declared.with_changes(changes_of(changed, fast=fast)) == changed


def test_stages_are_changed_by_their_names() -> None:
    declared = RECIPES["smldist"]()
    changed = declared.with_changes(["stages.*.training.epochs=12"])
    assert changes_of(changed, fast=False) == [f"stages.{name}.training.epochs=12" for name in ("stage_0", "stage_1")]


def test_a_recipe_that_nothing_leads_to_is_refused() -> None:
    with pytest.raises(InputError, match="no options of distil lead to this recipe"):
        changes_of(RECIPES["tsak"]().changed(source="none"), fast=False)
    with pytest.raises(InputError, match="no recipe 'of-a-plug-in' is known here"):
        changes_of(RECIPES["tsak"]().changed(name="of-a-plug-in"), fast=False)


def _asked(folder: Path, **asked: Any) -> Path:
    shutil.copytree(DEMO / "tsak", folder)
    facts = json.loads((folder / "run.json").read_text())
    facts["asked"].update(asked)
    (folder / "run.json").write_text(json.dumps(facts))
    return folder


def test_the_command_says_what_was_asked() -> None:
    recipe, options = options_of(shlex.split(command_of(open_run(DEMO / "tsak")))[1:])
    assert recipe == "tsak" and options["fast"] is True and "change" not in options
    asked = open_run(DEMO / "tsak").facts["asked"]
    for name in ("data", "student_view", "protocol", "seed", "threads"):
        assert options[name] == str(asked[name])
    assert float(options["window_s"]) == asked["windows"]["window_s"]
    assert not {"teacher_view", "folds", "purity", "device", "teacher"} & set(options), "what is as by default"


def test_what_is_not_by_default_is_said(tmp_path: Path) -> None:
    windows = {"window_s": 3.0, "stride_s": 1.0, "purity": 0.8, "min_windows": 5}
    asked = {"windows": windows, "folds": 2, "drop_class": ["a b", "c"], "teacher_view": "*.acc.*", "leaks_known": True}
    told = command_of(open_run(_asked(tmp_path / "run", **asked, teacher_run="runs/other")))
    _, options = options_of(shlex.split(told)[1:])
    assert options["drop_class"] == ["a b", "c"] and options["folds"] == "2" and options["purity"] == "0.8"
    assert options["min_windows"] == "5" and options["teacher"] == "runs/other" and options["i_know_it_leaks"] is True
    assert options["teacher_view"] == "*.acc.*"


def test_the_words_are_those_of_the_command_and_lead_on_from_what_was_asked(tmp_path: Path) -> None:
    run = open_run(_asked(tmp_path / "run", seed=7, device="cuda", drop_class=["a b"]))
    assert shlex.join(["stillroom", *words_again(run.facts["asked"])]) == command_of(run)
    assert "'a b'" in command_of(run) and "--seed 7" in command_of(run) and "--device cuda" in command_of(run)


def test_a_run_keeps_the_words_that_make_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked:
        def asked(self) -> dict[str, Any]:
            return dict(open_run(DEMO / "tsak").facts["asked"])

    def stopped(*given: Any) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(distilling, "check", stopped)
    monkeypatch.setattr(distilling, "_go_on", stopped)
    asked: Any = Asked()
    distilling.distil(asked, tmp_path / "run", resume=False, emit=print, stop=lambda: False, command=["distil", "x"])
    run = open_run(tmp_path / "run")
    assert run.facts["again"] == shlex.split(command_of(run))[1:] and run.facts["command"] == ["distil", "x"]
