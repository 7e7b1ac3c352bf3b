"""Units at the border: whatever a file holds becomes the canonical unit of its kind before anything else sees it."""

from __future__ import annotations

import math

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean

STANDARD_GRAVITY_MS2 = 9.80665

_FACTORS: dict[str, tuple[str, float]] = {
    # unit: (canonical unit of its quantity, factor)
    "m/s2": ("m/s2", 1.0),
    "g": ("m/s2", STANDARD_GRAVITY_MS2),
    "mg": ("m/s2", STANDARD_GRAVITY_MS2 / 1000),
    "rad/s": ("rad/s", 1.0),
    "deg/s": ("rad/s", math.pi / 180),
    "mdeg/s": ("rad/s", math.pi / 180_000),
    "uT": ("uT", 1.0),
    "mG": ("uT", 0.1),
    "nT": ("uT", 1e-3),
    "pF": ("pF", 1.0),
    "fF": ("pF", 1e-3),
    "uS": ("uS", 1.0),
    "degC": ("degC", 1.0),
    "hPa": ("hPa", 1.0),
    "Pa": ("hPa", 0.01),
    "1": ("1", 1.0),
}


def known_units() -> list[str]:
    """Every unit that can be read."""
    return list(_FACTORS)


def factor(unit: str, to: str) -> float:
    """What a value in `unit` is multiplied by to be in `to`.

    Raises:
        InputError: a unit is unknown, or the two measure different quantities.
    """
    for name in (unit, to):
        if name not in _FACTORS:
            raise InputError(f"unknown unit {name!r}", mend=did_you_mean(name, known_units()))
    (base_from, scale_from), (base_to, scale_to) = _FACTORS[unit], _FACTORS[to]
    if base_from != base_to:
        raise InputError(f"{unit} cannot become {to}: they measure different quantities")
    return scale_from / scale_to
