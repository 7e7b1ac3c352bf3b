"""What a study of sensors is said to have found: no sufficiency, the choice among many, and what larger sets score."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillroom.report.making import make

from .kit import Page

Told = dict[str, Any]
Study = Callable[..., Page]
_CHOSEN = "chose among them as well, and no interval here allows for that"
_LARGER = "Who sees more can hardly know less"


@pytest.fixture
def told_of(study: Path, tmp_path: Path) -> Study:
    """The page of three sets whose people score so: one sensor, two, and all three."""

    def page(scores: dict[str, list[float]], *, protocol: str = "persons:4", calibrated: bool = False) -> Page:
        folder = tmp_path / "study"
        shutil.copytree(study, folder)
        table = json.loads((folder / "table.json").read_text())
        table["table"] = [_row(table["table"], sensors, people) for sensors, people in scores.items()]
        plan = json.loads((folder / "plan.json").read_text())
        plan["asked"]["protocol"] = protocol
        (folder / "table.json").write_text(json.dumps(table))
        (folder / "plan.json").write_text(json.dumps(plan))
        if not calibrated:
            (folder / "calibration.json").unlink()
        return Page(make(folder).html)

    return page


def _row(rows: list[Told], sensors: str, people: list[float]) -> Told:
    names = sensors.split("+")
    like = next(row for row in rows if sorted(row["sensors"]) == sorted(names))
    mean = sum(people) / len(people)
    named = {f"p{number}": value for number, value in enumerate(people)}
    return like | {"truth": {"macro_f1": mean, "low": mean - 0.1, "high": mean + 0.1, "per_person": named}}


ONE, TWO = "right_wrist.gyro", "right_wrist.gyro+left_wrist.capacitive"
ALL = "right_wrist.gyro+left_wrist.acc+left_wrist.gyro+left_wrist.capacitive"
HIGH, LOW = [0.9, 0.88, 0.92, 0.91], [0.7, 0.72, 0.69, 0.7]


def test_the_highest_of_many_is_told_as_that_and_never_as_enough(told_of: Study) -> None:
    words = told_of({ONE: HIGH, TWO: LOW, ALL: LOW}).words
    assert "Right wrist gyroscope scored highest of three sets: 0.90 (0.80 to 1.00); all four sensors scored" in words
    assert "would do" not in words and "cheapest of" not in words and _CHOSEN in words


def test_a_cheaper_set_stands_beside_the_highest(told_of: Study) -> None:
    words = told_of({ONE: [0.9] * 4, TWO: LOW, ALL: [0.905] * 4}).words
    assert "the cheapest of three sets within a point of the highest, 0.91" in words and "scored highest" not in words


def test_larger_sets_that_score_clearly_less_are_warned_of(told_of: Study) -> None:
    words = told_of({ONE: HIGH, TWO: LOW, ALL: LOW}).words
    assert (
        f"Two of two larger sets with these sensors in it score clearly less, by up to 20.0 points. {_LARGER}" in words
    )


@pytest.mark.parametrize("larger", [[0.9, 0.88, 0.92, 0.9], [0.95, 0.7, 0.97, 0.8]], ids=["alike", "unclear"])
def test_larger_sets_that_score_no_less_are_not(told_of: Study, larger: list[float]) -> None:
    assert _LARGER not in told_of({ONE: HIGH, ALL: larger}).words


def test_where_zero_lies_inside_it_is_said(told_of: Study) -> None:
    words = told_of({ONE: HIGH, ALL: [0.95, 0.7, 0.97, 0.8]}).words
    assert "zero lies inside, so neither a loss nor its absence was shown" in words
    assert _CHOSEN in words, "it is said without a calibration as well"


def test_stretches_are_told_as_stretches_and_as_a_pilot(told_of: Study) -> None:
    page = told_of({ONE: HIGH, ALL: LOW}, protocol="blocks:4")
    assert "Stretch by stretch this set gains" in page.words and "Person by person" not in page.words
    assert "over 4 stretches" in page.words and "4 stretches tested: a pilot, not a proof" in page.words
    assert "t intervals over stretches" in page.words and page.table("Scores by stretch")
