"""No path of somebody's machine goes out with a report: sources and runs are told by their names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillroom.report.making import make
from stillroom.report.paths import run_said, source_said, words_said

from .conftest import Change
from .kit import Page
from .test_traced_studies import made_ablation

SECRET = "/srv/somebody/of a/secret"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("factory", "factory"),
        (f"dsads:{SECRET}", "dsads:PATH"),
        ("dsads:../data/dsads", "dsads:PATH"),
        (SECRET, "PATH"),
        ("~/mine", "PATH"),
        ("C:\\mine\\rec", "PATH"),
        ("C:mine", "PATH"),
        ("mine.csv", "mine.csv"),
    ],
)
def test_a_source_is_told_without_where_it_lies(text: str, said: str) -> None:
    assert source_said(text) == said


def test_a_run_is_told_by_its_folder() -> None:
    assert run_said(f"{SECRET}/tsak/") == "tsak" == run_said("tsak") == run_said("C:\\runs\\tsak")


def test_of_a_command_only_sources_and_runs_change() -> None:
    words = ["distil", "tsak", "--data", f"dsads:{SECRET}", f"--teacher={SECRET}/big", "--set", "a/b=1", "--seed", "0"]
    assert words_said(words) == [
        "distil", "tsak", "--data", "dsads:PATH", "--teacher=big", "--set", "a/b=1", "--seed", "0"
    ]  # fmt: skip


@pytest.mark.parametrize("kept", ["again", "command", ""])
def test_a_run_s_report_holds_no_path(changed: Change, kept: str) -> None:
    folder = changed(data=f"dsads:{SECRET}", teacher_run=f"{SECRET}/big")
    facts = json.loads((folder / "run.json").read_text())
    facts["asked"] |= {"data": f"dsads:{SECRET}", "teacher_run": f"{SECRET}/big"}
    facts |= {kept: ["distil", "tsak", "--data", f"dsads:{SECRET}", "--teacher", f"{SECRET}/big"]} if kept else {}
    (folder / "run.json").write_text(json.dumps(facts))
    page = Page(make(folder).html)
    assert "secret" not in page.html and "--data dsads:PATH" in page.words and "--teacher big" in page.words
    assert "PATH stands for where the recordings lie" in page.words


@pytest.mark.parametrize("data", [f"dsads:{SECRET}", SECRET])
def test_a_study_s_report_holds_no_path(tmp_path: Path, data: str) -> None:
    folder = made_ablation(tmp_path / "abl", "methods")
    plan = json.loads((folder / "plan.json").read_text())
    plan["asked"]["data"] = data
    plan["command"] = f"stillroom study ablation tsak --data '{data}'"
    plan["cells"][0]["settings"] = {"data": data}
    (folder / "plan.json").write_text(json.dumps(plan))
    page = Page(make(folder).html)
    assert "secret" not in page.html and "PATH --out abl" in page.words


def test_the_words_that_make_it_again_count_more_than_those_that_were_typed(changed: Change) -> None:
    facts = {"command": ["distil", "tsak", "--fast"], "again": ["distil", "tsak", "--fast", "--seed", "0"]}
    words = Page(make(changed(facts=facts)).html).words
    assert "stillroom distil tsak --fast --seed 0" in words and "put together" not in words


def test_a_command_that_is_put_together_drops_nothing_but_set(changed: Change, run: Path) -> None:
    facts = json.loads((run / "run.json").read_text())
    asked = facts["asked"] | {"threads": 3, "seed": 0, "device": "cuda"}
    words = Page(make(changed(facts={"asked": asked})).html).words
    assert "--seed 0" in words and "--threads 3" in words and "--device cuda" in words
    assert "any --set of the recipe is missing" in words


def test_every_commit_that_made_a_run_is_named(changed: Change) -> None:
    facts = {"commit": "aaaa", "resumed": [{"began": "", "commit": "bbbb", "versions": {}}]}
    assert ["commit", "aaaa, then bbbb"] in Page(make(changed(facts=facts)).html).table("How it was made")
