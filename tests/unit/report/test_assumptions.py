"""Assumptions: ours until another is given, read and written without loss, refused in words where they cannot be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.report.assumptions import Assumptions, Range, as_options, from_options, lines
from stillroom.sensors.catalogue import KINDS

numbers = st.floats(0.01, 1e8)
options = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["hourly", "price.acc", "price.emg_2", "student_months"]), numbers).map(
            lambda of: f"{of[0]}={of[1]!r}"
        ),
        st.tuples(st.sampled_from(["years", "minutes", "housing"]), st.lists(numbers, min_size=3, max_size=3)).map(
            lambda of: "{0}={2!r}:{1!r}:{3!r}".format(of[0], *sorted(of[1]))
        ),
        st.integers(0, 10**6).map(lambda many: f"units={many}"),
        st.just("currency=USD"),
    )
)


def test_every_kind_of_sensor_has_a_price_with_two_ends() -> None:
    price = Assumptions().price
    assert set(KINDS) <= set(price) and not any(one.known for one in price.values())


def test_an_unlisted_kind_costs_what_other_sensors_do() -> None:
    assert Assumptions().of("price.radar") == Assumptions().price["other"]
    assert from_options(["price.radar=90"]).of("price.radar") == Range(value=90, low=90, high=90)


@given(options)
def test_options_give_back_what_they_were_written_from(given_: list[str]) -> None:
    found = from_options(given_)
    assert from_options(as_options(found)) == found
    assert Assumptions.from_input(json.loads(json.dumps(found.model_dump(mode="json"))), where="file") == found


def test_ours_are_written_as_nothing() -> None:
    assert as_options(Assumptions()) == []
    assert as_options(from_options(["units=200:100:400", "price.acc=4:3:6"])) == [
        "units=200:100:400",
        "price.acc=4:3:6",
    ]


def test_what_somebody_gave_is_not_called_ours() -> None:
    told = {line.key: line for line in lines(from_options(["units=7", "currency=CHF"]), ["acc", "acc", "gyro"])}
    assert not told["units"].ours and told["price.acc"].ours and told["price.acc"].unit == "CHF each"
    assert list(told).count("price.acc") == 1 and "price.mag" not in told and "other_mw" not in told
    assert "other_mw" in {line.key for line in lines(Assumptions(), [], energies=True)}


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("units=-1", "greater than or equal to 0"),
        ("units=2.5", "whole numbers"),
        ("units=4:5:3", r"5 \(low\), 4 and 3 \(high\) must rise"),
        ("units", "no number"),
        ("hourly=1:2", "no number"),
        ("hourly=nan", "no number"),
        ("years=1e99", "less than or equal"),
        ("battery_months=0", "at least 0.01 months"),
        ("student_months=5:0:9", "at least 0.01 months"),
        ("unts=3", "Did you mean units"),
        ("model_config=3", "nothing is assumed"),
        ("price.<b>=3", "no kind of sensor"),
        ("currency=<b>", "a currency is"),
        ("currency=", "a currency is"),
    ],
)
def test_what_cannot_be_assumed_is_refused_by_its_option(option: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        from_options([option])
    assert error.value.where == f"--assume {option}" and error.value.mend


def test_a_file_may_give_a_bare_number_and_leave_the_rest() -> None:
    found = Assumptions.from_input({"units": 12, "price": {"acc": 1}}, where="file")
    assert found.units.known and found.price["acc"].value == 1 and found.price["gyro"] == Assumptions().price["gyro"]
    with pytest.raises(InputError, match="file"):
        Assumptions.from_input({"unit": 12}, where="file")
