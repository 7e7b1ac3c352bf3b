"""Signals: a recording in lanes, moved through by hand and from change to change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.kit import opened, words
from tests.app.tables import csv

from stillroom_app.services.imports import look, save
from stillroom_app.services.uploads import Upload, stage


def drawn(at: AppTest) -> Any:
    return json.loads(at.get("plotly_chart")[0].proto.spec)


def shown(at: AppTest) -> tuple[float, float]:
    low, high = drawn(at)["layout"]["xaxis"]["range"]
    return low, high


def test_the_first_minute_is_shown_with_a_takeaway_for_those_who_cannot_see_it() -> None:
    at = opened("signals")
    assert shown(at) == (0.0, 60.0)
    assert "12 channels" in at.get("plotly_chart")[0].proto.alt
    assert len(at.dataframe[0].value) == 12


def test_no_channel_has_more_points_than_a_screen_shows() -> None:
    at = opened("signals")
    at.button(key="t_all").click().run()
    lines = [one for one in drawn(at)["data"] if one.get("mode") == "lines"]
    assert len(lines) == 12
    for one in lines:
        values = one["y"]
        size = len(values["bdata"]) * 3 / 4 / 8 if isinstance(values, dict) else len(values)
        assert size <= 1501


def test_buttons_jump_to_where_activities_change_and_back() -> None:
    at = opened("signals")
    at.button(key="t_in").click().run()
    before = shown(at)
    assert before == (15.0, 45.0)
    at.button(key="t_next").click().run()
    after = shown(at)
    assert at.query_params["t"] in (f"{after[0]:g}-{after[1]:g}", [f"{after[0]:g}-{after[1]:g}"])
    assert after[0] > before[0]
    assert after[1] - after[0] == pytest.approx(30.0)
    at.button(key="t_back").click().run()
    assert shown(at)[0] < after[0]


def test_recording_sensors_and_stretch_stand_in_the_address() -> None:
    at = opened("signals", recording="p02/1", lanes="left_wrist.acc", t="10-20")
    assert at.selectbox(key="recording").value == "p02/1"
    assert shown(at) == (10.0, 20.0)
    assert len(at.dataframe[0].value) == 3


def test_another_recording_begins_at_its_start() -> None:
    at = opened("signals", t="100-110")
    at.selectbox(key="recording").select("p03/2").run()
    assert shown(at) == (0.0, 60.0)
    assert "t" not in at.query_params


def test_what_was_chosen_of_another_set_gives_way_to_what_this_one_has() -> None:
    place = stage([Upload("mine.csv", csv())])
    mapping = look(place).mapping
    assert mapping is not None
    save(place, "mine", mapping)
    at = opened("signals", lanes="left_wrist.acc", recording="p02/1", t="100-110")
    assert at.multiselect(key="lanes").value == ["left_wrist.acc"]
    at.selectbox(key="data").select("mine").run()
    assert not at.exception
    assert at.multiselect(key="lanes").value == ["device.acc", "device.gyro"]
    assert at.selectbox(key="recording").value == "w0/mine"
    assert shown(at) == (0.0, 48.0)


def test_an_unknown_set_falls_back_to_the_embedded_one() -> None:
    at = opened("signals", data="gone")
    assert at.selectbox(key="data").value == "factory"
    assert "What is in sight" in words(at)
