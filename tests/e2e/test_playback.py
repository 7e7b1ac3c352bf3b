"""`stillroom runs playback`: what scripts read, what is kept, what is refused, and a stop that leaves nothing half."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from stillroom.runs.playback import PLAYBACK, playback_of
from stillroom.runs.predictions import places_of
from stillroom.runs.store import Run

from .kit import Call, Processes, Trap, distil_words, leftovers, needs_fork, report_of

TAUGHT = '["teacher","semantic","student","alone"]'
KEYS = {
    "playback", "recording", "unit", "seconds", "windows", "roles", "sets", "students", "explained", "chosen", "notes",
}  # fmt: skip


def distilled(data: Path, folder: Path, *more: object, only: str = TAUGHT) -> Path:
    from stillroom.cli.main import run

    with pytest.raises(SystemExit) as stopped:
        run(distil_words(data, folder, "--fast", "--folds", 2, *more, only=only))
    assert not stopped.value.code
    return folder


@pytest.fixture(scope="module")
def made(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two runs of two folds: `run`, and `left` whose student has the other wrist; not to be changed."""
    folder = tmp_path_factory.mktemp("playback")
    distilled(own, folder / "run")
    distilled(own, folder / "left", "--student-view", "left_wrist.acc.*", only='["alone"]')
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    """The same, to be played."""
    return Path(shutil.copytree(made, tmp_path / "runs"))


def test_a_run_that_is_done_can_be_played_at_once(made: Path) -> None:
    found = playback_of(Run(made / "run"))
    assert found is not None and list(found.answers) == ["teacher", "student", "alone"] and not found.sets


def test_one_object_is_printed_and_the_file_holds_what_it_says(call: Call, runs: Path) -> None:
    told = call("runs", "playback", runs / "run", "--also", runs / "left", "--sets", "--seconds", 20, "--json")
    answer, found = told.answer, playback_of(Run(runs / "run"))
    assert told.code == 0 and set(answer) == KEYS and found is not None and answer["notes"] == []
    assert Path(answer["playback"]) == runs / "run" / PLAYBACK and answer["unit"] in {"p1", "p2"}
    assert (answer["recording"], answer["unit"], answer["chosen"]) == (found.recording, found.unit, found.chosen)
    assert (answer["windows"], answer["seconds"]) == (len(found.windows_s), pytest.approx(found.seconds))
    assert 10 < found.seconds <= 20
    assert answer["sets"] == len(found.sets) == 3 and answer["explained"] == len(found.why_windows) > 0
    assert answer["students"] == [one.run for one in found.sets if one.of == "student"] == ["run", "left"]
    assert answer["roles"] == list(found.answers) == ["teacher", "student", "alone"]
    assert set(found.why) == {"teacher", "student"}
    assert leftovers(runs) == []


def test_for_people_it_says_whose_it_is_how_it_was_chosen_and_what_is_left_out(call: Call, runs: Path) -> None:
    told = call("runs", "playback", runs / "run", "--no-why")
    assert told.code == 0 and "teacher, student, alone" in told.out and "median score" in told.out
    assert "--sets" in told.out and "Explained" not in told.out and str(runs / "run" / PLAYBACK) in told.out


def test_nothing_else_of_the_run_changes(call: Call, runs: Path) -> None:
    def files() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in runs.rglob("*")
            if path.is_file() and path.name not in (PLAYBACK, ".lock")
        }

    before = files()
    assert call("runs", "playback", runs / "run", "--also", runs / "left", "--json").code == 0
    assert files() == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--seconds", 0), "seconds: input should be greater than 0"),
        (("--step-s", 0), "step_s: input should be greater"),
        (("--recording", "p9"), "no recording 'p9'"),
        (("--also", "nothing"), "no run lies here"),
    ],
)
def test_what_cannot_be_asked_is_one_error_and_what_was_there_stays(
    call: Call, runs: Path, more: tuple[object, ...], said: str
) -> None:
    before = (runs / "run" / PLAYBACK).read_bytes()
    told = call("runs", "playback", runs / "run", *more)
    assert told.code == 2 and said in told.error and told.out == ""
    assert (runs / "run" / PLAYBACK).read_bytes() == before and leftovers(runs) == []


def test_who_was_not_tested_is_not_played(call: Call, runs: Path) -> None:
    assert "p3" not in report_of(runs / "run")["student"]["per_person"]
    places = places_of(Run(runs / "run"))
    assert places is not None
    name = next(name for name in places.names if name.startswith("p3"))
    told = call("runs", "playback", runs / "run", "--recording", name)
    assert told.code == 2 and "did not test this recording" in told.error and "Tested are: p1" in told.error


def test_an_unfit_run_beside_it_is_one_clear_error(call: Call, own: Path, runs: Path, tmp_path: Path) -> None:
    other = distilled(own, tmp_path / "other", "--window-s", 3, only='["alone"]')
    told = call("runs", "playback", runs / "run", "--also", other)
    assert told.code == 2 and "this run has another windows than run" in told.error and str(other) in told.error


def test_a_run_that_is_not_done_is_refused(refused: Call, runs: Path) -> None:
    facts = json.loads((runs / "run" / "run.json").read_text())
    (runs / "run" / "run.json").write_text(json.dumps(facts | {"state": "stopped"}))
    assert "the run is stopped" in refused("runs", "playback", runs / "run").error


@needs_fork
@pytest.mark.parametrize("trap", [Trap("step", 3, "SIGTERM"), Trap("before file", 3), Trap("after file", 2)])
def test_stopped_or_killed_the_old_one_stays_whole_and_the_next_call_ends_as_if_nothing_had_been(
    processes: Processes, call: Call, runs: Path, trap: Trap
) -> None:
    words = [str(word) for word in ("runs", "playback", runs / "run", "--sets", "--no-why", "--json")]
    before = (runs / "run" / PLAYBACK).read_bytes()
    (ended,) = processes([(words, trap)])
    assert ended.code == (130 if trap.where == "step" else -9)
    assert (runs / "run" / PLAYBACK).read_bytes() == before
    if trap.where == "step":
        assert "stopped on request" in ended.error and leftovers(runs) == []
    (done,) = processes([(words, None)])
    assert done.code == 0 and done.answer["sets"] == 3, done.err
    whole = shutil.copytree(runs / "run", runs / "again", ignore=shutil.ignore_patterns("explain"))
    assert call("runs", "playback", whole, "--sets", "--no-why", "--json").code == 0
    one, other = playback_of(Run(runs / "run")), playback_of(Run(whole))
    assert one is not None and other is not None and one.said.tolist() == other.said.tolist()
