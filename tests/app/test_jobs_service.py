"""Jobs as pages see them: started once from however many tabs, and one damaged folder hides no other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.app.kit import opened
from tests.app.test_training_page import made

from stillroom_app.services import jobs

WORDS = ("distil", "tsak", "--data", "factory")


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.Store, "dispatch", lambda store: store.reconcile())
    monkeypatch.setattr(jobs, "_begun", {})


def start(token: str) -> str:
    return jobs.start(WORDS, token=token)


def test_two_clicks_in_two_tabs_are_one_job_and_another_command_is_another() -> None:
    first = jobs.once(WORDS)
    start(first)
    assert jobs.once(WORDS) == first  # nothing of the tab goes into it
    assert jobs.once((*WORDS, "--fast")) != first


def test_what_was_discarded_can_be_started_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_AT_ONCE_S", 0.0)
    first = start(jobs.once(WORDS))
    assert start(jobs.once(WORDS)) == first
    jobs.stop(first, discard=True)
    assert jobs.look(first)["state"] == "stopped"
    again = start(jobs.once(WORDS))
    assert again != first
    assert jobs.look(again)["state"] == "queued"


def test_a_double_click_on_what_ends_at_once_is_one_job() -> None:
    first = start(jobs.once(WORDS))
    jobs.stop(first)
    assert start(jobs.once(WORDS)) == first


@pytest.mark.parametrize("damage", ["{", "{}", "[]"])
@pytest.mark.parametrize("when_s", [1.0, 4e9])
def test_a_damaged_job_takes_no_other_away(damage: str, when_s: float) -> None:
    broken, ended, runs = made("done"), made("stopped"), made("running")
    broken.part("job.json").write_text(damage)
    os.utime(broken.part("job.json"), (when_s, when_s))
    assert [told["job"] for told in jobs.just_ended()] == [ended.id]
    assert [told["job"] for told in jobs.under_way()] == [runs.id]


@pytest.mark.parametrize("file", ["job.json", "exit.json", "worker.json"])
@pytest.mark.parametrize("page", ["home", "training"])
def test_no_page_fails_over_a_damaged_file(page: str, file: str) -> None:
    broken = made("failed")
    for text in ("{", "[]", '{"state": "zzz", "why": 3}'):
        broken.part(file).write_text(text)
        assert opened(page)


def test_where_nothing_can_be_written_jobs_are_listed_and_nothing_is_said_to_run(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made("done"), made("running")
    monkeypatch.setattr("stillroom.jobs.store.os.access", lambda path, mode: False)
    assert len(jobs.rows()) == 2
    assert jobs.under_way() == jobs.just_ended() == []
    at = opened("training")
    assert not at.error
    assert not [one for one in at.button if "training_" in str(one.key) or "strip" in str(one.key)]
