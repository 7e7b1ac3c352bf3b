"""Units: known factors, there and back again, and no way between different quantities."""

from __future__ import annotations

import itertools
import math

import pytest

from stillroom.base.errors import InputError
from stillroom.sensors.units import factor, known_units

REFUSED = "cannot become"


@pytest.mark.parametrize(
    ("unit", "to", "expected"),
    [
        ("g", "m/s2", 9.80665),  # standard gravity, CGPM 1901
        ("mg", "g", 1e-3),
        ("deg/s", "rad/s", math.pi / 180),
        ("mdeg/s", "deg/s", 1e-3),
        ("rad/s", "deg/s", 57.29577951308232),
        ("mG", "uT", 0.1),
        ("nT", "uT", 1e-3),
        ("fF", "pF", 1e-3),
        ("Pa", "hPa", 1e-2),
        ("degC", "degC", 1.0),
    ],
)
def test_known_factors(unit: str, to: str, expected: float) -> None:
    assert factor(unit, to) == pytest.approx(expected, rel=1e-12)


def _way(unit: str, to: str) -> float | None:
    try:
        return factor(unit, to)
    except InputError as error:
        assert REFUSED in error.what
        return None


def test_every_way_leads_back_and_by_any_detour() -> None:
    for one, two, three in itertools.product(known_units(), repeat=3):
        there, on = _way(one, two), _way(two, three)
        assert (there is None) == (_way(two, one) is None)
        if there is not None and on is not None:
            assert there * on == pytest.approx(factor(one, three), rel=1e-12)


@pytest.mark.parametrize(("unit", "to"), [("g", "rad/s"), ("deg/s", "m/s2"), ("uT", "1"), ("pF", "uS"), ("1", "g")])
def test_different_quantities_do_not_mix(unit: str, to: str) -> None:
    with pytest.raises(InputError, match=rf"{unit} cannot become {to}: they measure different quantities"):
        factor(unit, to)


@pytest.mark.parametrize(
    ("unit", "to", "said"),
    [
        ("deg/sec", "rad/s", r"unknown unit 'deg/sec'\. Did you mean deg/s"),
        ("g", "ms2", r"unknown unit 'ms2'\. Did you mean m/s2"),
        ("furlong", "m/s2", r"unknown unit 'furlong'\. Known: m/s2, g"),
        ("", "m/s2", "unknown unit ''"),
        ("G", "m/s2", "unknown unit 'G'"),
    ],
)
def test_an_unknown_unit_is_named(unit: str, to: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        factor(unit, to)
