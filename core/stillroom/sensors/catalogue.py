"""The catalogue of body sites and sensor kinds.

A kind says how its channels behave: the canonical unit, the axes, and whether the axes form a vector that turns with
the sensor (a triad), a unit quaternion, or stand for themselves. Sites outside the catalogue are allowed in a user's
own data; a kind outside it is treated as `other` (no rotation, unit as given).
"""

from __future__ import annotations

from typing import Literal

from stillroom.base.config import Config

Geometry = Literal["vector", "quaternion", "scalar"]


class Kind(Config):
    """A kind of sensor."""

    name: str
    title: str
    unit: str
    axes: tuple[str, ...]
    geometry: Geometry


class Site(Config):
    """A place on the body; `x`, `y` are fractions of a figure seen from the front (0, 0 at its top left)."""

    name: str
    title: str
    x: float
    y: float


_XYZ = ("x", "y", "z")

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name="acc", title="Acceleration with gravity", unit="m/s2", axes=_XYZ, geometry="vector"),
        Kind(name="gyro", title="Rate of turn", unit="rad/s", axes=_XYZ, geometry="vector"),
        Kind(name="mag", title="Magnetic field", unit="uT", axes=_XYZ, geometry="vector"),
        Kind(name="magn", title="Magnetic field, normalised", unit="1", axes=_XYZ, geometry="vector"),
        Kind(name="quat", title="Orientation", unit="1", axes=("w", "x", "y", "z"), geometry="quaternion"),
        Kind(name="capacitive", title="Body capacitance", unit="pF", axes=("e1", "e2", "e3"), geometry="scalar"),
        Kind(name="bvp", title="Blood volume pulse", unit="1", axes=("v",), geometry="scalar"),
        Kind(name="eda", title="Skin conductance", unit="uS", axes=("v",), geometry="scalar"),
        Kind(name="temp", title="Temperature", unit="degC", axes=("v",), geometry="scalar"),
        Kind(name="baro", title="Air pressure", unit="hPa", axes=("v",), geometry="scalar"),
        Kind(name="other", title="Other", unit="1", axes=("v",), geometry="scalar"),
    )
}

SITES: dict[str, Site] = {
    name: Site(name=name, title=name.replace("_", " "), x=x, y=y)
    for name, x, y in (
        ("head", 0.50, 0.06),
        ("chest", 0.50, 0.27),
        ("torso", 0.50, 0.33),
        ("waist", 0.50, 0.47),
        ("right_upper_arm", 0.31, 0.29),
        ("left_upper_arm", 0.69, 0.29),
        ("right_arm", 0.26, 0.38),
        ("left_arm", 0.74, 0.38),
        ("right_wrist", 0.21, 0.49),
        ("left_wrist", 0.79, 0.49),
        ("right_hand", 0.20, 0.53),
        ("left_hand", 0.80, 0.53),
        ("right_pocket", 0.42, 0.53),
        ("left_pocket", 0.58, 0.53),
        ("right_thigh", 0.43, 0.61),
        ("left_thigh", 0.57, 0.61),
        ("right_leg", 0.42, 0.72),
        ("left_leg", 0.58, 0.72),
        ("right_shin", 0.42, 0.80),
        ("left_shin", 0.58, 0.80),
        ("right_ankle", 0.42, 0.90),
        ("left_ankle", 0.58, 0.90),
    )
}


def kind_of(name: str) -> Kind:
    """The kind's entry; an uncatalogued kind behaves as `other`."""
    return KINDS.get(name, KINDS["other"])
