"""The run folder: whose it is, what it is called inside, and what a killed process leaves in it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.base.events import Event
from stillroom.runs import store
from stillroom.runs.lock import held
from stillroom.runs.query import find_runs, summary
from stillroom.runs.store import DONE, STOPPED, UNFINISHED, Run, begin_run, open_run

ASKED = {
    "recipe": {"name": "tsak", "student": {"lr": 0.1, "settings": {}}},
    "data": "factory", "protocol": "person", "seed": 0, "fast": True, "data_key": "k", "index_key": "i",
}  # fmt: skip


def changed(**changes: object) -> dict[str, object]:
    return {**ASKED, **changes}


def test_a_new_run_is_unfinished_until_its_report_is_there(tmp_path: Path) -> None:
    run = begin_run(tmp_path / "run", ASKED, resume=False)
    assert run.facts["state"] == UNFINISHED and run.facts["versions"]["torch"]
    with pytest.raises(InputError, match="unfinished"):
        _ = run.report
    run.finish({"a": 1}, "text")
    assert run.facts["state"] == DONE and open_run(run.folder).report == {"a": 1} and run.text == "text"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (changed(seed=3), "seed was 0, now 3"),
        (changed(data_key="other"), "the data has changed since"),
        (changed(data_key="other", index_key="other", seed=3), "seed was 0, now 3"),
        (
            changed(recipe={"name": "tsak", "student": {"lr": 0.2, "settings": {}}}),
            "recipe.student.lr was 0.1, now 0.2",
        ),
        (
            changed(recipe={"name": "tsak", "student": {"lr": 0.1, "settings": {"kernel": 3}}}),
            "recipe.student.settings.kernel was null, now 3",
        ),
        (changed(extra="x" * 500), 'extra was null, now "xxx'),
    ],
)
def test_a_resumed_run_must_ask_for_the_same_and_the_first_difference_is_named(
    tmp_path: Path, now: dict[str, object], said: str
) -> None:
    begin_run(tmp_path / "run", ASKED, resume=False)
    with pytest.raises(InputError) as refused:
        begin_run(tmp_path / "run", now, resume=True)
    assert said in refused.value.what and len(refused.value.what) < 250
    assert begin_run(tmp_path / "run", dict(reversed(ASKED.items())), resume=True).folder == tmp_path / "run"


def test_what_a_process_killed_at_its_first_file_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".run.json.1234.part").write_text("{")
    run = begin_run(tmp_path / "run", ASKED, resume=True)
    run.tidy()
    assert sorted(path.name for path in run.folder.iterdir()) == ["run.json"]


def test_half_written_files_and_a_torn_line_are_tidied_away(tmp_path: Path) -> None:
    run = begin_run(tmp_path / "run", ASKED, resume=False)
    run.listen(Event("one", "für"))
    with (run.folder / "events.jsonl").open("ab") as file:
        file.write(b'{"kind": "tw')
    part = run.part("p1", "student") / ".model.json.ab.part"
    part.parent.mkdir(parents=True)
    part.write_text("{")
    run.tidy()
    run.listen(Event("three"))
    lines = (run.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["one", "three"]
    assert not part.exists()


@given(st.lists(st.text(min_size=1, max_size=120).filter(lambda name: "\x00" not in name), min_size=2, unique=True))
def test_every_folds_folder_is_its_own_and_lies_in_the_run(names: list[str]) -> None:
    parts = [Run(Path("run")).part(name, "student") for name in names]
    assert len(set(parts)) == len(names)
    for part in parts:
        assert part.parts[:2] == ("run", "folds") and len(part.parts) == 4 and part.parts[2] not in ("", ".", "..")
        assert not set(part.parts[2]) & set('/\\:*?"<>|\n') and part.parts[2] == part.parts[2].strip()


@pytest.mark.parametrize("name", ["p1", "p1+p2", "stretch-1", "session-a b", "Zoë"])
def test_usual_names_stay_as_they_are(name: str) -> None:
    assert Run(Path("run")).part(name, "teacher") == Path("run") / "folds" / name / "teacher"


def test_a_run_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(InputError, match="another process"), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_runs_are_found_three_levels_deep_and_by_state(tmp_path: Path) -> None:
    for number, place in enumerate((".", "x", "a/y", "a/b/z", "a/b/c/d")):
        run = begin_run(tmp_path / "base" / place, ASKED, resume=False) if place != "." else None
        if run is None:
            continue
        run.mark(STOPPED if number % 2 else UNFINISHED)
        (run.folder / "run.json").write_text(json.dumps(run.facts | {"changed": f"2026-01-0{number}"}))
    found = [run.folder.relative_to(tmp_path / "base").as_posix() for run in find_runs(tmp_path / "base")]
    assert found == ["a/b/z", "a/y", "x"]
    assert [run.folder.name for run in find_runs(tmp_path / "base", STOPPED)] == ["z", "x"]
    assert [run.folder for run in find_runs(tmp_path / "base" / "x")] == [tmp_path / "base" / "x"]
    assert summary(Run(tmp_path / "base" / "x"))["teacher"] is None


def test_a_run_of_a_later_stillroom_is_refused(tmp_path: Path) -> None:
    run = begin_run(tmp_path / "run", ASKED, resume=False)
    (run.folder / "run.json").write_text(json.dumps(run.facts | {"format": 99}))
    with pytest.raises(InputError, match="later Stillroom"):
        open_run(run.folder)


def test_every_commit_that_goes_on_with_a_run_is_kept_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "commit", lambda: "first")
    run = begin_run(tmp_path / "run", ASKED, resume=False)
    run.go_on()
    run.mark(STOPPED)
    assert "resumed" not in run.facts, "the same commit is no other one"
    for name in ("second", "second", "first"):
        monkeypatch.setattr(store, "commit", lambda name=name: name)
        begin_run(tmp_path / "run", ASKED, resume=True).go_on()
        assert run.facts["state"] == UNFINISHED
        run.mark(STOPPED)
    assert run.facts["commit"] == "first"
    assert [one["commit"] for one in run.facts["resumed"]] == ["second", "first"]
    assert run.facts["resumed"][0]["versions"] == run.facts["versions"]


def test_a_run_that_is_gone_on_with_by_other_versions_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin_run(tmp_path / "run", ASKED, resume=False)
    monkeypatch.setattr(store, "versions", lambda: {"torch": "9"})
    run.go_on()
    assert [one["versions"] for one in run.facts["resumed"]] == [{"torch": "9"}]
