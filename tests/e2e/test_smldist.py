"""SMLDist on the command line: its phases and its classifier in the report, and a study of methods that is killed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from .kit import Call, needs_fork
from .study_kit import TABLES, Command, check_each_done_once, wait_for_no_worker, workers_of

pytestmark = pytest.mark.timeout(600)
VIEWS = ("--teacher-view", "*", "--student-view", "right_wrist.acc.*", "--protocol", "persons:3", "--fast",
         "--folds", "1", "--stride-s", "8")  # fmt: skip
PAIR = (
    *(f"{phase}.model.settings.width=0.25" for phase in ("teacher", "student")),
    *(f"{phase}.training.epochs=1" for phase in ("teacher", "student", "reference")),
    "augmentation.views=1", "forest.settings.trees=3",
)  # fmt: skip
SCHEDULE = ("search.training.epochs=1",)
PHASES = ("teacher", "alone-mixed", "alone", "student-stage_0", "student-stage_1", "student-mixed", "student",
          "small_teacher", "reference")  # fmt: skip
METHODS = ("plain", "dkd", "attention_transfer")


def sets(*changes: str) -> list[str]:
    return [word for change in changes for word in ("--set", change)]


def test_smldist_s_report_has_its_phases_in_order_and_the_classifier_that_was_chosen(
    call: Call, tmp_path: Path
) -> None:
    changes = sets(*PAIR, *SCHEDULE, "stages.*.training.epochs=1")
    told = call("distil", "smldist", "--data", "factory", *VIEWS, *changes, "--run", tmp_path / "run", "--json")
    assert told.code == 0, told.err
    report = told.answer
    assert (report["recipe"], report["simulated"], report["taught"], report["heads"].keys()) == (
        "smldist", True, True, {"combined", "linear", "hopfield", "cosine", "mlp"},
    )  # fmt: skip
    assert [one["phase"] for one in report["phases"]] == list(PHASES)
    assert not [name for name in report if "-" in name]
    assert {"teacher", "student", "alone", "forest", "small_teacher", "reference", "gain"} <= set(report)
    chosen = report["classifier"]
    assert set(chosen) == {"chosen", "counts", "share", "weights", "alone"} and chosen["share"] == 1
    (weights,) = chosen["weights"].values()
    assert weights[chosen["chosen"]] == max(weights.values())
    assert set(weights) == {"linear", "hopfield", "cosine", "mlp"}
    assert report["student"]["params"] < report["teacher"]["params"]
    kept = json.loads((tmp_path / "run/report.json").read_text())
    assert kept == report


def answers(out: Path) -> dict[str, bytes]:
    places = [out / "methods.json", out / "methods.md", *(out / "factory" / name for name in TABLES)]
    return {path.name: path.read_bytes() for path in places}


def study(folder: Path) -> Command:
    words = ["study", "methods", "--data", "factory", *VIEWS, *sets(*PAIR), "--methods", ",".join(METHODS[1:])]
    return Command([*words, "--seeds", "1", "--workers", "2", "--out", str(folder / "study"), "--json"], folder)


@needs_fork
def test_a_study_of_methods_ends_in_ranks_and_killed_and_repeated_it_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    calm = study(tmp_path / "calm").start()
    assert calm.end() == 0, calm.errors
    answer, out = calm.answer, tmp_path / "calm/study"
    assert (answer["kind"], answer["planned"], answer["done"]) == ("methods", 3, 3)
    assert [row["cell"] for row in answer["table"]] == list(METHODS)
    assert sorted(entry["method"] for entry in answer["ranks"]) == sorted(METHODS) and answer["friedman_p"] is None
    assert sum(entry["mean_rank"] for entry in answer["ranks"]) == 6
    assert len({row["teacher"] for row in answer["table"]}) == 1 == len({row["alone"] for row in answer["table"]})
    kept = json.loads((out / "methods.json").read_text())
    assert kept == {name: answer[name] for name in ("sentence", "friedman_p", "ranks")}
    assert answer["sentence"] in (out / "methods.md").read_text()
    plain = out / "factory/runs/01-s0/folds"
    for path in plain.glob("*/student/model.safetensors"):
        assert path.read_bytes() == path.parents[1].joinpath("alone/model.safetensors").read_bytes()

    wild, there = study(tmp_path / "wild").start(), tmp_path / "wild/study"
    until = time.monotonic() + 60
    while not list(there.glob("factory/shelf/teacher-*/history.json")):
        assert time.monotonic() < until and wild.process.poll() is None, wild.errors
        time.sleep(0.05)
    for worker in workers_of(there / "factory"):
        worker.kill()
    wild.kill()
    wait_for_no_worker(there / "factory")
    assert not (there / "methods.json").exists()
    assert wild.start().end() == 0, wild.errors
    check_each_done_once(there / "factory", 3)
    assert answers(there) == answers(out)
