"""The Distil page: what is chosen is the command, what cannot be run is not offered, and one click is one job."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.kit import opened, words
from tests.app.test_teaching import made

from stillroom.data.source import open_source
from stillroom_app.components import distil_start, job
from stillroom_app.services import engine, jobs


@pytest.fixture(scope="module", autouse=True)
def ready() -> Iterator[None]:
    """The simulated line is made before any page waits for it; the engine ends with this file."""
    open_source("factory")
    yield
    engine.ENGINE.end()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str]]:
    """What was started, with its token; nothing is."""
    asked: list[tuple[list[str], str]] = []

    def start(said: list[str], token: str = "", threads: int = 1) -> str:
        asked.append((said, token))
        return jobs.store().add(jobs.request_of(said, jobs.root(), cwd=jobs.root(), token=token), token).id

    monkeypatch.setattr(distil_start.jobs, "start", start)
    return asked


def command(at: AppTest) -> str:
    return str(at.code[-1].value)


def by_key(found: Any, key: str) -> Any:
    return next(one for one in found if one.key == key)


def test_the_page_offers_a_distillation_at_once() -> None:
    at = opened("distil")
    assert command(at) == "stillroom distil tsak --data factory --student-view 'right_wrist.acc.*'"
    assert by_key(at.button, "distil_start")
    assert "**1,603** windows of **10** people" in words(at)


def test_an_address_opens_the_page_as_it_was() -> None:
    at = opened(
        "distil", recipe="smldist", student_view="left_wrist.acc.x,left_wrist.gyro.*", seed="3", fast="true",
        protocol="persons:4", set="stages.stage_0.training.epochs=5",
    )  # fmt: skip
    said = command(at)
    for part in (
        "distil smldist",
        "'left_wrist.acc.x,left_wrist.gyro.*'",
        "--seed 3",
        "--fast",
        "--protocol persons:4",
    ):
        assert part in said
    assert "--set stages.stage_0.training.epochs=5" in said
    assert "**4** of 18 channels" in words(at)
    assert command(at.run()) == said


def test_a_weight_and_epochs_become_changes_and_go_when_taken_back() -> None:
    at = opened("distil")
    weight = by_key(at.slider, "weight_tsak__student_attn_rep")
    at = weight.set_value(0.5).run()
    at = by_key(at.number_input, "epochs_tsak__student").set_value(7).run()
    assert "--set student.terms.attn_rep.weight=0.5" in command(at)
    assert "--set student.training.epochs=7" in command(at)
    at = by_key(at.slider, "weight_tsak__student_attn_rep").set_value(1.0).run()
    assert "attn_rep" not in command(at)


def test_a_loss_that_is_switched_off_is_left_out() -> None:
    at = by_key(opened("distil").toggle, "on_tsak__student_attn_rep").set_value(False).run()
    assert "--set student.terms.attn_rep=none" in command(at)
    at = by_key(at.toggle, "on_tsak__student_attn_rep").set_value(True).run()
    assert "--set" not in command(at)


def test_changes_stay_with_the_recipe_that_they_change() -> None:
    at = by_key(opened("distil").slider, "weight_tsak__student_attn_rep").set_value(0.5).run()
    at.session_state["recipe"] = "hinton"
    at = at.run()
    assert "--set" not in command(at)
    at.session_state["recipe"] = "tsak"
    assert "attn_rep.weight=0.5" in command(at.run())


def test_what_cannot_be_run_is_explained_and_not_offered(started: list[Any]) -> None:
    at = by_key(opened("distil").toggle, "on_tsak__student_attn_rep").set_value(False).run()
    at = by_key(at.toggle, "on_tsak__student_cross_entropy").set_value(False).run()
    assert "needs at least one loss" in " ".join(str(one.value) for one in at.error)
    assert not [one for one in at.button if one.key == "distil_start"]


def test_two_clicks_start_one_job_and_lead_to_watching_it(started: list[tuple[list[str], str]]) -> None:
    at = opened("distil")
    begin = time.monotonic()
    at = by_key(at.button, "distil_start").click().run()
    assert time.monotonic() - begin < 3
    assert at.title[0].value == "How is the training going?"
    again = at.switch_page("screens/distil.py").run()
    by_key(again.button, "distil_start").click().run()
    assert len({token for _, token in started}) == 1
    assert len(jobs.rows()) == 1


def test_the_same_may_be_started_once_more_later(
    started: list[tuple[list[str], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "_TWICE_S", 0.0)
    at = opened("distil")
    at = by_key(at.button, "distil_start").click().run().switch_page("screens/distil.py").run()
    by_key(at.button, "distil_start").click().run()
    assert len({token for _, token in started}) == 2


def test_the_teach_switch_shows_formulas_of_every_loss() -> None:
    at = opened("distil", teach="true")
    assert "What the teacher tells of one window" in words(at)
    assert {"teach_student_cross_entropy", "teach_student_attn_rep"} <= {one.key for one in at.expander}


def test_temperature_and_alpha_change_the_weighted_sum_of_a_real_window(workspace: Path) -> None:
    made(workspace, "one")
    at = opened("distil", teach="true", run="one")
    first = next(one.value for one in at.markdown if "T² KL" in one.value)
    at = by_key(at.slider, "teach_alpha").set_value(0.0).run()
    hard = next(one.value for one in at.markdown if "T² KL" in one.value)
    assert hard.split("CE **")[1][:6] == hard.rsplit("= **")[-1][:6]
    at = by_key(at.slider, "teach_temperature").set_value(1.0).run()
    assert next(one.value for one in at.markdown if "T² KL" in one.value) not in (first, hard)


def test_sensors_of_another_data_set_are_no_choice_here() -> None:
    at = opened("distil", student_view="left_foot.acc.*")
    assert "right_wrist.acc" in command(at)
