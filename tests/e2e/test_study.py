"""Studies through the command line: interrupted, refused, failing in part, and the same table in the end."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from .kit import Call, needs_fork
from .study_kit import (
    Command,
    check_each_done_once,
    disturb,
    study_words,
    tables,
    wait_for_no_worker,
    workers_of,
)

pytestmark = [needs_fork, pytest.mark.timeout(600)]
SEEDS = 2
FOLDS = ("--folds", 1, "--json")


@pytest.fixture(scope="module")
def undisturbed(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    folder = tmp_path_factory.mktemp("undisturbed")
    command = Command(study_words(own, folder / "study", *FOLDS, "--workers", 1, seeds=SEEDS), folder).start()
    assert command.end() == 0, command.errors
    return command


def test_the_table_is_whole_and_says_what_it_rests_on(undisturbed: Command) -> None:
    answer, out = undisturbed.answer, undisturbed.folder / "study"
    assert (answer["planned"], answer["done"], answer["failed"]) == (6, 6, 0)
    assert [row["cell"] for row in answer["table"]] == [f"temperature={value}" for value in (1, 2, 4)]
    assert all(run["state"] == "done" and len(run["key"]) == 16 for run in answer["plan"])
    assert answer["front"] and set(answer["front"]) <= {row["cell"] for row in answer["table"]}
    assert json.loads((out / "table.json").read_text())["table"] == answer["table"]
    flat, people = (pd.read_parquet(out / f"{name}.parquet") for name in ("table", "results"))
    assert list(flat["macro_f1"]) == [row["macro_f1"] for row in answer["table"]]
    mine = people[(people.cell == "temperature=2") & (people.model == "student")]
    assert mine.groupby("person").macro_f1.mean().mean() == pytest.approx(answer["table"][1]["macro_f1"])
    text = (out / "table.md").read_text()
    assert answer["sentence"][1:] in text and "a pilot, not a proof" in text and str(out) not in text


def test_what_runs_need_alike_is_made_once_and_its_cache_is_gone_in_the_end(undisturbed: Command) -> None:
    out = undisturbed.folder / "study"
    lines = [line for path in out.glob("runs/*/events.jsonl") for line in path.read_text().splitlines()]
    trained = Counter(e["data"]["phase"] for e in map(json.loads, lines) if e["kind"] == "phase.trained")
    assert trained == {"p1/student": 6} | {
        f"p1/{role}": SEEDS for role in ("teacher", "semantic", "alone", "small_teacher", "reference")
    }
    assert not list(out.glob("shelf/answers-*")) and list(out.glob("shelf/teacher-*"))
    one, other = (out / f"runs/0{cell}-s0/folds/p1/teacher/model.safetensors" for cell in (1, 3))
    assert one.samefile(other)


def test_a_run_of_a_study_is_the_run_that_its_command_makes_alone(
    undisturbed: Command, call: Call, tmp_path: Path
) -> None:
    plan = json.loads((undisturbed.folder / "study/plan.json").read_text())
    told = call(*plan["runs"][2]["words"], "--run", tmp_path / "run", "--json")
    kept = json.loads((undisturbed.folder / "study/runs/02-s0/report.json").read_text())
    assert {**told.answer, "run": ""} == {**kept, "run": ""}


def test_killed_at_random_moments_no_run_is_lost_none_done_twice_and_the_table_is_the_same_byte_for_byte(
    own: Path, undisturbed: Command, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    command = Command(study_words(own, out, *FOLDS, "--workers", 2, seeds=SEEDS), tmp_path).start()
    assert disturb(command, out, 6, Random(1), (1.0, 4.0)) >= 4
    assert command.end() == 0, command.errors
    check_each_done_once(out, 6)
    assert tables(out) == tables(undisturbed.folder / "study")
    before = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/run.json")}
    assert command.start().end() == 0
    assert {path: path.stat().st_mtime_ns for path in out.glob("runs/*/run.json")} == before


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workers", [2, 1])
def test_sixty_runs_killed_at_twenty_moments_end_as_if_nothing_had_been(tmp_path: Path, workers: int) -> None:
    vary = ("student.terms.sc_logit.temperature=1,2,4", "student.terms.sc_logit.weight=0.3,0.7")
    more = ("--protocol", "persons:4", "--fast", "--folds", 1, "--json", "--workers")
    calm, wild = (
        Command(study_words("factory", folder / "study", *more, count, vary=vary, seeds=10), folder)
        for folder, count in ((tmp_path / "calm", 2), (tmp_path / "wild", workers))
    )
    assert calm.start().end(1800) == 0, calm.errors
    assert disturb(wild.start(), tmp_path / "wild/study", 20, Random(workers), (1.5, 6.0)) == 20
    assert wild.end(1800) == 0, wild.errors
    check_each_done_once(tmp_path / "wild/study", 60)
    assert tables(tmp_path / "wild/study") == tables(tmp_path / "calm/study")


def test_a_run_that_fails_stops_no_other_and_is_made_once_its_cause_is_mended(
    own: Path, undisturbed: Command, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    command = Command(study_words(own, out, *FOLDS, "--workers", 2, seeds=SEEDS), tmp_path).start()
    until = time.monotonic() + 60
    while not (out / "plan.json").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    (out / "runs/03-s1").mkdir(parents=True)
    (out / "runs/03-s1/notes.txt").write_text("not a run")
    assert command.end() == 1
    answer = command.answer
    assert (answer["done"], answer["failed"]) == (5, 1)
    assert "the folder holds something else" in answer["error"]["what"] and "03-s1" in answer["error"]["what"]
    assert command.errors.count("error: ") == 1 and "run 03-s1 (temperature=4) failed: " in command.errors
    assert "1 of 6 runs are not there" in (out / "table.md").read_text()
    (out / "runs/03-s1/notes.txt").unlink()
    assert command.start().end() == 0, command.errors
    assert tables(out) == tables(undisturbed.folder / "study")


def test_stopped_by_ctrl_c_it_leaves_no_worker_and_goes_on_with_the_same_command(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "study"
    command = Command(study_words(own, out, *FOLDS, "--workers", 2), tmp_path).start()
    until = time.monotonic() + 60
    while not workers_of(out):
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(command.process.pid, signal.SIGINT)
    assert command.end(15) == 130
    assert workers_of(out) == [] and "The same command goes on with it" in command.errors
    assert not (out / "table.json").exists()
    assert command.start().end() == 0 and command.answer["done"] == 3


def test_two_commands_never_work_on_one_study(own: Path, call: Call, tmp_path: Path) -> None:
    out = tmp_path / "study"
    command = Command(study_words(own, out, *FOLDS), tmp_path).start()
    until = time.monotonic() + 60
    while not (out / ".lock").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    told = call(*study_words(own, out, *FOLDS))
    assert told.code == 2 and "another process is working on this study" in told.error
    command.kill()
    wait_for_no_worker(out)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--vary", "student.terms.sc_logit.temprature=1,2"), "temprature"),
        (("--vary", "nowhere=1,2"), "no setting 'nowhere'"),
        (("--vary", "student.training.lr=1e-3,-1"), "greater than 0"),
        (("--vary", "student-view=left_wrist.acc.*,nothing.*"), "student-view is given and varied"),
        (("--vary", "student.terms.sc_logit.temperature=1,2"), "varied twice"),
        (("--seed", 3), "sets --seed itself"),
        (("--run", "somewhere"), "sets --run itself"),
        (("--no-such-option", 3), "no such option"),
        (("--protocol", "nobody"), "nobody"),
        (("--threads", 64), "64 threads, this machine has"),
        (("--memory-gb", 1e6), "GB, this machine has"),
        (("--set", "cache.mode=auto"), "whether the cache pays is timed"),
    ],
)  # fmt: skip
def test_a_study_that_could_not_end_is_one_clear_error_before_anything_is_written(
    own: Path, refused: Call, tmp_path: Path, more: tuple[object, ...], said: str
) -> None:
    told = refused(*study_words(own, tmp_path / "study", *more))
    assert said in told.error.lower() or said in told.error
    assert not (tmp_path / "study").exists()


def test_the_order_of_the_words_and_the_folder_they_are_said_in_make_no_other_study(
    own: Path, undisturbed: Command, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = undisturbed.folder / "study"
    _, _, recipe, *options = study_words(own, out, *FOLDS[:2], seeds=SEEDS)
    pairs = [options[place : place + 2] for place in range(0, len(options), 2)]
    words = [word for pair in (*pairs[::-1],) if pair[0] != "--set" for word in pair]
    sets = [word for pair in pairs if pair[0] == "--set" for word in pair]
    monkeypatch.chdir(tmp_path)
    told = call("study", "ablation", *words, "--threads", 0, *sets, recipe, "--json")
    assert told.code == 2 and "threads was" in told.error  # asked for, though it comes to the same
    told = call("study", "ablation", *words, *sets, recipe, "--json")
    assert told.code == 0 and told.answer["done"] == 6
    assert list(tmp_path.iterdir()) == []


def test_a_plan_edited_by_hand_and_a_study_of_another_version_are_refused_and_nothing_is_lost(
    own: Path, undisturbed: Command, refused: Call
) -> None:
    path = undisturbed.folder / "study/plan.json"
    text = path.read_text()
    words = study_words(own, path.parent, *FOLDS[:2], "--workers", 1, seeds=SEEDS)
    for changes, said in (({"threads": 2}, "changed by hand"), ({"format": 99}, "begun by a later Stillroom")):
        path.write_text(json.dumps(json.loads(text) | changes))
        try:
            assert said in refused(*words).error
        finally:
            path.write_text(text)
    assert "seeds was 2, now 3" in refused(*words[:-1], "1", "--seeds", "3").error
    check_each_done_once(path.parent, 6)
