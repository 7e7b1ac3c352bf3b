"""The Sensors page: the address is the choice, and every state of a workspace has a sentence and a door."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.app.kit import words
from tests.app.sensors_kit import NAMES, make_run, make_study, sensors_page, sets_part

from stillroom_app.services import workspace as places


@pytest.fixture(autouse=True)
def no_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "DEMO", tmp_path / "none")


def test_without_any_run_the_map_stands_with_two_doors() -> None:
    at = sensors_page()
    assert "nothing is left out yet" in words(at)
    assert at.button(key="sensors_study_first").label == "Measure many sets"
    assert "stillroom study sensors --data factory --by sensor" in words(at)


def test_a_run_that_was_not_asked_is_offered_to_be(workspace: Path) -> None:
    make_run(workspace / "mine")
    at = sensors_page(keep="right_wrist.acc")
    assert at.button(key="sensors_explain").label == "Estimate the sets"
    assert "--part sets --by sensor" in words(at)


def test_the_address_says_what_is_kept_and_the_estimate_answers(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    at = sensors_page(keep="right_wrist.acc,left_wrist.acc")
    assert "Dropping *right wrist gyro* is estimated to cost" in words(at)
    assert at.query_params["keep"] in ("right_wrist.acc,left_wrist.acc", ["right_wrist.acc,left_wrist.acc"])
    at.button(key="sensors_all").click().run()
    assert not at.exception
    assert "All 3 sensors are estimated to reach" in words(at)


def test_a_choice_that_the_data_set_does_not_have_is_all_that_was_asked_about(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    assert "All 3 sensors" in words(sensors_page(keep="left_knee.acc"))


@pytest.mark.parametrize(
    "tab", ["Every sensor", "Suggested sets", "What repeats what", "What each costs", "Estimate and truth"]
)
def test_each_tab_opens_from_its_address(workspace: Path, tab: str) -> None:
    make_run(workspace / "mine", part=sets_part())
    make_study(workspace / "many")
    at = sensors_page(keep="right_wrist", sensors_tab=tab)
    assert not at.error
    assert {
        "Suggested sets": "No set but all sensors costs so little",
        "Estimate and truth": "missed the measured",
    }.get(tab, "") in words(at)


def test_a_suggested_set_is_taken_by_its_button(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    at = sensors_page(sensors_tab="Suggested sets")
    at.slider(key="sensors_allowed").set_value(5.0).run()
    at.button(key="sensors_choose_0").click().run()
    assert not at.exception
    assert "Dropping *left wrist acc* is estimated to cost" in words(at)
    assert at.button(key="sensors_choose_0").disabled


def test_the_demo_is_badged_and_cannot_be_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "DEMO", make_run(tmp_path / "demo/shown", part=sets_part()).parent)
    at = sensors_page(keep=NAMES[0])
    assert "demo: simulated line" in words(at)
    assert "nothing more can be asked" in words(at)


def test_the_truth_stands_beside_the_estimate(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    assert '"alt"' not in words(sensors_page())
    charts = sensors_page(keep=NAMES[0]).get("plotly_chart")
    assert any("measured, distilled, run mine: 0.610" in str(one.proto) for one in charts)


def test_a_sensor_that_the_run_never_saw_has_no_estimate(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    assert "never saw them" in words(sensors_page(keep="right_wrist"))


def test_a_set_that_nobody_asked_about_is_offered_as_a_job(workspace: Path) -> None:
    part = sets_part()
    part["subsets"] = [one for one in part["subsets"] if one["subset"] != [NAMES[0]]]
    make_run(workspace / "mine", part=part)
    at = sensors_page(keep=NAMES[0])
    assert "was not estimated" in words(at)
    assert at.button(key="sensors_ask").label == "Estimate this set"
    assert f"--also {NAMES[0]}" in words(at)
