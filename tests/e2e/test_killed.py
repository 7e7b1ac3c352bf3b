"""Killed, stopped and resumed: what comes out is what an uninterrupted run gives, bit for bit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from stillroom.cli.main import run
from stillroom.runs.lock import held

from .kit import (
    PHASES,
    ROLES,
    Call,
    Processes,
    Trap,
    distil_words,
    needs_fork,
    report_of,
    state_of,
    timeless,
    weights,
)

# three epochs over two views, so that the student goes back to answers of the cache; a checkpoint now and then
SETTINGS = {
    "student__training__epochs": 3,
    "cache__mode": "on",
    **{f"{phase}__training__checkpoint_s": 0.02 for phase in PHASES},
}
KILLED = -9

pytestmark = needs_fork


def words_for(own: Path, folder: Path, *more: object) -> list[str]:
    return distil_words(own, folder, "--folds", 1, *more, **SETTINGS)


@pytest.fixture(scope="module")
def undisturbed(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    with pytest.raises(SystemExit) as ended:
        run(words_for(own, folder))
    assert not ended.value.code
    return folder


def same(folder: Path, undisturbed: Path) -> None:
    ours, theirs = weights(folder), weights(undisturbed)
    assert set(ours) == {f"folds/p1/{role}/model.safetensors" for role in ROLES}
    assert [name for name in theirs if ours[name] != theirs[name]] == []
    assert timeless(report_of(folder)) == timeless(report_of(undisturbed))
    for path in undisturbed.rglob("history.json"):
        assert (folder / path.relative_to(undisturbed)).read_text() == path.read_text()
    assert sorted(p.relative_to(folder) for p in folder.rglob("*")) == sorted(
        p.relative_to(undisturbed) for p in undisturbed.rglob("*")
    )
    assert [json.loads(line)["kind"] for line in (folder / "events.jsonl").read_text().splitlines()][-1] == "run.done"


def test_killed_at_three_random_steps_and_resumed_it_ends_bit_for_bit_the_same(
    own: Path, undisturbed: Path, processes: Processes, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    steps = np.random.default_rng(1).integers(2, 24, 3).tolist()
    calls = [(words_for(own, folder, "--resume"), Trap("step", step)) for step in steps]
    told = processes([*calls, (words_for(own, folder, "--resume"), None)])
    assert [one.code for one in told] == [KILLED, KILLED, KILLED, 0], told[-1].err
    same(folder, undisturbed)


def test_killed_around_the_writing_of_files_it_is_never_reported_as_whole_and_ends_bit_for_bit_the_same(
    own: Path, undisturbed: Path, processes: Processes, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    seldom = {f"{phase}__training__checkpoint_s": 10 for phase in PHASES}
    words = distil_words(own, folder, "--folds", 1, "--resume", **SETTINGS | seldom)
    places = [("before file", 1), ("after file", 4), ("before file", 7), ("after file", 6), ("marked done", 1)]
    show = (["runs", "show", str(folder)], None)
    listed = (["runs", "list", "--folder", str(tmp_path), "--state", "unfinished", "--json"], None)
    compared = (["runs", "compare", str(folder), str(undisturbed)], None)
    killed = [(words, Trap(*place)) for place in places]
    told = processes([*killed, show, listed, compared, (words, None)])
    assert [one.code for one in told] == [KILLED] * 5 + [2, 0, 2, 0], told[-1].err
    # killed at the last file: report.json and report.md were there already
    assert "the run is unfinished" in told[5].error and told[5].out == "" and "the run is unfinished" in told[7].error
    rows = told[6].answer["runs"]
    assert [(row["run"], row["student"], row["gain"]) for row in rows] == [(str(folder), None, None)]
    same(folder, undisturbed)


def test_stopped_on_request_it_says_so_and_goes_on_where_it_was(
    own: Path, undisturbed: Path, processes: Processes, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    words = words_for(own, folder, "--resume", "--json")
    term, interrupt = (words, Trap("step", 17, "SIGTERM")), (words, Trap("step", 12, "SIGINT"))
    show = (["runs", "show", str(folder), "--json"], None)
    listed = (["runs", "list", "--folder", str(tmp_path), "--state", "stopped", "--json"], None)
    told = processes([term, show, listed, interrupt, show, (words, None)])
    assert [one.code for one in told] == [130, 2, 0, 130, 2, 0]
    for stopped in (told[0], told[3]):
        assert "stopped on request" in stopped.error and "--resume" in stopped.error
        assert stopped.answer["error"]["what"] == "stopped on request"
    assert all("the run is stopped" in shown.error for shown in (told[1], told[4]))
    assert [row["run"] for row in told[2].answer["runs"]] == [str(folder)]
    assert told[5].err.count("p1/teacher: macro-F1") == 0  # what was done is not done again
    same(folder, undisturbed)


def test_two_processes_never_work_on_one_run(own: Path, undisturbed: Path, refused: Call, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(undisturbed, folder)
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(facts | {"state": "unfinished"}))
    with held(folder):
        told = refused(*words_for(own, folder, "--resume"))
    assert "another process is working on this run" in told.error
    assert state_of(folder) == "unfinished"
