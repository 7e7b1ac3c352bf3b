"""The Sensors page: the address is the choice, and every state of a workspace has a sentence and a door."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.app.kit import words
from tests.app.sensors_kit import NAMES, make_run, make_study, sensors_page, sets_part

from stillroom_app.services import imports, sources, uploads
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
    assert any("measured, distilled, fast run mine: 0.610" in str(one.proto) for one in charts)


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


def test_the_demos_scores_are_named_in_their_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "DEMO", make_run(tmp_path / "demo/shown", part=sets_part()).parent)
    charts = sensors_page(keep=NAMES[0]).get("plotly_chart")
    assert any("measured, distilled, demo fast run shown: 0.610" in str(one.proto) for one in charts)


def test_a_suggested_set_names_what_measured_it(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    make_study(workspace / "many")
    at = sensors_page(sensors_tab="Suggested sets", estimates="mine")
    at.slider(key="sensors_allowed").set_value(20.0).run()
    assert "alone (study many)" in words(at)


def test_what_was_measured_otherwise_is_set_aside_by_name(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    make_run(workspace / "apart", student_view="left_wrist.acc.*", index_key="w2")
    at = sensors_page(keep=NAMES[2])
    assert "so not beside it: fast run apart" in words(at)
    assert not any("run apart" in str(one.proto) for one in at.get("plotly_chart"))


def test_a_damaged_run_leaves_the_page_standing_and_is_named_once(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    make_run(workspace / "hurt*", part=sets_part())
    (workspace / "hurt*/report.json").write_text("{ no")
    said = words(sensors_page(keep=NAMES[0]))
    assert "is estimated to cost" in said
    assert said.count("Left out, since it cannot be read") == 1
    assert r"hurt\*" in said


def test_what_a_study_rests_on_is_no_markup(workspace: Path) -> None:
    folder = make_study(workspace / "many")
    table = json.loads((folder / "table.json").read_text())
    caveats = ["The data is **simulated**: nobody.", "01-s0 failed: [x](http://evil) `#` in <b>p_1_</b>"]
    (folder / "table.json").write_text(json.dumps({**table, "caveats": caveats}))
    said = words(sensors_page(sensors_tab="Estimate and truth"))
    assert "The data is **simulated**" in said
    assert r"\[x\]\(http" in said
    assert "[x](http" not in said


def test_other_recordings_by_the_same_name_are_other_sensors() -> None:
    _import("mine", "right_wrist_acc_x,right_wrist_acc_y,right_wrist_acc_z")
    assert "The one sensor, 3 channels" in words(sensors_page(data="mine"))
    sources.remove("mine")
    _import("mine", "left_wrist_acc_x,left_wrist_acc_y,left_wrist_acc_z,left_ankle_gyro_x")
    assert "All 2 sensors, 4 channels" in words(sensors_page(data="mine"))


def _import(name: str, channels: str) -> None:
    zeros = ",".join("0.5" for _ in channels.split(","))
    lines = (f"{row / 50:.2f},{zeros},{'ab'[row // 250 % 2]},p{row // 500}" for row in range(1500))
    text = "\n".join([f"time,{channels},label,person", *lines])
    place = uploads.stage([uploads.Upload("x.csv", text.encode())])
    mapping = imports.look(place).mapping
    assert mapping is not None
    imports.save(place, name, mapping)


def test_a_suggested_set_names_no_score_of_other_windows(workspace: Path) -> None:
    make_run(workspace / "mine", part=sets_part())
    make_study(workspace / "many", index_key="w2")
    at = sensors_page(sensors_tab="Suggested sets", estimates="mine")
    at.slider(key="sensors_allowed").set_value(20.0).run()
    assert "macro-F1 estimated" in words(at)
    assert "(study many)" not in words(at)
