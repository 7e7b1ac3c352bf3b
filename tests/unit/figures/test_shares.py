"""Shares of attribution: every number is the given one, and the title claims a lead only as far as intervals reach."""

from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import shares
from stillroom.figures.palette import face_of
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
SENSORS = ("right_wrist.acc", "left_wrist.acc", "left_wrist.gyro")


def _one(name: str, value: float, reach: float | None = 0.05) -> dict[str, Any]:
    low, high = (None, None) if reach is None else (value - reach, value + reach)
    return {"name": name, "importance": value, "low": low, "high": high}


def _model(values: dict[str, float], reach: float | None = 0.05) -> dict[str, Any]:
    rows = [_one(name, value, reach) for name, value in values.items()]
    return {
        "method": "integrated_gradients",
        "windows": 64,
        "sensors": rows,
        "channels": [_one(f"{row['name']}.x", row["importance"], reach) for row in rows],
        "classes": {"tape <b>box</b>": rows, "pick": [_one(name, 1 / len(values), reach) for name in values]},
        "sanity": {"randomised": {"magnitude": 0.81}},
    }


@pytest.fixture
def models() -> dict[str, Any]:
    """The student sees one sensor."""
    teacher = _model(dict(zip(SENSORS, (0.3, 0.5, 0.2), strict=True)))
    return {"teacher": teacher, "student": _model({SENSORS[0]: 1.0})}


def _below(figure: Any) -> str:
    return figure.layout.title.subtitle.text.replace("<br>", " ")


@looks
def test_shares_and_their_intervals_are_the_given_ones(check, models: Any, look: Look) -> None:
    figure = check(shares.sensors(models, level="channels", origin="Made up", look=look))
    (teacher,) = [trace for trace in figure.data if trace.name == "teacher"]
    assert list(teacher.x) == [0.5, 0.3, 0.2], "the largest on top"
    assert list(teacher.y) == sorted(teacher.y)
    assert list(teacher.error_x.array) == pytest.approx([0.05] * 3)
    assert teacher.marker.color == face_of("teacher").colour(look.dark)
    assert figure.layout.yaxis.ticktext[0].replace("<br>", " ") == "left wrist acc x"


def test_models_share_a_row_without_covering_each_other(check, models: Any) -> None:
    models["student"] = _model({SENSORS[0]: 0.6, SENSORS[2]: 0.4})
    figure = check(shares.sensors(models, origin="Made up"))
    teacher, student = [trace for trace in figure.data if trace.type == "scatter"]
    assert list(student.x) == [0.6, 0.4]
    assert not set(teacher.y) & set(student.y)
    ticks = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert ticks["right wrist acc"] == pytest.approx((teacher.y[1] + student.y[0]) / 2)
    assert figure.layout.yaxis.range[0] > max(student.y) and figure.layout.yaxis.range[1] < min(teacher.y)


def test_a_lead_is_told_with_what_reaches_into_its_interval(check, models: Any) -> None:
    said = check(shares.sensors(models, origin="Made up")).layout.meta["alt"]
    assert said == "Teacher: left wrist acc has the largest share, 50 % (45 to 55 %)"
    models["teacher"] = _model(dict(zip(SENSORS, (0.45, 0.5, 0.05), strict=True)))
    assert (
        shares.sensors(models, origin="Made up").layout.meta["alt"].endswith("; 1 of 2 others reach into that interval")
    )


def test_a_model_with_one_sensor_is_named_and_the_caution_stands_below(check, models: Any) -> None:
    figure = check(shares.sensors(models, origin="Made up"))
    assert "Not shown, for one alone is all: distilled student." in _below(figure)
    assert "with untrained weights they are ranked alike by +0.81" in _below(figure)
    with pytest.raises(InputError, match="no model sees two"):
        shares.sensors({"student": models["student"]}, origin="Made up")
    with pytest.raises(InputError, match="no level"):
        shares.sensors(models, level="rooms", origin="Made up")


def test_one_person_has_no_interval(check, models: Any) -> None:
    models = {"teacher": _model(dict(zip(SENSORS, (0.3, 0.5, 0.2), strict=True)), reach=None)}
    figure = check(shares.sensors(models, origin="Made up"))
    assert figure.layout.meta["alt"] == "Teacher: left wrist acc has the largest share, 50 %"


@looks
def test_activities_stand_beside_their_sensors_shares(check, models: Any, look: Look) -> None:
    figure = check(shares.activities(models["teacher"], role="teacher", origin="Made up", look=look))
    assert figure.data[0].z.tolist() == [[0.3, 0.5, 0.2], [1 / 3] * 3]
    assert "left wrist acc in tape <b>box</b>, 50 % (45 to 55 %)" in figure.layout.meta["alt"]
    models["teacher"]["classes"]["pick"].pop()
    with pytest.raises(InputError, match="do not fit"):
        shares.activities(models["teacher"], role="teacher", origin="Made up")
