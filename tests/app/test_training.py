"""What the Training page reads of a job's journal: bounded, only what is new, and honest about how long it may take."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from stillroom.base import journal
from stillroom.jobs.record import STATES
from stillroom.recipes.recipe import RECIPES
from stillroom.recipes.roles import phase_of, roles_of
from stillroom_app.services import findings, jobs, training
from stillroom_app.services.training import Seen

SMALL = (
    "distil", "alone", "--data", "factory", "--student-view", "right_wrist.acc.x", "--protocol", "persons:3", "--folds",
    "1", "--fast", "--set", "student.training.epochs=2", "--set", "forest.settings.trees=5",
)  # fmt: skip
SECONDS = {"teacher": 10.0, "alone": 6.0, "student": 8.0}
EPOCHS = 10


def epoch(fold: str, role: str, number: int, score: float, of: int = EPOCHS) -> dict[str, Any]:
    data = {
        "phase": f"{fold}/{role}", "epoch": number, "losses": {"cross_entropy": 1.0 / number}, "seconds": 0.1,
        "validation_macro_f1": score, "done": number, "of": of, "part": "",
    }  # fmt: skip
    return {"kind": "epochs", "message": "", "data": data}


def whole(folds: int = 3, best: dict[str, float] | None = None) -> list[dict[str, Any]]:
    """The events of a distillation of three models, on a clock of its own."""
    told: list[dict[str, Any]] = [{"kind": "run.started", "data": {"run": "ws/one"}, "time_s": 0.0}]
    names = [f"f{number}" for number in range(folds)]
    told.append({"kind": "plan", "data": {"folds": names, "roles": list(SECONDS)}, "time_s": 0.0})
    at_s, done = 0.0, 0
    for fold in names:
        for role, seconds in SECONDS.items():
            data = {"part": f"{fold}: {role}", "done": done, "of": folds * len(SECONDS)}
            told.append({"kind": "models", "data": data, "time_s": at_s})
            for number in range(1, EPOCHS + 1):
                score = (best or {}).get(role, 0.5) * number / EPOCHS
                told.append({**epoch(fold, role, number, score), "time_s": at_s + seconds * number / EPOCHS})
            at_s, done = at_s + seconds, done + 1
    return told


def heard(events: list[dict[str, Any]]) -> Seen:
    seen = Seen()
    for event in events:
        seen.hear(event)
    return seen


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    path, events = tmp_path / "events.jsonl", whole()
    for event in events[:20]:
        journal.append(path, event)
    first = training.follow(str(tmp_path))
    assert first.offset == path.stat().st_size
    for event in events[20:]:
        journal.append(path, event)
    assert training.follow(str(tmp_path)).trained == 3 * 3 * EPOCHS
    assert first.trained < 20  # what a page holds does not change under it


def test_a_journal_that_was_begun_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for event in whole():
        journal.append(path, event)
    training.follow(str(tmp_path))
    path.unlink()
    for event in whole()[:15]:
        journal.append(path, event)
    assert training.follow(str(tmp_path)).trained == 11


def test_what_is_kept_of_a_long_journal_is_bounded() -> None:
    seen = Seen()
    seen.hear({"kind": "plan", "data": {"folds": ["f"], "roles": ["student"]}, "time_s": 0.0})
    for number in range(1, 6001):
        seen.hear({**epoch("f", "student", number, 0.1, 6000), "time_s": float(number), "message": "said"})
    assert len(seen.epochs["f", "student"]) <= 401
    assert len(seen.said) <= 300
    for fold in range(100):
        seen.hear({**epoch(f"g{fold}", "student", 1, 0.1), "time_s": 0.0})
    assert len(seen.epochs) <= 48


@pytest.mark.parametrize("place", [34, 48, 58, 64])
def test_the_range_of_what_is_left_holds_the_truth_once_a_fold_is_done(place: int) -> None:
    events = [event for event in whole() if event["time_s"] <= place]
    truth = 3 * sum(SECONDS.values()) - place
    low, high = training.left_s(heard(events)) or (0.0, 0.0)
    assert low <= truth <= high
    assert high < 2 * truth + 10


def test_nothing_is_promised_before_twenty_steps() -> None:
    assert training.left_s(heard(whole()[:18])) is None


def test_a_resumed_job_does_not_count_what_was_passed_over() -> None:
    events = [event for event in whole() if event["time_s"] <= 50]
    again = [{**event, "time_s": 1000.0} for event in events if event["kind"] in ("run.started", "plan", "models")]
    seen = heard([*events, *again])
    assert max(seen.took_s.values()) <= 10
    assert min(seen.took_s.values()) >= 6


def test_an_epoch_that_was_begun_anew_stands_once() -> None:
    seen = heard([*whole()[:8], {**epoch("f0", "teacher", 3, 0.4), "time_s": 9.0}])
    assert [one["epoch"] for one in seen.epochs["f0", "teacher"]] == [1, 2, 3]


def test_another_jobs_steps_give_a_range_too() -> None:
    seen = Seen()
    for done in range(11):
        seen.hear({"kind": "study", "data": {"part": "runs", "done": done, "of": 20}, "time_s": 5.0 * done})
    low, high = training.left_s(seen, now_s=50.0) or (0.0, 0.0)
    assert low <= 50 <= high


def test_a_torn_or_strange_event_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(
        '{"kind": "epochs", "data": {}}\n{"kind": 3}\n{"kind": "plan"}\n{"kind": "not whole', encoding="utf-8"
    )
    assert training.follow(str(tmp_path)).trained == 0


@pytest.mark.parametrize("recipe", ["tsak", "smldist", "smldist_joint", "hinton", "alone"])
def test_the_terms_of_every_training_are_those_that_are_trained(recipe: str) -> None:
    made = RECIPES[recipe]()
    raw = made.model_dump(mode="json")
    for role in roles_of(made):
        if role.startswith(("student", "alone")) and not role.endswith("_int8"):
            assert training.terms_of(raw, role) == phase_of(made, role).model_dump(mode="json")["terms"]
    assert training.terms_of(raw, "teacher") == raw["teacher"]["terms"]


def test_what_a_term_adds_follows_its_warm_up_and_its_fade() -> None:
    from stillroom.losses.term import make_terms

    declared = {"hinton": {"weight": 2.0, "warm_up": 0.5}, "cross_entropy": {"weight": 3.0, "fade": 0.6}}
    for name, term in make_terms(declared, where="here").items():
        for done in (0.0, 0.2, 0.5, 0.9):
            assert training.weight_at(declared[name], done) == pytest.approx(term.weight_at(done))


def test_a_teacher_that_is_worse_than_its_student_is_named() -> None:
    worse = heard(whole(best={"teacher": 0.3, "alone": 0.5, "student": 0.4}))
    assert any("worse" in one for one in findings.findings(worse, "f0", running=False))
    better = heard(whole(best={"teacher": 0.6, "alone": 0.5, "student": 0.55}))
    assert not findings.findings(better, "f0", running=False)


def test_a_plateau_is_named_while_it_lasts() -> None:
    seen = heard(whole(1)[:3])
    for number in range(1, 21):
        seen.hear({**epoch("f0", "teacher", number, min(number, 5) / 10, 30), "time_s": float(number)})
    assert any("plateau" in one for one in findings.findings(seen, "f0", running=True))
    assert not findings.findings(seen, "f0", running=False)


@pytest.mark.parametrize(
    ("why", "act"),
    [
        ("cannot write (x). The disk is full: free some space", "Free some space"),
        ("the system killed it, or another process beside it, for want of memory", "fewer"),
        ("the loss is no longer finite (f0/student). Lower the learning rate", "smaller"),
        ("killed from outside, by a person or by the system for want of memory (SIGKILL)", "fewer"),
        ("the machine was restarted while it ran", "Resume"),
        ("something nobody has thought of", "Resume"),
    ],
)
def test_an_end_is_told_with_something_to_do(why: str, act: str) -> None:
    said, do = findings.sentence({"state": "failed", "why": why})
    assert said.endswith("kept.")
    assert act in do


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_sentence(state: str) -> None:
    assert findings.sentence({"state": state, "why": ""})[0] != state


def test_a_real_job_is_read_as_it_was_told_and_two_clicks_are_one(workspace: Path) -> None:
    begin = time.monotonic()
    name = jobs.start(SMALL, token="clicked")
    assert time.monotonic() - begin < 2
    assert jobs.start(SMALL, token="clicked") == name
    until = time.monotonic() + 60
    while jobs.look(name)["state"] in jobs.UNDER_WAY and time.monotonic() < until:
        time.sleep(0.1)
    told = jobs.look(name)
    assert told["state"] == "done", told
    seen = training.follow(told["folder"])
    assert seen.roles == ["forest", "alone"]
    assert len(seen.folds) == 1
    assert [one["epoch"] for one in seen.epochs[seen.folds[0], "alone"]] == [1, 2]
    asked = training.recipe_of(seen.run)
    terms = training.terms_of(asked["recipe"], "alone")
    assert training.weighted(seen.epochs[seen.folds[0], "alone"], terms, 2)["cross_entropy"][0] > 0
    assert [row["id"] for row in training.listed()] == [name]
