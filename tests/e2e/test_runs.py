"""`stillroom runs`: list, show and compare finished runs."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from scipy import stats

from .kit import Call, distil_words, people, report_of, write_people


@pytest.fixture(scope="module")
def three(own: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three runs on the same people, two folds each; what they scored is written by hand."""
    from stillroom.cli.main import run

    base = tmp_path_factory.mktemp("three")
    folder = base / "a"
    with pytest.raises(SystemExit) as ended:
        run(distil_words(own, folder, "--folds", 2))
    assert not ended.value.code
    made = [folder]
    for number, gains in enumerate(((0.10, 0.12), (0.02, -0.02)), start=1):
        other = base / "bcd"[number - 1]
        shutil.copytree(folder, other)
        report = report_of(other)
        report["run"] = str(other)
        scored = report["student"]["per_person"]
        report["student"]["per_person"] = {
            name: score + gain for (name, score), gain in zip(scored.items(), gains, strict=True)
        }
        (other / "report.json").write_text(json.dumps(report))
        made.append(other)
    for age, path in enumerate(made):
        facts = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps(facts | {"changed": f"2026-01-0{age + 1}T00:00:00+0000"}))
    return made


def unfinished(source: Path, folder: Path, state: str) -> Path:
    shutil.copytree(source, folder)
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(facts | {"state": state}))
    return folder


def test_list_names_every_run_the_latest_first(call: Call, three: list[Path]) -> None:
    told = call("runs", "list", "--folder", three[0].parent, "--json")
    assert told.err == "" and [row["run"] for row in told.answer["runs"]] == [str(path) for path in reversed(three)]
    row, report = told.answer["runs"][-1], report_of(three[0])
    assert (row["state"], row["recipe"], row["protocol"], row["seed"]) == ("done", "tsak", "person", 0)
    assert (row["teacher"], row["student"]) == (report["teacher"]["macro_f1"], report["student"]["macro_f1"])
    assert row["gain"] == report["gain"]["mean"]
    drawn = call("runs", "list", "--folder", three[0].parent)
    assert all(str(path) in drawn.out for path in three) and drawn.err == ""


def test_list_filters_by_state(call: Call, three: list[Path], refused: Call, tmp_path: Path) -> None:
    unfinished(three[0], tmp_path / "u", "unfinished")
    shutil.copytree(three[0], tmp_path / "d")
    for state, name in (("done", "d"), ("unfinished", "u")):
        rows = call("runs", "list", "--folder", tmp_path, "--state", state, "--json").answer["runs"]
        assert [(row["run"], row["state"]) for row in rows] == [(str(tmp_path / name), state)]
    assert call("runs", "list", "--folder", tmp_path, "--state", "failed", "--json").answer == {"runs": []}
    assert "unknown state 'dnoe'" in refused("runs", "list", "--folder", tmp_path, "--state", "dnoe").err


def test_list_of_a_place_without_runs(
    call: Call, refused: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("runs", "list", "--json").answer == {"runs": []}
    assert "no such folder" in refused("runs", "list", "--folder", tmp_path / "nowhere").err


FOREIGN = ["{}", "[]", "3", '{"state": "done"}', "{", '{"state": 1, "key": 1, "asked": {}, "began": 1, "changed": 2}']


@pytest.mark.parametrize("text", FOREIGN)
def test_a_foreign_run_json_is_passed_over_and_refused_by_name(
    call: Call, refused: Call, tmp_path: Path, three: list[Path], text: str
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "run.json").write_text(text)
    shutil.copytree(three[0], tmp_path / "ours")
    rows = call("runs", "list", "--folder", tmp_path, "--json").answer["runs"]
    assert [row["run"] for row in rows] == [str(tmp_path / "ours")]
    assert str(tmp_path / "theirs") in refused("runs", "show", tmp_path / "theirs").err
    assert str(tmp_path / "theirs") in refused("runs", "compare", three[0], tmp_path / "theirs").err


def test_a_run_that_is_done_but_damaged_is_told_and_does_not_hide_the_others(
    call: Call, refused: Call, tmp_path: Path, three: list[Path]
) -> None:
    for name, spoil in (("a", lambda path: path.unlink()), ("b", lambda path: path.write_text("{"))):
        shutil.copytree(three[0], tmp_path / name)
        spoil(tmp_path / name / "report.json")
        assert "report.json" in refused("runs", "show", tmp_path / name).err
    shutil.copytree(three[0], tmp_path / "c")
    (tmp_path / "c" / "report.md").unlink()
    assert "the run's text is gone" in refused("runs", "show", tmp_path / "c").err
    rows = call("runs", "list", "--folder", tmp_path, "--json").answer["runs"]
    found = {Path(row["run"]).name: row["student"] is not None for row in rows}
    assert found == {"a": False, "b": False, "c": True}


def test_show_gives_the_report(call: Call, three: list[Path]) -> None:
    assert call("runs", "show", three[0], "--json").answer == report_of(three[0])
    told = call("runs", "show", three[0])
    assert told.out.strip() == (three[0] / "report.md").read_text().strip() and told.err == ""


@pytest.mark.parametrize("state", ["unfinished", "stopped", "failed"])
def test_show_never_reports_a_run_that_is_not_done(
    refused: Call, tmp_path: Path, three: list[Path], state: str
) -> None:
    told = refused("runs", "show", unfinished(three[0], tmp_path / "run", state))
    assert f"the run is {state}" in told.err and "--resume" in told.err


def test_show_without_a_run(refused: Call, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert "no run lies here" in refused("runs", "show", folder).err


def test_compare_sets_each_against_the_first_with_holm(call: Call, three: list[Path]) -> None:
    told = call("runs", "compare", *three, "--json")
    first, second, third = told.answer["runs"]
    assert told.answer["baseline"] == first["run"] == str(three[0]) and first["against_first"] is None
    assert second["against_first"]["mean"] == pytest.approx(0.11)
    assert third["against_first"]["mean"] == pytest.approx(0.0)
    half = stats.t.ppf(0.975, 1) * 0.01
    assert second["against_first"]["low"] == pytest.approx(0.11 - half)
    # two people: the smallest p of a sign flip is 0.5; Holm doubles the smaller of the two
    assert (second["against_first"]["p"], third["against_first"]["p"]) == (0.5, 1.0)
    assert (second["against_first"]["p_holm"], third["against_first"]["p_holm"]) == (1.0, 1.0)
    drawn = call("runs", "compare", *three)
    assert drawn.out.count("against the first") == 2 and "p by Holm 1" in drawn.out and drawn.err == ""


def test_compare_of_runs_with_one_person_says_that_there_is_no_interval(call: Call, done: Path) -> None:
    told = call("runs", "compare", done, done)
    assert told.code == 0 and "one only" in told.out and "None" not in told.out


def test_compare_refuses_what_cannot_be_compared(
    call: Call, refused: Call, own: Path, three: list[Path], done: Path, tmp_path: Path
) -> None:
    assert "two runs or more" in refused("runs", "compare", done).err
    assert "only one of them tested p2" in refused("runs", "compare", done, three[0]).err
    assert call(*distil_words(own, tmp_path / "longer", "--folds", 1, "--window-s", 3)).code == 0
    assert "windows cut" in refused("runs", "compare", done, tmp_path / "longer").err
    other = write_people(tmp_path / "other", people(4, seconds=14.0))
    assert call(*distil_words(other, tmp_path / "run", "--folds", 1)).code == 0
    told = refused("runs", "compare", done, tmp_path / "run")
    assert "different people or windows" in told.err and str(other) in told.err and str(own) in told.err


def test_compare_knows_the_same_data_by_another_path(
    call: Call, own: Path, done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own.parent)
    words = distil_words(os.path.relpath(own), tmp_path / "run", "--folds", 1, "--seed", 1)
    assert call(*words).code == 0
    assert call("runs", "compare", done, tmp_path / "run", "--json").answer["runs"][1]["against_first"]["n"] == 1
