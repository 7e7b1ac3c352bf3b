"""Spectra: by activity, over time, and what a model keeps, from what explaining left in the run's folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.kit import opened, words
from tests.app.made import run_like

from stillroom_app.services import workspace as runs

KEEPS = {"spectra_tab": "What the model keeps"}


def alts(at: AppTest) -> list[str]:
    return [one.proto.alt for one in at.get("plotly_chart")]


def test_by_activity_the_chart_says_what_stands_out_and_where() -> None:
    at = opened("spectra")
    assert "stands out at" in alts(at)[0]
    at.selectbox(key="signal").select("left_wrist.gyro.z").run()
    assert alts(at)[0].startswith("Left wrist gyro z")
    at.selectbox(key="scale").select("linear").run()
    at.slider(key="up_to_hz").set_value(5.0).run()
    assert not at.exception
    assert "at 2" in alts(at)[0] or "Hz" in alts(at)[0]


def test_over_time_one_channel_of_one_recording_is_shown() -> None:
    at = opened("spectra", spectra_tab="Over time", recording="p02/1", channel="right_wrist.acc.x")
    assert "of the power lies below" in alts(at)[0]


def test_the_teach_switch_shows_how_it_is_computed() -> None:
    assert "How it is computed" not in words(opened("spectra"))
    assert "How it is computed" in words(opened("spectra", teach="true"))


def test_without_a_run_there_is_a_door_and_no_empty_chart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runs, "DEMO", tmp_path / "none")
    at = opened("spectra", **KEEPS)
    assert "no student to look into" in words(at)
    assert not at.get("plotly_chart")


def test_of_a_run_with_layers_alike_the_two_parts_of_the_stage_term_stand_apart() -> None:
    at = opened("spectra", **KEEPS, run="demo:smldist")
    assert any("spectra are" in alt for alt in alts(at))
    table = at.dataframe[0].value
    assert list(table.columns) == ["model", "time", "spectrum", "stage term"]
    at.slider(key="lambda_f").set_value(0.0).run()
    table = at.dataframe[0].value
    assert table["stage term"].tolist() == table["time"].tolist(), "as released, the spectra weigh nothing"
    assert "our reading" in at.slider(key="lambda_f").label


def test_of_a_run_without_layers_alike_it_says_so_and_shows_its_bands() -> None:
    at = opened("spectra", **KEEPS, run="demo:tsak")
    assert "built differently" in words(at)
    assert any("Hz" in alt for alt in alts(at))


def test_what_is_missing_can_be_asked_where_the_models_lie(workspace: Path) -> None:
    folder = run_like("smldist", workspace / "mine")
    shutil.rmtree(folder / "explain")
    assert "without its models" in words(opened("spectra", **KEEPS, run="mine")).replace("\\", "")
    (folder / "folds" / "x" / "student").mkdir(parents=True)
    (folder / "folds" / "x" / "student" / "model.safetensors").touch()
    at = opened("spectra", **KEEPS, run="mine")
    assert {"start_anchors", "start_frequency"} <= {one.key for one in at.button}
    assert f"stillroom explain {folder} --part anchors" in words(at)
