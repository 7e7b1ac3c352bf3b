"""Explain: the checks stand before what they check; what is missing has a door; the demo is read and never asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.kit import opened, words
from tests.app.told import explained, finished

from stillroom_app.components import heatmap
from stillroom_app.services import explained as service
from stillroom_app.services import workspace


@pytest.fixture
def line(workspace: Path) -> Path:
    return explained(finished(workspace / "line"))


def _charts(at: AppTest, kind: str = "plotly_chart") -> list[Any]:
    return list(at.get(kind))


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize("tab", ["One window", "All windows"])
def test_the_checks_come_before_any_picture_of_where_a_model_looks(tab: str) -> None:
    at = opened("explain", explain_tab=tab)
    drawn = [one for one in at.main if one.type in ("markdown", "plotly_chart", "echarts_chart")]
    before = next(place for place, one in enumerate(drawn) if one.type != "markdown")
    strip = "\n".join(one.value for one in drawn[:before])
    for name in ("Its order matters", "Sums add up", "Untrained weights differ", "Teacher and student agree"):
        assert name in strip


@pytest.mark.usefixtures("line")
def test_a_window_is_drawn_with_both_models_answers_and_its_agreement() -> None:
    at = opened("explain")
    said = words(at)
    assert "Teacher says" in said and "Distilled student says" in said
    assert "Both look at the same" in said and "rank correlation" in said
    assert "most speaks for it" in _charts(at)[0].proto.alt


@pytest.mark.usefixtures("line")
def test_windows_can_be_narrowed_to_those_where_the_models_look_elsewhere() -> None:
    at = opened("explain")
    at.selectbox(key="explain_order").set_value(service.APART).run()
    assert not at.exception
    assert "rank correlation \\-1" in words(at) or "rank correlation -1.00" in words(at)


@pytest.mark.usefixtures("line")
def test_a_cell_of_the_heat_map_can_be_chosen_by_keyboard_and_shows_its_windows() -> None:
    at = opened("explain", explain_tab="All windows")
    assert _charts(at, "echarts_chart")[0].proto.alt
    table = service.shares(workspace.entry("line"))
    activity = str(table["activity"].iloc[0])
    at.selectbox(key="explain_cell_activity").set_value(activity).run()
    at.selectbox(key="explain_cell_sensor").set_value("left wrist gyro").run()
    assert not at.exception
    wanted = service.examples(table, "teacher", activity, "left_wrist.gyro")
    example = next(one for one in at.selectbox if one.label.startswith("Example"))
    assert example.value == int(wanted["window"].iloc[0])


def test_a_click_names_the_cell_that_was_clicked() -> None:
    rows, columns = ["a", "b"], ["x", "y", "z"]
    event = {"selection": {"selected": [{"series_index": 0, "data_indices": [4]}]}}
    assert heatmap.clicked(event, rows, columns) == ("b", "y")
    assert heatmap.clicked({"selection": {"selected": []}}, rows, columns) is None
    assert heatmap.clicked({"selection": {"selected": [{"data_indices": [9]}]}}, rows, columns) is None


@pytest.mark.parametrize(
    ("tab", "part"), [("One window", "windows"), ("Frequencies", "frequency"), ("Who it is", "privacy")]
)
def test_a_missing_part_has_a_button_that_starts_it_and_its_command(
    workspace: Path, started: list[list[str]], tab: str, part: str
) -> None:
    finished(workspace / "line")
    at = opened("explain", explain_tab=tab)
    assert not _charts(at)
    assert any("stillroom explain" in one.value and f"--part {part}" in one.value for one in at.code)
    at.button(key=f"explain_start_{part}").click().run()
    assert started[0][0] == "explain" and started[0][2:4] == ["--part", part]
    assert Path(started[0][1]).absolute() == (workspace / "line").absolute()


@pytest.mark.usefixtures("line")
def test_another_method_is_asked_as_a_job_with_what_is_taken_away(started: list[list[str]]) -> None:
    at = opened("explain")
    at.session_state["explain_anew"] = True
    at.run()
    at.selectbox(key="explain_method").set_value("occlusion").run()
    at.selectbox(key="explain_removing").set_value("site").run()
    at.button(key="explain_go").click().run()
    assert started[0][2:] == ["--part", "windows", "--method", "occlusion", "--removing", "site", "--windows", "128"]


def test_the_demo_is_read_and_asked_nothing(
    line: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    monkeypatch.setattr(workspace, "DEMO", line.parent)
    monkeypatch.setenv("STILLROOM_WORKSPACE", str(tmp_path / "empty"))
    at = opened("explain", run="demo:line")
    assert _charts(at), "what was explained is shown"
    at = opened("explain", run="demo:line", explain_tab="Frequencies")
    assert "no weights" in words(at) and not [one for one in at.button if one.key.startswith("explain_start")]
    assert any("stillroom distil" in one.value for one in at.code), "how to train one's own"
    assert not started


def test_recordings_that_are_gone_leave_the_checks_standing(line: Path) -> None:
    facts = (line / "run.json").read_text().replace('"data": "factory"', '"data": "/gone/away"')
    (line / "run.json").write_text(facts)
    at = opened("explain")
    assert "cannot be opened" in at.error[0].value and "Can it be believed" in words(at)


@pytest.mark.usefixtures("line")
def test_formulas_and_sources_are_shown_where_teaching_is_on() -> None:
    assert "Sundararajan" not in words(opened("explain"))
    assert "Sundararajan" in words(opened("explain", teach="true"))
