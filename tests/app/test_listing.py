"""The list of runs: read once, read anew where a file changed, damaged ones with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.app.made import changed, marked, run_like

from stillroom.runs.store import Run
from stillroom_app.services import listing, notes, run_table
from stillroom_app.services.listing import DAMAGED


def named(folder: Path) -> dict[str, listing.Listed]:
    return {one.name: one for one in listing.runs(folder)}


@pytest.fixture
def several(workspace: Path) -> Path:
    """Three seeds of one run, a fourth that failed."""
    for seed in range(3):
        run_like("tsak", workspace / f"s{seed}", seed=seed)
    marked(run_like("tsak-left-acc", workspace / "broken"), "failed", "the disk is full")
    return workspace


def test_each_run_is_listed_with_what_its_report_tells(several: Path) -> None:
    found = named(several)
    report = Run(several / "s1").report
    assert found["s1"].whose == "yours" and found["demo:tsak"].whose == "demo"
    assert found["s1"].models["student"]["macro_f1"] == report["student"]["macro_f1"]
    assert found["s1"].gain == report["gain"]
    assert (found["broken"].state, found["broken"].why, found["broken"].models) == ("failed", "the disk is full", {})


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("run.json", "{", "run.json"),
        ("run.json", "[]", "not one of Stillroom's runs"),
        ("report.json", "", "report.json"),
        ("report.json", "[1]", "report.json is damaged"),
        ("report.json", '{"models": ["student"], "student": 3}', "report.json lacks its units"),
    ],
)
def test_a_damaged_run_is_listed_with_the_reason_and_the_rest_works(
    several: Path, file: str, text: str, why: str
) -> None:
    (several / "s1" / file).write_text(text)
    found = named(several)
    assert found["s1"].state == DAMAGED and why in found["s1"].why
    assert found["s0"].state == "done" and len(found) == len(named(several))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"models": []}, "lacks its models"),
        ({"units": None}, "lacks its units"),
        ({"folds": None}, "lacks its folds"),
        ({"n": "ten"}, "lacks its n"),
        ({"student": None}, "lacks its model student"),
        ({"student": {"macro_f1": None, "per_person": {"p01": 0.5}}}, "no score of the model student"),
        ({"teacher": {"macro_f1": "0.8", "per_person": {"p01": 0.5}}}, "no score of the model teacher"),
        ({"student": {"macro_f1": 0.5, "per_person": {"p01": None}}}, "no scores of people for the model student"),
        ({"student": {"macro_f1": 0.5, "low": "x", "per_person": {"p01": 0.5}}}, "a damaged interval"),
    ],
)
def test_a_report_that_pages_cannot_count_on_makes_a_run_damaged(
    several: Path, change: dict[str, Any], why: str
) -> None:
    changed(several / "s1", **change)
    found = named(several)["s1"]
    assert (found.state, found.models) == (DAMAGED, {}) and why in found.why


def test_a_run_without_its_report_is_damaged(several: Path) -> None:
    (several / "s2" / "report.json").unlink()
    assert named(several)["s2"].state == DAMAGED


def test_what_was_read_is_read_anew_only_where_a_file_changed(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = named(several)
    marked(several / "s0", "stopped")
    monkeypatch.setattr(listing, "_run", lambda path, name, whose: listing.Listed(name, path, whose, "", "read"))
    after = named(several)
    assert after["s0"].state == "read"
    assert after["s1"] is before["s1"]


def test_the_network_inside_a_run_that_estimates_is_no_run(several: Path) -> None:
    run_like("smldist", several / "s0" / "explain" / "estimator")
    assert len(named(several)) == len([one for one in listing.runs(several) if "estimator" not in one.name])


def test_seeds_are_drawn_together_and_nothing_else_is(several: Path) -> None:
    found = [one for one in listing.runs(several) if one.whose == "yours"]
    (row,) = run_table.grouped(found)
    assert (row["runs"], row["seeds"], row["student ±"]) == (3, "0, 1, 2", 0.0)
    run_like("tsak", several / "other", seed=3, protocol="person")
    found = [one for one in listing.runs(several) if one.whose == "yours"]
    assert sorted(row["runs"] for row in run_table.grouped(found)) == [1, 3]


def test_only_what_differs_stands_in_columns(several: Path) -> None:
    found = [one for one in listing.runs(several) if one.name in ("s0", "s1")]
    rows = run_table.rows(found, {}, differing=True)
    assert "recipe" not in rows[0] and {row["run"]: row["seed"] for row in rows} == {"s0": "0", "s1": "1"}
    assert run_table.differing_names(found) == ["seed"]


def test_filters_and_words_choose(several: Path) -> None:
    found, known = listing.runs(several), {"s2": notes.Note(("line 4",), "after the move")}
    ask = lambda **given: [one.name for one in run_table.chosen(found, known, **given)]  # noqa: E731
    assert ask(states=["failed"]) == ["broken"]
    assert ask(text="line MOVE") == ["s2"] and ask(text="nothing like it") == []
    assert ask(recipes=["smldist"]) == ["demo:smldist"] and len(ask()) == len(found)
    assert ask(data=["factory"]) == ask()


def test_notes_are_kept_whole_beside_the_runs_and_an_empty_one_is_taken_away(workspace: Path) -> None:
    notes.write("a/b", notes.Note(("x", "y"), "why"))
    notes.write("demo:tsak", notes.Note(notes.tags_of(" one,  two words, one ,,")))
    assert notes.every() == {"a/b": notes.Note(("x", "y"), "why"), "demo:tsak": notes.Note(("one", "two words"))}
    notes.write("a/b", notes.Note())
    assert set(notes.every()) == {"demo:tsak"}
    (workspace / notes.NAME).write_text("{")
    assert notes.every() == {}
    (workspace / notes.NAME).write_text(json.dumps({"runs": {"x": 3, "y": {"tags": "no list", "note": None}}}))
    assert notes.every() == {"y": notes.Note()}


def test_the_command_of_the_job_that_made_a_run_is_found(several: Path) -> None:
    from stillroom_app.services import jobs

    words = ["distil", "tsak", "--data", "nowhere", "--student-view", "a", "--run", str(several / "new")]
    name = jobs.start(words)
    run_like("tsak", several / "new")
    one = named(several)["new"]
    found, command = run_table.command_of(one)
    assert found == name and str(several / "new") in command
    assert run_table.command_of(named(several)["s0"]) == ("", "")
