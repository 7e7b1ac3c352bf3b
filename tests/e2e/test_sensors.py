"""`stillroom study sensors`: a whole small study by site, finished once, asked again, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from .kit import TINY, Call, leftovers, needs_fork
from .study_kit import Command

pytestmark = [needs_fork, pytest.mark.timeout(600)]
SETS = ["right_wrist", "left_wrist", "right_wrist + left_wrist"]
FILES = ("table.md", "table.json", "table.parquet", "calibration.json", "estimates.html")
OF_STUDENTS = {name: value for name, value in TINY.items() if name.startswith(("student.", "forest.", "augmentation."))}


def words(data: Path | str, out: Path, *more: object) -> list[str]:
    sets = [word for name, value in OF_STUDENTS.items() for word in ("--set", f"{name}={value}")]
    return [str(word) for word in ("study", "sensors", "--data", data, "--fast", *sets, "--out", out, *more)]


@pytest.fixture(scope="module")
def study(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Both wrists, tested on two of four people; not to be changed."""
    folder = tmp_path_factory.mktemp("sensors")
    options = ("--protocol", "persons:2", "--folds", 1, "--json", "--workers", 2)
    command = Command(words(own, folder / "study", *options), folder)
    assert command.start().end() == 0, command.errors
    return command


def changes(out: Path) -> dict[Path, int]:
    """Every model and report with its time of change."""
    return {path: path.stat().st_mtime_ns for name in ("*.safetensors", "report.json") for path in out.rglob(name)}


def test_every_set_of_sites_is_measured_and_estimated_on_the_same_people(study: Command) -> None:
    answer, out = study.answer, study.folder / "study"
    assert (answer["planned"], answer["done"], answer["failed"]) == (4, 4, 0)
    assert [run["cell"] for run in answer["plan"]] == ["any subset", *SETS]
    assert [row["cell"] for row in answer["table"]] == SETS
    for row in answer["table"]:
        assert row["sensors"] == sorted(row["cell"].split(" + ")) and row["size"] == len(row["sensors"])
        for name in ("truth", "estimate", "forest"):
            assert list(row[name]["per_person"]) == ["p1", "p2"], name
        assert row["error"] == pytest.approx(row["estimate"]["macro_f1"] - row["truth"]["macro_f1"])
    for number, row in enumerate(answer["table"], start=2):
        report = json.loads((out / f"runs/0{number}-s0/report.json").read_text())
        assert (report["teacher"], report["student"], report["gain"]) == (None, None, None)
        assert row["truth"]["per_person"] == pytest.approx(report["alone"]["per_person"])
        assert row["forest"]["per_person"] == pytest.approx(report["forest"]["per_person"])
        assert sorted({name.split(".")[0] for name in report["student_view"]}) == row["sensors"]


def test_the_estimate_of_all_sensors_is_what_the_network_scored_when_it_was_trained(study: Command) -> None:
    report = json.loads((study.folder / "study/runs/01-s0/report.json").read_text())
    whole = study.answer["table"][-1]["estimate"]
    assert whole["per_person"] == pytest.approx(report["teacher"]["per_person"])
    assert report["alone"] is report["forest"] is None


def test_it_ends_with_its_tables_and_how_far_the_estimate_can_be_believed(study: Command) -> None:
    answer, out = study.answer, study.folder / "study"
    assert all((out / name).is_file() for name in FILES) and leftovers(out) == []
    kept = json.loads((out / "table.json").read_text())
    assert kept == {name: answer[name] for name in ("sentence", "caveats", "on", "table", "front")}
    believed = json.loads((out / "calibration.json").read_text())
    assert believed == {name: answer[name] for name in ("calibration", "shapley", "suggested")}
    assert list(believed["calibration"]) == ["estimate", "forest", "count"]
    assert [share["group"] for share in believed["shapley"]["truth"]["shares"]] == ["left_wrist", "right_wrist"]
    flat = pd.read_parquet(out / "table.parquet")
    assert flat["cell"].tolist() == SETS and flat["on_front"].any()
    assert flat["truth_macro_f1"].tolist() == [row["truth"]["macro_f1"] for row in answer["table"]]
    text = (out / "table.md").read_text()
    assert answer["sentence"][1:] in text and "a pilot, not a proof" in text and str(out) not in text
    assert set(answer["front"]) <= set(SETS) and answer["front"]
    assert "Over 3 sets the estimate misses by" in (out / "estimates.html").read_text()


def test_the_same_command_again_makes_nothing_and_says_the_same(
    study: Command, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_WORKSPACE", str(study.folder / "workspace"))
    out = study.folder / "study"
    before, said = changes(out), study.answer
    tables = {name: (out / name).read_bytes() for name in FILES}
    again = call(*study.words)
    assert again.code == 0, again.err
    assert changes(out) == before and again.answer == said
    assert {name: (out / name).read_bytes() for name in FILES} == tables


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--student-view", "right_wrist.acc.*"), "the student's sensors are what is varied"),
        (("--teacher-view", "right_wrist.*"), "there is one site only"),
        (("--teacher-view", "right_wrist.*", "--by", "sensor"), "there is one sensor only"),
        (("--at-most", 2), "cannot hold each one alone and left out"),
        (("--by", "channel"), "Known: site, sensor"),
        (("--seed", 3), "sets --seed itself"),
        (("--no-such-option", 3), "No such option"),
    ],
)
def test_a_study_that_could_not_end_is_one_error_before_anything_is_written(
    refused: Call, own: Path, tmp_path: Path, more: tuple[object, ...], said: str
) -> None:
    assert said.lower() in refused(*words(own, tmp_path / "study", *more)).error.lower()
    assert not (tmp_path / "study").exists()


def test_for_people_it_prints_both_tables_and_the_answer(
    call: Call, study: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_WORKSPACE", str(study.folder / "workspace"))
    told = call(*(word for word in study.words if word != "--json"))
    assert told.code == 0, told.err
    answer: dict[str, Any] = study.answer
    flat = " ".join(told.out.split())
    assert all(name in told.out for name in (*SETS, "a forest for each set", "number of sensors"))
    assert " ".join(answer["sentence"].split())[1:] in flat
