"""Runs: filters in the address, a run's detail, damaged runs named, notes kept."""

from __future__ import annotations

from pathlib import Path

from tests.app.kit import opened, words
from tests.app.made import marked, run_like

from stillroom_app.services import notes


def rows(at) -> list[str]:
    return list(at.dataframe[0].value["run"])


def test_the_demo_is_listed_where_nothing_was_run_and_its_study_with_its_answer() -> None:
    at = opened("runs")
    assert rows(at)[0] == "demo:tsak" and "demo:smldist" in rows(at)
    assert "demo:sensors" in words(at).replace("\\", "") and "best set measured" in words(at).replace("\\", "")


def test_filters_stand_in_the_address(workspace: Path) -> None:
    run_like("smldist", workspace / "mine")
    marked(run_like("tsak", workspace / "half"), "stopped")
    at = opened("runs", find="mine")
    assert rows(at) == ["mine"] and at.text_input(key="find").value == "mine"
    assert rows(opened("runs", only_state="stopped")) == ["half"]
    assert rows(opened("runs", only_recipe="smldist")) == ["mine", "demo:smldist"]
    assert "No run fits" in words(opened("runs", find="nothing like it"))


def test_seeds_together_and_only_what_differs(workspace: Path) -> None:
    for seed in (1, 2):
        run_like("tsak", workspace / f"s{seed}", seed=seed)
    grouped = opened("runs", together="true", find="s1").dataframe[0].value
    assert grouped["runs"].tolist() == [1]
    shown = opened("runs", differing="true").dataframe[0].value
    assert "seed" in shown and "protocol" not in shown


def test_a_failed_run_tells_why_and_how_to_go_on(workspace: Path) -> None:
    marked(run_like("tsak", workspace / "half"), "failed", "the disk is full: *free* some space")
    at = opened("runs", shown="half")
    assert "The disk is full" in at.error[0].value and "\\*free\\*" in at.error[0].value
    assert "--resume" in words(at)


def test_a_damaged_run_is_named_with_the_reason_and_can_be_looked_at(workspace: Path) -> None:
    (run_like("tsak", workspace / "torn") / "report.json").write_text("{")
    at = opened("runs", shown="torn")
    assert "One folder is damaged" in at.warning[0].value and "torn" in at.warning[0].value
    assert "report" in at.error[0].value and len(rows(at)) > 1


def test_a_tag_and_a_note_are_kept(workspace: Path) -> None:
    at = opened("runs", shown="demo:tsak")
    at.text_input(key="tags_demo:tsak").set_value("line 4, good").run()
    at.text_input(key="note_demo:tsak").set_value("after the *move*").run()
    assert not at.exception
    assert notes.every() == {"demo:tsak": notes.Note(("line 4", "good"), "after the *move*")}
    assert rows(opened("runs", find="good")) == ["demo:tsak"]


def test_a_run_that_is_gone_leaves_the_page_alone() -> None:
    assert not opened("runs", shown="../../etc").error


def test_a_report_of_elsewhere_brings_no_link_and_no_directive(workspace: Path) -> None:
    mine = run_like("tsak", workspace / "mine")
    evil = "[p01](http://evil.example) ![x](http://evil.example) :red[a] :material/home: [b][c]"
    (mine / "report.md").write_text(f"# Title\n\n{evil}\n")
    at = opened("runs", shown="mine")
    at.session_state["run_report"] = True
    at.run()
    told = next(one.value for one in at.markdown if "evil" in one.value)
    assert told.startswith("#### Title")
    assert r"\[p01](http://evil.example) \!\[x](http://evil.example) \:red\[a] \:material/home: \[b][c]" in told
