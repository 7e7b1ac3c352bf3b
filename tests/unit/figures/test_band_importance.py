"""Falls without a band and shares of amplitudes: cells and marks are the given numbers."""

from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures import band_importance
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
BANDS = ["0.5-1 Hz", "1-2 Hz", "2-4 Hz"]
FALLS = [[0.1, -0.2, 0.9], [-0.004, 0.3, 0.2]]


def _share(name: str, value: float) -> dict[str, Any]:
    return {"name": name, "importance": value, "low": value - 0.1, "high": value + 0.1}


@pytest.fixture
def part() -> dict[str, Any]:
    return {
        "bands": BANDS,
        "sensors": ["right_wrist.acc", "left_wrist.gyro"],
        "falls": FALLS,
        "classes": {"tape <b>box</b>": [[-0.1, -0.2, -0.9], [0.0, -0.3, -0.2]]},
        "amplitudes": {
            "tape <b>box</b>": [_share(*pair) for pair in zip(BANDS, (0.2, 0.5, 0.3), strict=True)],
            "pick": [_share(*pair) for pair in zip(BANDS, (0.3, 0.4, 0.3), strict=True)],
        },
    }


@looks
def test_falls_are_the_given_ones_around_zero(check, part: Any, look: Look) -> None:
    figure = check(band_importance.falls(part, role="teacher", origin="Made up", look=look))
    np.testing.assert_array_equal(figure.data[0].z, FALLS)
    assert figure.data[0].zmin == -figure.data[0].zmax == -0.9
    assert figure.layout.meta["alt"] == "Teacher: the largest mean fall is that without 2-4 Hz of right wrist acc, 0.90"
    written = [text for trace in figure.data[1:] for text in trace.text]
    assert "0.00" in written and "-0.00" not in written and "-0.20" in written


def test_one_activity_has_falls_of_its_own(check, part: Any) -> None:
    figure = check(band_importance.falls(part, role="student", activity="tape <b>box</b>", origin="Made up"))
    np.testing.assert_array_equal(figure.data[0].z, part["classes"]["tape <b>box</b>"])
    assert figure.layout.meta["alt"] == "Distilled student, tape <b>box</b>: the score falls without no band"
    with pytest.raises(InputError, match="no windows of 'sing'"):
        band_importance.falls(part, role="student", activity="sing", origin="Made up")
    with pytest.raises(InputError, match="1 rows"):
        band_importance.falls({**part, "sensors": ["head.acc"]}, role="student", origin="Made up")


@looks
def test_amplitudes_of_an_activity_stand_beside_each_other(check, part: Any, look: Look) -> None:
    parts = {"teacher": part, "student": part, "forest": {**part, "amplitudes": {}}}
    figure = check(band_importance.amplitudes(parts, "tape <b>box</b>", origin="Made up", look=look))
    assert [trace.name for trace in figure.data] == ["teacher", "student, distilled"]
    assert list(figure.data[0].x) == [0.2, 0.5, 0.3]
    assert "1-2 Hz holds the largest share to the teacher, 50 % (40 to 60 %)" in figure.layout.meta["alt"]
    with pytest.raises(InputError, match="no shares"):
        band_importance.amplitudes(parts, "sing", origin="Made up")


def test_amplitudes_of_all_activities_are_cells(check, part: Any) -> None:
    figure = check(band_importance.amplitudes_by_activity(part, role="teacher", origin="Made up"))
    np.testing.assert_array_equal(figure.data[0].z, [[0.2, 0.5, 0.3], [0.3, 0.4, 0.3]])
    assert "1-2 Hz in tape <b>box</b>, 50 % (40 to 60 %)" in figure.layout.meta["alt"]
    del part["amplitudes"]
    with pytest.raises(InputError, match="no shares"):
        band_importance.amplitudes_by_activity(part, role="forest", origin="Made up")
