"""`--teacher RUN`: a finished run's teachers teach other students, and only where they fit and saw nobody tested."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .kit import MAPPING, Call, distil_words, people, report_of, weights, write_people

TEACHER = Path("folds") / "p1" / "teacher"


def lent(done: Path, folder: Path, change: Callable[[dict[str, Any]], None] = lambda facts: None) -> Path:
    """A copy of a run whose teacher's description is changed."""
    shutil.copytree(done, folder)
    facts = json.loads((folder / TEACHER / "model.json").read_text())
    change(facts)
    (folder / TEACHER / "model.json").write_text(json.dumps(facts))
    return folder


def borrow(data: Path, folder: Path, teacher: Path, *more: object) -> list[str]:
    return distil_words(data, folder, "--folds", 1, "--teacher", teacher, *more)


def test_a_borrowed_teacher_teaches_and_is_not_trained_again(call: Call, own: Path, done: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    told = call(*borrow(own, folder, done, "--json"), "--student-view", "left_wrist.acc.*")
    assert told.code == 0, told.err
    assert "p1/teacher" not in told.err and "teacher" not in [phase["phase"] for phase in told.answer["phases"]]
    name = str(TEACHER / "model.safetensors")
    assert weights(folder)[name] == weights(done)[name]
    assert told.answer["teacher"] == report_of(done)["teacher"]
    assert told.answer["student_view"] == [f"left_wrist.acc.{axis}" for axis in "xyz"]
    kept = json.loads((folder / TEACHER / "model.json").read_text())["provenance"]
    assert kept["borrowed_from"] == str(done) and kept["train_people"] == ["p3", "p4"]


def test_with_the_same_student_it_gives_the_same_run(call: Call, own: Path, done: Path, tmp_path: Path) -> None:
    assert call(*borrow(own, tmp_path / "run", done)).code == 0
    assert weights(tmp_path / "run") == weights(done)


@pytest.fixture
def turned_down(refused: Call, tmp_path: Path) -> Callable[..., str]:
    """Tries to borrow; it must be refused with nothing left behind, and without training anything."""

    def outcome(*words: object) -> str:
        told = refused(*words)
        assert not (tmp_path / "run").exists()
        return told.err

    return outcome


def test_a_teacher_of_another_layout_is_refused_by_its_channel(
    turned_down: Callable[..., str], done: Path, tmp_path: Path
) -> None:
    right = [channel for channel in MAPPING["channels"] if channel["channel"].startswith("right")]
    data = write_people(tmp_path / "own", people(), channels=right)
    said = turned_down(*borrow(data, tmp_path / "run", done))
    assert "3 channels are missing, the first is left_wrist.acc.x" in said and "right_wrist.acc" in said


def test_a_teacher_of_another_view_is_refused_by_its_channel(
    turned_down: Callable[..., str], own: Path, done: Path, tmp_path: Path
) -> None:
    said = turned_down(*borrow(own, tmp_path / "run", done), "--teacher-view", "right_*,left_wrist.acc.x")
    assert "the model sees 6 channels, the teacher's view has 4" in said and "left_wrist.acc.y" in said


def test_a_teacher_in_other_units_is_refused(
    turned_down: Callable[..., str], own: Path, done: Path, tmp_path: Path
) -> None:
    def in_g(facts: dict[str, Any]) -> None:
        facts["layout"]["channels"][3]["unit"] = "g"

    said = turned_down(*borrow(own, tmp_path / "run", lent(done, tmp_path / "lent", in_g)))
    assert "left_wrist.acc.x is in m/s2, expected g" in said


def test_a_teacher_who_saw_the_person_to_be_tested_is_refused(
    turned_down: Callable[..., str], own: Path, done: Path, tmp_path: Path
) -> None:
    for role in ("train_people", "validation_people"):

        def met(facts: dict[str, Any], role: str = role) -> None:
            facts["provenance"][role].append("p1")

        said = turned_down(*borrow(own, tmp_path / "run", lent(done, tmp_path / role, met)))
        assert "this teacher has seen p1, who is to be tested" in said


def test_a_teacher_of_other_folds_is_refused_where_people_stand_on_both_sides(
    call: Call, turned_down: Callable[..., str], own: Path, tmp_path: Path
) -> None:
    leaky = ("--i-know-it-leaks", "--protocol", "random:3")
    assert call(*distil_words(own, tmp_path / "lent", "--folds", 1, *leaky)).code == 0
    said = turned_down(*borrow(own, tmp_path / "run", tmp_path / "lent", *leaky, "--seed", 7))
    assert "trained on other folds" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--window-s", 3), "the model takes 40 samples at 20 Hz, these windows have 60"),
        (("--drop-class", "slow"), "the model knows other classes"),
        (("--folds", 2), "no teacher of fold p2"),
        (("--protocol", "persons:2"), "no teacher of fold p1+p2"),
    ],
)
def test_a_teacher_of_other_windows_classes_or_folds_is_refused(
    turned_down: Callable[..., str], own: Path, done: Path, tmp_path: Path, words: tuple[object, ...], said: str
) -> None:
    assert said in turned_down(*borrow(own, tmp_path / "run", done, *words))


def test_a_teacher_of_other_data_is_refused(turned_down: Callable[..., str], done: Path, tmp_path: Path) -> None:
    data = write_people(tmp_path / "own", people())
    assert "trained on other data" in turned_down(*borrow(data, tmp_path / "run", done))


def test_damaged_or_missing_weights_are_refused(
    turned_down: Callable[..., str], own: Path, done: Path, tmp_path: Path
) -> None:
    damaged = lent(done, tmp_path / "damaged")
    path = damaged / TEACHER / "model.safetensors"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)
    assert "weights are damaged or missing" in turned_down(*borrow(own, tmp_path / "run", damaged))
    path.unlink()
    assert str(path) in turned_down(*borrow(own, tmp_path / "run", damaged))
    (damaged / TEACHER / "model.json").write_text('{"format": 1')
    assert "not valid JSON" in turned_down(*borrow(own, tmp_path / "run", damaged))


def test_a_place_without_a_run_is_refused(turned_down: Callable[..., str], own: Path, tmp_path: Path) -> None:
    assert "no run lies here" in turned_down(*borrow(own, tmp_path / "run", tmp_path / "nowhere"))
