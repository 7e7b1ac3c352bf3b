"""What fewer sensors save: by hand, as properties, and in words that claim nothing beyond the assumptions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.report.money import (
    Assumptions,
    Energy,
    Range,
    Savings,
    amount,
    energy_of,
    from_options,
    savings,
    sensors_of,
    sentence,
    tornado,
)

ALL = ("right_wrist.acc", "right_wrist.gyro", "left_wrist.acc", "left_wrist.gyro", "head.temp")
KEYS = ("units", "years", "housing", "battery", "minutes", "hourly", "price.acc", "price.gyro", "price.temp")
ranges = st.tuples(*[st.integers(1, 2000)] * 3).map(sorted).map(lambda of: (of[1], of[0], of[2]))
kept = st.sets(st.sampled_from(ALL))


@st.composite
def assumed(draw: st.DrawFn) -> Assumptions:
    """Any assumptions, each with its ends."""
    options = [f"{key}={draw(ranges)}".replace(", ", ":").replace("(", "").replace(")", "") for key in KEYS]
    return from_options(options)


def saved_with(stays: set[str], of: Assumptions) -> Savings:
    return savings([one for one in ALL if one not in stays], sorted(stays), of)


def test_what_is_saved_is_what_the_formula_gives_by_hand() -> None:
    of = from_options(
        ["units=10", "years=2", "price.acc=5", "price.gyro=7", "housing=50", "battery=4", "battery_months=6",
         "minutes=90", "hourly=20"]
    )  # fmt: skip
    found = savings(["left_wrist.acc", "left_wrist.gyro", "right_wrist.gyro"], ["right_wrist.acc"], of)
    assert {part.name: (part.before, part.after) for part in found.parts} == {
        "hardware": (10 * (2 * 5 + 2 * 7 + 2 * 50), 10 * (5 + 50)),
        "batteries": (10 * 2 * 24 / 6 * 4, 10 * 24 / 6 * 4),
        "care": (10 * 2 * 2 * 1.5 * 20, 10 * 2 * 1.5 * 20),
    }
    assert found.wearables == (2, 1)


def test_a_wearable_is_saved_only_where_its_last_sensor_goes() -> None:
    found = savings(["left_wrist.gyro"], ["left_wrist.acc"], from_options(["units=1", "price.gyro=6"]))
    assert found.wearables == (1, 1) and found.total.saved == 6
    assert "wearables of every worker" not in sentence(found)


@given(kept, assumed())
def test_parts_add_up_and_nothing_is_lost_between_saved_and_what_stays(stays: set[str], of: Assumptions) -> None:
    found = saved_with(stays, of)
    assert found.total.saved == pytest.approx(sum(part.saved for part in found.parts))
    assert found.total.before == pytest.approx(found.total.saved + found.total.after)
    assert all(part.saved >= 0 and part.after >= 0 for part in found.parts), "lives are alike, so nothing costs more"


@given(kept, st.sampled_from(ALL), assumed())
def test_who_drops_one_more_sensor_saves_no_less(stays: set[str], one: str, of: Assumptions) -> None:
    assert saved_with(stays - {one}, of).total.saved >= saved_with(stays | {one}, of).total.saved - 1e-6


@given(kept, assumed(), st.sampled_from(KEYS), st.integers(1, 1000))
def test_a_dearer_thing_saves_no_less(stays: set[str], of: Assumptions, key: str, more: int) -> None:
    before = of.of(key)
    assert before is not None
    value = before.value + more
    dearer = of.having(key, Range(value=value, low=value, high=value))
    assert saved_with(stays, dearer).total.saved >= saved_with(stays, of).total.saved - 1e-6


@given(kept, st.sampled_from(["units", "years"]))
def test_without_workers_or_years_there_is_nothing_to_save_but_hardware(stays: set[str], key: str) -> None:
    found = saved_with(stays, from_options([f"{key}=0"]))
    assert [part.saved for part in found.parts][key == "years" :] == [0.0] * (2 if key == "years" else 3)


@given(kept, assumed())
def test_the_tornado_s_ends_are_what_is_saved_there(stays: set[str], of: Assumptions) -> None:
    found = saved_with(stays, of)
    swings = tornado(found)
    assert [swing.width for swing in swings] == sorted((swing.width for swing in swings), reverse=True)
    for swing in swings:
        for end, at in ((swing.line.given.low, swing.at_low), (swing.line.given.high, swing.at_high)):
            there = of.having(swing.line.key, Range(value=end, low=end, high=end))
            assert at == pytest.approx(saved_with(stays, there).total.saved)


def test_a_known_value_and_a_price_of_nothing_that_goes_have_no_bar() -> None:
    found = savings(["left_wrist.gyro"], ["left_wrist.acc"], from_options(["units=200"]))
    assert [swing.line.key for swing in tornado(found)] == ["price.gyro"]


def test_a_battery_lasts_longer_as_an_answer_takes_less() -> None:
    of = from_options(["other_mw=3", "battery_months=6", "units=1", "years=1", "battery=1"])
    energy = Energy(teacher_mj=6.0, student_mj=1.0, stride_s=1.0, source="measured on a board")
    (batteries,) = (part for part in savings([], ["wrist.acc"], of, energy).parts if part.name == "batteries")
    assert batteries.before == 2.0 and batteries.after == pytest.approx(2.0 * 4 / 9)
    given_life = from_options(["student_months=12"], of)
    assert savings([], ["wrist.acc"], given_life, energy).parts[1].after == 1.0, "what somebody gives counts more"
    assert [line.key for line in savings([], ["wrist.acc"], of, energy).lines if "mw" in line.key] == ["other_mw"]


def test_only_a_measured_energy_of_both_models_is_taken() -> None:
    both = [
        {"model": role, "quantity": "energy", "device": "board", "value": value, "provenance": "measured on board",
         "unit": "mJ", "runtime": "onnxruntime", "precision": "fp32"}
        for role, value in (("teacher", 6.0), ("student", 1.0))
    ]  # fmt: skip
    found = energy_of({"figures": both}, "board", 2.0)
    assert found is not None and (found.teacher_mj, found.student_mj, found.stride_s) == (6.0, 1.0, 2.0)
    assert energy_of({"figures": both[1:]}, "board", 2.0) is None
    assert energy_of({"figures": [both[0], both[1] | {"provenance": "bracket"}]}, "board", 2.0) is None
    assert energy_of({"figures": [both[0], both[1] | {"value": None}]}, "board", 2.0) is None
    assert energy_of(None, "board", 2.0) is None


def test_the_sentence_says_under_which_assumptions_and_what_stays_to_be_paid() -> None:
    found = saved_with({"right_wrist.acc"}, Assumptions())
    said = sentence(found)
    assert said.startswith("Under these assumptions, leaving out 4 of 5 sensors, and with them 2 of 3 wearables")
    assert amount(found.total.saved, "EUR") in said and amount(found.total.after, "EUR") in said
    swings = tornado(found)
    ends = [end for swing in swings for end in (swing.at_low, swing.at_high)]
    assert f"between {amount(min(ends), 'EUR')} and {amount(max(ends), 'EUR')}" in said


def test_a_battery_life_that_follows_from_a_board_s_energy_says_so() -> None:
    energy = Energy(6.0, 1.0, 2.0, "measured on a board", "orin-nano, ONNX Runtime, fp32, 15W")
    found = savings(["left_wrist.acc"], ["right_wrist.acc"], Assumptions(), energy)
    board = "the energy measured on orin-nano, ONNX Runtime, fp32, 15W, as if the models ran on the wearable itself"
    assert board in sentence(found)
    given = savings(["left_wrist.acc"], ["right_wrist.acc"], from_options(["student_months=9"]), energy)
    assert "as if" not in sentence(given) and "as if" not in sentence(saved_with({"right_wrist.acc"}, Assumptions()))


def test_the_only_wearable_is_not_one_of_one() -> None:
    assert "the only wearable of every worker" in sentence(savings(["wrist.acc"], [], Assumptions()))


def test_what_costs_more_is_not_called_a_saving() -> None:
    found = savings(["wrist.gyro"], ["wrist.acc"], from_options(["student_months=1", "price.gyro=0"]))
    assert found.total.saved < 0 and "costs about" in sentence(found) and "saves" not in sentence(found)
    assert "no sensor" in sentence(savings([], ["wrist.acc"]))


def test_a_sensor_that_goes_and_stays_is_refused() -> None:
    with pytest.raises(InputError, match=r"dropped and kept.*wrist\.acc"):
        savings(["wrist.acc"], ["wrist.acc", "wrist.gyro"])


def test_sensors_are_those_of_the_channels_in_their_order() -> None:
    assert sensors_of(["b.acc.x", "b.acc.y", "a.gyro.z", "odd"]) == ("b.acc", "a.gyro", "odd")


@pytest.mark.parametrize(
    ("value", "said"), [(34_321, "34,300 EUR"), (-1234.5, "−1,230 EUR"), (99.6, "100 EUR"), (0, "0 EUR")]
)
def test_money_is_told_to_three_digits(value: float, said: str) -> None:
    assert amount(value, "EUR") == said
