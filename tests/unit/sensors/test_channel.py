"""Channels: a name of three words, a kind's axes in order, and the geometry that the catalogue gives them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stillroom.sensors.catalogue import KINDS, SITES, kind_of
from stillroom.sensors.channel import Channel, sensor_channels
from stillroom.sensors.units import known_units

AXES = {"vector": 3, "quaternion": 4}


def test_a_channel_is_named_by_site_kind_and_axis() -> None:
    channel = Channel(site="right_wrist", kind="acc", axis="x", unit="m/s2", rate_hz=50.0)
    assert (channel.name, channel.sensor, channel.geometry) == ("right_wrist.acc.x", "right_wrist.acc", "vector")


@pytest.mark.parametrize("field", ["site", "kind", "axis"])
@pytest.mark.parametrize("word", ["", "Right", "right wrist", "a.b", "a*", "größe", "x\n", "a,b"])
def test_a_name_is_of_small_letters_digits_and_underscores(field: str, word: str) -> None:
    words = {"site": "right_wrist", "kind": "acc", "axis": "x", field: word}
    with pytest.raises(ValidationError, match=rf"{field}\n.*must be small letters, digits and underscores"):
        Channel(**words, unit="m/s2", rate_hz=50.0)


def test_a_sensor_has_its_kind_s_axes_in_order_and_unit() -> None:
    channels = sensor_channels("torso", "quat", 30.0)
    assert [channel.axis for channel in channels] == ["w", "x", "y", "z"]
    assert {channel.unit for channel in channels} == {"1"}
    assert {channel.unit for channel in sensor_channels("torso", "acc", 30.0, unit="g")} == {"g"}


def test_an_unknown_kind_stands_for_itself() -> None:
    (channel,) = sensor_channels("hand", "magic", 10.0)
    assert (channel.name, channel.unit, channel.geometry) == ("hand.magic.v", "1", "scalar")


@pytest.mark.parametrize("name", KINDS)
def test_a_catalogued_kind_is_consistent(name: str) -> None:
    kind = KINDS[name]
    assert kind.name == name and kind_of(name) is kind
    assert len(set(kind.axes)) == len(kind.axes) == AXES.get(kind.geometry, len(kind.axes)) > 0
    assert kind.unit in known_units()
    assert [channel.kind for channel in sensor_channels("torso", name, 50.0)] == [name] * len(kind.axes)


@pytest.mark.parametrize("name", SITES)
def test_a_catalogued_site_is_a_place_on_the_figure_and_left_mirrors_right(name: str) -> None:
    site = SITES[name]
    assert site.name == name and 0 <= site.x <= 1 and 0 <= site.y <= 1
    assert Channel(site=name, kind="acc", axis="x", unit="m/s2", rate_hz=50.0).site == name
    if name.startswith("right_"):
        other = SITES[name.replace("right", "left", 1)]
        assert (other.x, other.y) == (pytest.approx(1 - site.x), site.y)


def test_no_two_sites_stand_in_one_place() -> None:
    assert len({(site.x, site.y) for site in SITES.values()}) == len(SITES)
