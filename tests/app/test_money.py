"""Assumptions as the page and its address hold them: written over, taken back, read again, refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.app.made import run_like

from stillroom.base.errors import InputError
from stillroom.figures.amounts import count
from stillroom.report.assumptions import Assumptions, from_options
from stillroom.report.of_run import front_and_sections as of_run
from stillroom.report.sources import RunSource, StudySource
from stillroom.report.study_sensors import front_and_sections
from stillroom_app.services import money
from stillroom_app.services.report_contents import source_of


def test_an_address_gives_back_the_assumptions_that_it_was_written_from() -> None:
    assumed = from_options(["units=200", "price.acc=4:3:6", "currency=USD"])
    assert money.from_address(money.to_address(assumed)) == assumed
    assert money.to_address(assumed) == "currency=USD,units=200,price.acc=4:3:6"
    assert money.to_address(Assumptions()) == "" and money.from_address("") == Assumptions()


def test_a_value_beyond_its_ends_takes_them_along() -> None:
    found = money.changed(Assumptions(), "years", "value", "9")
    assert (found.years.value, found.years.low, found.years.high) == (9, 2, 9)


def test_what_is_known_stays_known_until_somebody_gives_it_an_end() -> None:
    found = money.changed(Assumptions(), "units", "value", "250")
    assert found.units.known and found.units.value == 250
    found = money.changed(found, "units", "high", "400")
    assert (found.units.low, found.units.value, found.units.high) == (250, 250, 400)


def test_one_goes_back_to_ours_and_the_others_stay() -> None:
    found = from_options(["units=200", "price.acc=4:3:6"])
    assert money.to_address(money.changed(found, "price.acc", "ours", "")) == "units=200"


@pytest.mark.parametrize(
    ("key", "part", "text", "said"),
    [
        ("years", "low", "4", "must rise"),
        ("years", "value", "-1", "greater than or equal to 0"),
        ("years", "value", "many", "no number"),
        ("years", "value", "inf", "no number"),
        ("units", "value", "2.5", "whole numbers"),
        ("student_months", "value", "3", "nothing is assumed"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(key: str, part: str, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        money.changed(Assumptions(), key, part, text)


def test_the_sensors_of_a_run_are_those_of_its_teacher_and_its_student() -> None:
    found = money.saved(source_of("demo:tsak"), Assumptions())
    assert found is not None and found.kept == ("right_wrist.acc",) and len(found.dropped) == 5


def test_the_sensors_of_a_study_are_those_that_its_report_counts() -> None:
    found, source = money.saved(source_of("demo:sensors"), Assumptions()), source_of("demo:sensors")
    assert found is not None and isinstance(source, StudySource)
    told = front_and_sections(source, None)[2]
    assert (list(found.kept), list(found.dropped)) == (told["kept"], told["dropped"]) and found.dropped
    assert found.as_dict() == told["money"]


def test_the_sums_of_a_run_are_those_that_its_report_prints() -> None:
    source, assumed = source_of("demo:tsak"), from_options(["units=200"])
    found = money.saved(source, assumed)
    assert found is not None and isinstance(source, RunSource)
    assert found.as_dict() == of_run(source, "", assumed)[2]["money"]


def test_a_run_without_a_teacher_saves_nothing(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    text = (run / "report.json").read_text()
    (run / "report.json").write_text(text.replace('"teacher": {', '"another": {', 1))
    assert money.saved(source_of("mine"), Assumptions()) is None


def test_a_run_without_a_distilled_student_saves_what_its_report_prints(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    told = json.loads((run / "report.json").read_text())
    told |= {"student": None, "gain": None, "steps": []}
    (run / "report.json").write_text(json.dumps(told))
    (run / "cost.json").unlink()
    source = source_of("mine")
    found = money.saved(source, Assumptions())
    assert found is not None and len(found.dropped) == 5 and isinstance(source, RunSource)
    front, _, printed = of_run(source, "", Assumptions())
    assert found.as_dict() == printed["money"]
    assert front.cost is not None and front.cost.columns[2][0] == "student alone"
    parameters = next(row for row in front.cost.rows if row[0] == "parameters")
    assert parameters[2] == count(told["alone"]["params"]) and parameters[3].strip("\N{EN DASH}")


def test_a_run_of_one_model_saves_nothing_and_neither_does_its_report(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    told = json.loads((run / "report.json").read_text())
    told |= dict.fromkeys(("student", "alone", "small_teacher", "reference", "forest", "gain"))
    (run / "report.json").write_text(json.dumps(told | {"steps": []}))
    source = source_of("mine")
    assert isinstance(source, RunSource) and money.saved(source, Assumptions()) is None
    assert of_run(source, "", Assumptions())[0].money == "No sensor goes, so none is saved."
