"""What a report is made of: a finished, whole run or study, or one clear error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.report.making import make

from .conftest import Change
from .kit import Page


def test_a_folder_with_neither_run_nor_study_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="neither a run nor a study"):
            make(folder)


@pytest.mark.parametrize("state", ["unfinished", "stopped", "failed"])
def test_a_run_that_is_not_done_is_refused(changed: Change, state: str) -> None:
    with pytest.raises(InputError, match=f"the run is {state}"):
        make(changed(facts={"state": state}))


@pytest.mark.parametrize(
    ("file", "text"),
    [("report.json", "{"), ("report.json", "[]"), ("report.json", "{}"), ("cost.json", "{}"), ("cost.json", "nonsense"),
     ("explain/windows.json", '{"told": {"models": {"teacher": {}}}}'), ("explain/privacy.json", "[]"),
     ("explain/sets.json", '{"told": 3}')],
)  # fmt: skip
def test_a_damaged_file_is_one_clear_error(changed: Change, file: str, text: str) -> None:
    folder = changed()
    (folder / file).write_text(text)
    with pytest.raises(InputError, match=r"damaged|JSON"):
        make(folder)


def test_a_model_without_its_scores_is_damage(changed: Change) -> None:
    with pytest.raises(InputError, match="the student's scores are not whole"):
        make(changed(student={"macro_f1": 0.5}))


def test_a_study_without_an_answer_is_told_how_to_finish(study: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text((study / "plan.json").read_text())
    with pytest.raises(InputError, match=r"no answer yet.*stillroom study sensors"):
        make(tmp_path)


def test_a_study_in_which_nothing_ended_is_refused(study: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text((study / "plan.json").read_text())
    table = json.loads((study / "table.json").read_text()) | {"table": [], "sentence": "nothing can be said yet"}
    (tmp_path / "table.json").write_text(json.dumps(table))
    with pytest.raises(InputError, match="the study found nothing"):
        make(tmp_path)


def test_a_run_without_cost_says_that_nothing_was_measured(changed: Change) -> None:
    page = Page(make(changed("cost.json")).html)
    assert "Speed and memory: nothing was measured on any device" in page.words
    assert "Every figure of cost" not in page.captions and "reduction" not in page.drawings
    assert {row[-1] for row in page.table("What teacher and student cost")} == {"counted"}


def test_a_run_that_nobody_explained_says_so(changed: Change) -> None:
    page = Page(make(changed("explain")).html)
    assert "Whether a wearer can be told from what is kept was not tested." in page.words
    assert "Its reasons: what the models look at was not asked" in page.words
    assert not {"Who can be told", "Shares, teacher"} & page.captions


def test_a_run_without_a_student_alone_claims_nothing_of_distillation(changed: Change) -> None:
    page = Page(make(changed(alone=None, gain=None)).html)
    assert "The same student without a teacher" not in page.words
    assert set(page.drawings["people"].marks) == {f"p{n}--{what}" for n in range(10) for what in ("way", "change")} | {
        f"{role}--p{n}" for n in range(10) for role in ("teacher", "student")
    }


def test_a_run_without_a_teacher_compares_with_none(changed: Change, told: dict[str, Any]) -> None:
    alone = dict.fromkeys(("teacher", "student", "semantic", "small_teacher", "gain"))
    page = Page(make(changed("cost.json", "explain", **alone, heads={}, steps=[])).html)
    score = told["alone"]["macro_f1"]
    assert f"One right wrist accelerometer scores {score:.2f}" in page.words
    assert "No sensor goes, so none is saved." in page.words and "money" not in page.drawings
    assert "against" not in page.words.split("What is still worn")[0].replace("nobody", "")


def test_stretches_of_a_recording_are_never_called_people(changed: Change) -> None:
    page = Page(make(changed(units="stretches", pilot=True)).html)
    assert "over 10 stretches of recording that were held out" in page.words
    assert "Stretch by stretch" in page.words and "nobody trained on" not in page.words
    assert "stretches of known recordings were held out: how others would do is not known" in page.words


def test_people_on_both_sides_are_named(changed: Change, told: dict[str, Any]) -> None:
    folds = [fold | {"train": [*fold["train"], *fold["test"]]} for fold in told["folds"]]
    page = Page(make(changed(folds=folds)).html)
    assert "10 people who were trained on too" in page.words and "Strangers: the same people stand" in page.words


def test_one_tested_person_has_no_interval(changed: Change, told: dict[str, Any]) -> None:
    def only(model: dict[str, Any] | None) -> dict[str, Any] | None:
        return model and model | {"low": None, "high": None, "per_person": {"p01": model["per_person"]["p01"]}}

    roles = {
        role: only(told[role])
        for role in ("teacher", "student", "alone", "semantic", "small_teacher", "reference", "forest")
    }
    gain = told["gain"] | {"low": None, "high": None, "n": 1, "per_person": {"p01": 0.08}}
    page = Page(make(changed("explain", **roles, gain=gain, n=1, pilot=True, context={}, steps=[], heads={})).html)
    assert "one only, so no interval" in page.words and "a pilot, not a proof" in page.words
    assert "student--interval" not in page.drawings["scores"].marks


def test_what_the_run_kept_of_its_making_is_printed_and_what_it_did_not_is_said(changed: Change, page: Page) -> None:
    assert ["commit", "not recorded"] in page.table(
        "How it was made"
    ) and "put together from its settings" in page.words
    facts = {"commit": "0123456789ab", "command": ["distil", "tsak", "--data", "a b", "--set", "x=1"],
             "machine": {"cpu": "A CPU", "cores": 3, "system": "Linux"}}  # fmt: skip
    other = Page(make(changed(facts=facts)).html)
    rows = {row[0]: row[1] for row in other.table("How it was made")}
    assert rows["commit"] == "0123456789ab" and rows["trained on"] == "A CPU, 3 cores, Linux"
    assert "stillroom distil tsak --data 'a b' --set x=1" in other.words
    assert "put together from its settings" not in other.words


def test_every_setting_and_version_is_in_it(page: Page, run: Path) -> None:
    facts = json.loads((run / "run.json").read_text())
    cells = [cell for row in page.table("Settings") for cell in row]
    pairs = dict(zip(cells[::2], cells[1::2], strict=True))
    assert pairs["protocol"] == facts["asked"]["protocol"] and pairs["windows.window_s"] == "4.0"
    assert pairs["recipe.student.terms.attn_rep.weight"] == str(
        facts["asked"]["recipe"]["student"]["terms"]["attn_rep"]["weight"]
    )
    for name, version in facts["versions"].items():
        assert f"{name} {version}" in page.words
