"""Who is told from what: numbers are the given ones, and a saving is claimed only where the paired interval says so."""

from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import privacy
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
SEEN = ("inputs", "representation", "logits")


def _one(value: float, reach: float = 0.1) -> dict[str, float]:
    return {"mean": value, "low": value - reach, "high": value + reach}


@pytest.fixture
def part() -> dict[str, Any]:
    return {
        "models": {
            "teacher": dict(zip(SEEN, map(_one, (0.6, 0.5, 0.4)), strict=True)),
            "student": dict(zip(SEEN, map(_one, (0.3, 0.45, 0.15)), strict=True)),
        },
        "saved": dict(zip(SEEN, map(_one, (0.3, 0.05, -0.25)), strict=True)),
        "chance": 0.1, "people": 10, "how": "by session", "sensors_gone": ["left_wrist.acc", "left_wrist.gyro"],
    }  # fmt: skip


@looks
def test_recalls_chance_and_what_is_gone_are_shown(check, part: Any, look: Look) -> None:
    figure = check(privacy.told_apart(part, origin="Made up", look=look))
    teacher, student = figure.data
    assert list(teacher.x) == [0.6, 0.5, 0.4] and list(student.x) == [0.3, 0.45, 0.15]
    assert list(teacher.error_x.array) == pytest.approx([0.1] * 3)
    assert figure.layout.shapes[0].x0 == 0.1
    below = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "No longer recorded with the student: left wrist acc, left wrist gyro." in below
    assert "10 people" in below and "representation +0.05 (-0.05 to +0.15)" in below


def test_less_and_more_are_claimed_by_the_paired_interval_alone(check, part: Any) -> None:
    said = check(privacy.told_apart(part, origin="Made up")).layout.meta["alt"]
    assert said == (
        "The student gives away less: inputs 0.30 (0.20 to 0.40);"
        " the student gives away more: logits 0.25 (0.15 to 0.35)"
    )
    part["saved"] = {name: _one(0.05) for name in SEEN}
    said = privacy.told_apart(part, origin="Made up").layout.meta["alt"]
    assert said == "No clear difference between what teacher and student give away"


def test_one_model_is_held_against_guessing(check, part: Any) -> None:
    del part["models"]["teacher"]
    figure = check(privacy.told_apart(part | {"saved": {}}, origin="Made up"))
    assert figure.layout.meta["alt"] == (
        "People are told more often than by guessing from the distilled student's inputs, the distilled student's"
        " representation"
    )
    with pytest.raises(InputError, match="no model"):
        privacy.told_apart(part | {"models": {}}, origin="Made up")
