"""Layouts: views by glob keep the order, and what is missing, doubled or in another unit is named."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stillroom.base.errors import InputError
from stillroom.sensors.channel import Channel, sensor_channels
from stillroom.sensors.layout import Layout

BOTH = Layout(
    channels=tuple(
        c
        for site in ("right_wrist", "left_wrist")
        for kind in ("acc", "gyro", "capacitive")
        for c in sensor_channels(site, kind, 50.0)
    )
)


def channel(name: str, unit: str = "m/s2") -> Channel:
    site, kind, axis = name.split(".")
    return Channel(site=site, kind=kind, axis=axis, unit=unit, rate_hz=50.0)


def test_names_sensors_and_sites_stand_in_the_order_of_the_channels() -> None:
    assert BOTH.names[:4] == ("right_wrist.acc.x", "right_wrist.acc.y", "right_wrist.acc.z", "right_wrist.gyro.x")
    assert BOTH.sensors[2:4] == ("right_wrist.capacitive", "left_wrist.acc")
    assert BOTH.sites == ("right_wrist", "left_wrist")
    assert len(BOTH) == 18 and [c.name for c in BOTH] == list(BOTH.names)


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        ("right_*.acc.*", ["right_wrist.acc.x", "right_wrist.acc.y", "right_wrist.acc.z"]),
        ("*.acc.z", ["right_wrist.acc.z", "left_wrist.acc.z"]),
        ("left_wrist.acc.x, right_wrist.acc.x", ["right_wrist.acc.x", "left_wrist.acc.x"]),
        ("*.acc.[xy],right_*.acc.x,", [f"{s}_wrist.acc.{a}" for s in ("right", "left") for a in "xy"]),
        ("left_wrist.capacitive.e?", [f"left_wrist.capacitive.e{n}" for n in (1, 2, 3)]),
    ],
)  # fmt: skip
def test_a_view_is_chosen_by_globs_in_this_layout_s_order(globs: str, names: list[str]) -> None:
    assert list(BOTH.select(globs).names) == names


@pytest.mark.parametrize("globs", ["*", " * ", "*.*.*", "right_*, left_*"])
def test_a_view_of_everything_is_the_layout(globs: str) -> None:
    assert BOTH.select(globs) == BOTH


@pytest.mark.parametrize(
    ("globs", "said"),
    [
        ("right_ankle.*", r"the view 'right_ankle\.\*' matches no channel"),
        ("*.acc.*, torso.*", r"the view 'torso\.\*' matches no channel"),
        ("", "the view '' matches no channel"),
        (" , ", "the view ' , ' matches no channel"),
        ("RIGHT_WRIST.acc.x", "matches no channel"),
        ("right_wrist.acc", "matches no channel"),
    ],
)
def test_a_glob_that_matches_nothing_is_named_with_the_sensors_there_are(globs: str, said: str) -> None:
    with pytest.raises(InputError, match=rf"{said} \(sensors here: right_wrist\.acc, right_wrist\.gyro.*A channel is"):
        BOTH.select(globs)


def test_a_slip_of_the_pen_is_answered_by_the_nearest_names() -> None:
    with pytest.raises(InputError, match=r"Did you mean right_wrist\.acc\.x"):
        BOTH.select("right_*.acc.*").select("rigth_wrist.acc.x")


def test_a_view_stands_where_its_channels_stand() -> None:
    view = BOTH.select("left_wrist.acc.*, right_wrist.gyro.y")
    assert [BOTH.names[i] for i in BOTH.indices_of(view)] == list(view.names)
    turned = Layout(channels=BOTH.channels[::-1])
    assert BOTH.indices_of(turned).tolist() == list(range(17, -1, -1))
    assert len(BOTH.indices_of(Layout(channels=()))) == 0


def test_missing_channels_are_counted_and_the_first_is_named() -> None:
    wanted = Layout(channels=(*BOTH.channels[:2], channel("torso.acc.x"), channel("torso.acc.y")))
    with pytest.raises(InputError, match=r"2 channels are missing, the first is torso\.acc\.x \(sensors here: right"):
        BOTH.indices_of(wanted)


def test_another_unit_is_named_and_not_taken_for_the_same() -> None:
    wanted = Layout(channels=(BOTH.channels[0], channel("right_wrist.acc.y", unit="g")))
    with pytest.raises(InputError, match=r"right_wrist\.acc\.y is in m/s2, expected g\. Convert the unit"):
        BOTH.indices_of(wanted)


def test_another_rate_is_no_other_channel() -> None:
    slow = BOTH.channels[1].changed(rate_hz=10.0)
    assert BOTH.indices_of(Layout(channels=(slow,))).tolist() == [1]


def test_a_channel_that_stands_twice_is_named() -> None:
    with pytest.raises(ValidationError, match=r"channels named twice: right_wrist\.acc\.x"):
        Layout(channels=(*BOTH.channels, BOTH.channels[0].changed(unit="g")))


def test_a_layout_survives_json_and_equal_layouts_have_one_fingerprint() -> None:
    again = Layout.model_validate_json(BOTH.model_dump_json())
    assert again == BOTH and again.fingerprint() == BOTH.fingerprint()
    assert again.select("*.acc.*").fingerprint() != BOTH.fingerprint()
