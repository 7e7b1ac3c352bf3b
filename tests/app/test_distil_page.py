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
from stillroom_app.components import distil_start
from stillroom_app.components.job_doors import duplicate
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
    monkeypatch.setattr(jobs, "_TWICE_S", 0.0)
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


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ({"set": "student.training.epochs=5000"}, "--set student.training.epochs=5000"),
        ({"set": "student.terms.attn_rep.weight=7.123456"}, "--set student.terms.attn_rep.weight=7.123456"),
        ({"set": "student.terms.attn_rep.weight=-1"}, "--set student.terms.attn_rep.weight=-1"),
        ({"recipe": "hinton", "set": "student.terms.hinton.temperature=50"}, "hinton.temperature=50"),
        ({"protocol": "persons:7"}, "--protocol persons:7"),
        ({"seed": "99999999999"}, "--seed 99999999999"),
        ({"folds": "2", "min_windows": "5", "device": "cpu"}, "--folds 2 --min-windows 5 --device cpu"),
    ],
)
def test_what_an_address_asks_for_is_what_would_be_run(query: dict[str, str], there: str) -> None:
    at = opened("distil", **{"recipe": "tsak", **query})
    assert there in command(at)
    assert there in command(at.run())


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"seed": "inf"}, "no whole number"),
        ({"seed": "1e30"}, "no whole number"),
        ({"set": "strategy=zzz"}, "there is no zzz here"),
        ({"recipe": "zzz"}, "no recipe zzz"),
        ({"student_view": "left_foot.acc.*"}, "no channel of this data set"),
        ({"window_s": "abc"}, "is no number"),
        ({"folds": "abc"}, "folds=abc is no number"),
        ({"data": "nothing"}, "no data set nothing here: this is factory"),
    ],
)
def test_what_cannot_be_taken_over_is_said_until_something_is_changed(query: dict[str, str], said: str) -> None:
    at = opened("distil", **{"recipe": "tsak", **query})
    assert said in " ".join(str(one.value) for one in at.warning).replace("\\", "")
    assert command(at).startswith("stillroom distil tsak --data factory --student-view 'right_wrist.acc.*'")
    at = by_key(at.toggle, "distil_fast").set_value(True).run()
    assert said not in " ".join(str(one.value) for one in at.warning).replace("\\", "")


@pytest.mark.parametrize(
    "change",
    ["student.training.epochs=abc", "student.training.epochs=0", "student.terms.attn_rep.weight=abc",
     "student.training.epochs=1e300"],
)  # fmt: skip
def test_nonsense_in_an_address_is_refused_in_words_and_can_be_taken_back(change: str) -> None:
    at = opened("distil", recipe="tsak", set=change)
    refused = " ".join(str(one.value) for one in at.error)
    assert "input should be" in refused or "as an integer" in refused
    assert not [one for one in at.button if one.key == "distil_start"]
    for back in [one for one in at.button if str(one.key).endswith("_back")]:
        at = back.click().run()
        assert command(at) == "stillroom distil tsak --data factory --student-view 'right_wrist.acc.*'"


def test_a_length_that_no_window_has_is_refused_and_not_made_another_one() -> None:
    assert "No window of 9999 s could be cut" in " ".join(one.value for one in opened("distil", window_s="9999").error)


def test_a_command_done_again_with_changes_keeps_all_that_it_asked_for() -> None:
    asked = [
        "--student-view", "right_wrist.acc.*", "--folds", "2", "--drop-class", "a", "--drop-class", "b",
        "--min-windows", "5", "--track", "fine", "--teacher", "runs/one", "--device", "cuda", "--protocol", "random:5",
        "--i-know-it-leaks",
    ]  # fmt: skip
    found = duplicate(["distil", "tsak", "--data", "factory", *asked, "--run", "somewhere", "--resume"])
    assert found == {
        "recipe": "tsak", "data": "factory", "student_view": "right_wrist.acc.*", "folds": "2", "device": "cuda",
        "drop_class": ["a", "b"], "min_windows": "5", "track": "fine", "teacher": "runs/one", "protocol": "random:5",
        "leaks_known": "true",
    }  # fmt: skip


def test_options_without_a_control_are_shown_and_can_be_left_out() -> None:
    at = opened("distil", recipe="tsak", folds="2", drop_class="press")
    assert "--folds 2 --drop-class press" in words(at).replace("\\", "")
    at = by_key(at.button, "distil_more_out").click().run()
    assert command(at) == "stillroom distil tsak --data factory --student-view 'right_wrist.acc.*'"


def test_the_whole_of_all_sensors_can_be_asked_for_of_the_student() -> None:
    assert "**18** of 18 channels" in words(opened("distil", recipe="tsak", student_view="*", teacher_view="*"))
    assert words(opened("distil", recipe="tsak", student_view="*")).count("**18** of 18 channels") == 2


def test_a_formulas_numbers_are_those_of_the_settings_on_the_page(workspace: Path) -> None:
    made(workspace, "one")
    at = opened("distil", teach="true", run="one")
    at.session_state["teach_student_cross_entropy"] = True
    at = at.run()
    first = next(one.value for one in at.markdown if "times its weight" in one.value)
    assert "student" in first
    assert any("run one" in str(one.value) for one in at.markdown)
    at = by_key(at.slider, "weight_tsak__student_cross_entropy").set_value(0.5).run()
    assert "times its weight 0.5 is" in next(one.value for one in at.markdown if "times its weight" in one.value)


def test_only_runs_whose_windows_can_be_shown_are_offered(workspace: Path) -> None:
    made(workspace, "one")
    made(workspace, "bare")
    for path in (workspace / "bare").rglob("predictions.npz"):
        path.unlink()
    at = opened("distil", teach="true", run="bare")
    offered = by_key(at.selectbox, "teach_run")
    assert "one" in offered.options
    assert "bare" not in offered.options
    assert offered.value == "one"
