"""Frequencies on a page agree with what was put in, and what a model keeps is read, never made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.app.tables import csv

from stillroom.base.errors import InputError
from stillroom.base.paths import write_json
from stillroom.data.dataset import Dataset
from stillroom_app.services import signals, sources, spectra
from stillroom_app.services.imports import look, save
from stillroom_app.services.uploads import Upload, stage


@pytest.fixture
def mine() -> Dataset:
    """Three people who walk at 2 Hz and sit at 0.5 Hz."""
    place = stage([Upload("mine.csv", csv())])
    mapping = look(place).mapping
    assert mapping is not None
    save(place, "mine", mapping)
    return sources.opened("mine")


def test_an_activity_is_strongest_where_it_moves(mine: Dataset) -> None:
    found = spectra.of_classes(mine, "device.acc.x", 4.0)
    for label, hertz in (("walk", 2.0), ("sit", 0.5)):
        one = found.spreads[label]
        assert found.hertz[np.argmax(one.mean)] == pytest.approx(hertz, abs=0.26)
        assert one.people == 3
    assert found.unit == "m/s2"


def test_of_a_sensor_the_densities_of_its_axes_are_added(mine: Dataset) -> None:
    whole = spectra.of_classes(mine, "device.acc", 2.0).spreads["walk"]
    axes = [spectra.of_classes(mine, f"device.acc.{axis}", 2.0).spreads["walk"] for axis in "xyz"]
    assert np.asarray(whole.mean) == pytest.approx(sum(np.asarray(one.mean) for one in axes))


def test_a_recording_s_moments_pause_at_its_gaps(mine: Dataset) -> None:
    one = mine.recordings[0]
    whole = spectra.over_time(one, "device.acc.x", 2.0)
    assert whole.density.shape == (len(whole.hertz), len(whole.seconds))
    half = one.signal.shape[1] // 2
    apart = type(one)(**{**vars(one), "segments": np.array([[0, half - 60], [half + 60, one.signal.shape[1]]])})
    holed = spectra.over_time(apart, "device.acc.x", 2.0)
    silent = (holed.seconds > (half - 60) / one.rate_hz) & (holed.seconds < (half + 60) / one.rate_hz)
    assert not silent.any()
    assert len(holed.seconds) < len(whole.seconds)


def test_what_cannot_be_shown_is_said(mine: Dataset) -> None:
    with pytest.raises(InputError, match="no such channel"):
        spectra.of_classes(mine, "nose.acc", 4.0)
    with pytest.raises(InputError, match="without a gap"):
        spectra.of_classes(mine, "device.acc", 400.0)
    with pytest.raises(InputError, match="without a gap"):
        spectra.over_time(mine.recordings[0], "device.acc.x", 400.0)
    assert signals.names(mine) == ["w0/mine", "w1/mine", "w2/mine"]


def test_only_parts_that_were_told_are_there(tmp_path: Path) -> None:
    assert spectra.explained(tmp_path) == {}
    write_json(tmp_path / "explain" / "anchors.json", {"key": "k", "asked": {}, "told": {"anchors": {}}})
    (tmp_path / "explain" / "frequency.json").write_text("{broken")
    assert spectra.explained(tmp_path) == {"anchors": {"anchors": {}}}


def test_at_weight_nothing_the_stage_term_is_its_part_in_time_as_released() -> None:
    anchor: dict[str, Any] = {"models": {"student": {"time": 1.5, "frequency": 0.25}}}
    assert spectra.terms(anchor, 0.0)[0]["stage term"] == 1.5
    assert spectra.terms(anchor, 2.0)[0]["stage term"] == 2.0


@pytest.mark.parametrize(("names", "has"), [(("smldist_net",) * 2, True), (("tsak_teacher", "tsak_student"), False)])
def test_layers_are_only_asked_of_networks_that_name_them(names: tuple[str, str], has: bool) -> None:
    recipe = {role: {"model": {"name": name}} for role, name in zip(("teacher", "student"), names, strict=True)}
    assert spectra.has_layers({"asked": {"recipe": recipe}}) is has
    assert not spectra.has_layers({"asked": {"recipe": None}})
