"""Device: no number without where it comes from; what is missing has a door; nothing of the demo is measured anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.app.kit import opened, words
from tests.app.made import changed
from tests.app.told import costed, finished


def _table(at: Any) -> Any:
    return at.table[0].value


def test_each_line_of_the_table_says_where_it_comes_from(workspace: Path) -> None:
    costed(finished(workspace / "line"))
    table = _table(opened("device"))
    assert list(table.columns)[1:3] == ["teacher", "student"]
    assert all("badge" in origin for origin in table["where from"])
    assert any("measured here" in origin for origin in table["where from"])


def test_the_demo_s_times_are_not_called_measured_here(workspace: Path, tmp_path: Path, monkeypatch: Any) -> None:
    costed(finished(tmp_path / "demo" / "line"))
    from stillroom_app.services import workspace as service

    monkeypatch.setattr(service, "DEMO", tmp_path / "demo")
    at = opened("device", run="demo:line")
    assert not [origin for origin in _table(at)["where from"] if "measured here" in origin]
    at = opened("device", run="demo:line", device_tab="Jetson and microcontrollers")
    assert "no weights" in words(at) and not [one for one in at.button if one.key == "device_measure"]
    at = opened("device", run="demo:line", device_tab="Download")
    assert "nothing to download" in words(at)


def test_times_of_another_computer_are_not_called_measured_here(workspace: Path) -> None:
    told = json.loads((costed(finished(workspace / "line")) / "cost.json").read_text())
    told["host"]["cpu"] = "Another CPU"
    (workspace / "line" / "cost.json").write_text(json.dumps(told))
    at = opened("device")
    assert not [origin for origin in _table(at)["where from"] if "measured here" in origin]
    assert at.tabs[0].label == "Another computer"


def test_a_run_that_was_never_measured_has_a_button_with_boards_and_modes(
    workspace: Path, started: list[list[str]]
) -> None:
    finished(workspace / "line")
    at = opened("device")
    at.multiselect(key="device_boards").set_value(["nano:5W", "esp32-s3:full"]).run()
    at.button(key="device_measure").click().run()
    assert started[0][0] == "cost"
    assert started[0][2:] == ["--device", "nano:5W", "--device", "esp32-s3:full"]


def test_a_run_without_a_student_or_a_teacher_is_not_offered_what_must_fail(workspace: Path) -> None:
    changed(finished(workspace / "line"), models=["alone"])
    at = opened("device")
    assert "no teacher and no student" in at.info[0].value
    assert not [one for one in at.button if one.key == "device_measure"]


def test_estimates_of_boards_are_drawn_with_their_mode(workspace: Path) -> None:
    costed(finished(workspace / "line"))
    at = opened("device", device_tab="Jetson and microcontrollers")
    alts = [one.proto.alt for one in at.get("plotly_chart")]
    assert any("agx-xavier" in alt for alt in alts)
    assert at.multiselect(key="device_boards").value == ["agx-xavier:MAXN"], "those that were asked for last"


@pytest.mark.parametrize("tab", ["This computer", "Jetson and microcontrollers", "Measured on a device", "Download"])
def test_every_tab_opens(workspace: Path, tab: str) -> None:
    costed(finished(workspace / "line"))
    at = opened("device", device_tab=tab)
    assert not at.error


def test_an_export_is_started_with_int8_where_the_bundle_will_look(workspace: Path, started: list[list[str]]) -> None:
    costed(finished(workspace / "line"))
    at = opened("device", device_tab="Download")
    at.button(key="device_export").click().run()
    assert started[0][0] == "export" and started[0][-1] == "--int8"
    assert Path(started[0][3]).absolute() == (workspace / "line/folds/everybody/export").absolute()


def test_a_run_can_be_measured_whatever_its_folder_is_called(workspace: Path, started: list[list[str]]) -> None:
    finished(workspace / "my line; rm *")
    at = opened("device")
    at.button(key="device_measure").click().run()
    assert Path(started[0][1]).absolute() == (workspace / "my line; rm *").absolute()


def test_a_note_is_shown_on_request_only(workspace: Path) -> None:
    costed(finished(workspace / "line"))
    at = opened("device")
    assert "FLOPs are twice" not in words(at)
