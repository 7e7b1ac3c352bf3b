"""What `--run` and `--resume` accept, and what they refuse by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .kit import Call, distil_words, people, report_of, state_of, table, write_people


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("more", "changes", "said"),
    [
        (("--seed", 5), {}, "seed was 0, now 5"),
        (("--folds", 2), {}, "folds was 1, now 2"),
        (("--student-view", "left_wrist.acc.*"), {}, 'student_view was "right_wrist.acc.*", now "left_wrist.acc.*"'),
        (("--window-s", 3), {}, "windows.stride_s was 1.0, now 1.5"),
        (("--drop-class", "slow"), {}, 'drop_class was [], now ["slow"]'),
        (("--protocol", "persons:4"), {}, 'protocol was "person", now "persons:4"'),
        ((), {"student__training__epochs": 3}, "recipe.student.training.epochs was 2, now 3"),
        ((), {"student__terms__sc_logit__temperature": 9}, "recipe.student.terms.sc_logit.temperature was"),
    ],
)
def test_resumed_with_other_options_it_names_the_difference(
    refused: Call, own: Path, done: Path, more: tuple[object, ...], changes: dict[str, object], said: str
) -> None:
    before = snapshot(done)
    told = refused(*distil_words(own, done, "--folds", 1, *more, "--resume", **changes))
    assert "was asked for something else" in told.err and said in told.err and str(done) in told.err
    assert snapshot(done) == before


def test_resumed_on_changed_data_it_says_so(refused: Call, call: Call, tmp_path: Path) -> None:
    data, folder = write_people(tmp_path / "own", people(3)), tmp_path / "run"
    assert call(*distil_words(data, folder, "--folds", 1)).code == 0
    table(9).to_csv(data / "p2.csv", index=False)
    assert "the data has changed since" in refused(*distil_words(data, folder, "--folds", 1, "--resume")).err


def test_a_run_is_not_overwritten(refused: Call, own: Path, done: Path) -> None:
    before = snapshot(done)
    told = refused(*distil_words(own, done, "--folds", 1))
    assert "a run lies here already" in told.err and "--resume" in told.err
    assert snapshot(done) == before


@pytest.mark.parametrize("resume", [(), ("--resume",)])
def test_a_folder_of_something_else_is_refused(
    refused: Call, own: Path, tmp_path: Path, resume: tuple[str, ...]
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    assert "the folder holds something else" in refused(*distil_words(own, tmp_path / "run", *resume)).err
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_a_file_in_the_folders_place_is_refused(refused: Call, own: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    assert "something else" in refused(*distil_words(own, tmp_path / "notes")).err
    told = refused(*distil_words(own, tmp_path / "notes" / "run"))
    assert "a file stands where a folder must be" in told.err and str(tmp_path / "notes") in told.err
    assert (tmp_path / "notes").read_text() == "mine"


def test_a_finished_run_resumed_returns_its_report_and_trains_nothing(call: Call, own: Path, done: Path) -> None:
    before = snapshot(done)
    told = call(*distil_words(own, done, "--folds", 1, "--resume", "--json"))
    assert (told.code, told.err) == (0, "") and told.answer == report_of(done)
    assert snapshot(done) == before


def test_a_failed_run_says_why_and_can_go_on(call: Call, own: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    wild = {"student__training__lr": 1e30, "student__training__clip": 1e30}
    told = call(*distil_words(own, folder, "--folds", 1, **wild))
    assert told.code == 1 and "no longer finite" in told.error and "learning rate" in told.error
    assert state_of(folder) == "failed"
    shown = call("runs", "show", folder)
    assert shown.code == 2 and "the run is failed: the loss is no longer finite" in shown.error


def test_a_damaged_part_of_an_unfinished_run_is_one_error(call: Call, own: Path, done: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(done, folder)
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(facts | {"state": "unfinished"}))
    student = folder / "folds" / "p1" / "student"
    (student / "predictions.npz").unlink()
    raw = bytearray((student / "model.safetensors").read_bytes())
    raw[-1] ^= 1
    (student / "model.safetensors").write_bytes(raw)
    told = call(*distil_words(own, folder, "--folds", 1, "--resume"))
    assert told.code == 2 and "weights are damaged" in told.error and "student" in told.error
    assert state_of(folder) == "failed"
