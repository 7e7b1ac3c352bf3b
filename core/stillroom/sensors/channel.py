"""A channel: one axis of one kind of sensor at one site, as `right_wrist.acc.x`."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from stillroom.base.config import Config
from stillroom.sensors.catalogue import Geometry, kind_of

_WORD = re.compile(r"[a-z0-9_]+")


class Channel(Config):
    """One axis of one sensor.

    Attributes:
        site: where it is worn.
        kind: what it measures.
        axis: which axis or electrode.
        unit: the unit of its values.
        rate_hz: the rate at which the sensor delivered it; a recording may hold it resampled.
    """

    site: str
    kind: str
    axis: str
    unit: str
    rate_hz: float = Field(gt=0)

    @field_validator("site", "kind", "axis")
    @classmethod
    def _is_word(cls, value: str) -> str:
        if not _WORD.fullmatch(value):
            raise ValueError(f"{value!r} must be small letters, digits and underscores")
        return value

    @property
    def name(self) -> str:
        """`site.kind.axis`."""
        return f"{self.site}.{self.kind}.{self.axis}"

    @property
    def sensor(self) -> str:
        """`site.kind`: what is switched on or off together."""
        return f"{self.site}.{self.kind}"

    @property
    def geometry(self) -> Geometry:
        """How the kind's axes belong together."""
        return kind_of(self.kind).geometry


def sensor_channels(site: str, kind: str, rate_hz: float, unit: str | None = None) -> tuple[Channel, ...]:
    """All channels of one catalogued sensor, in the kind's order of axes."""
    entry = kind_of(kind)
    return tuple(
        Channel(site=site, kind=kind, axis=axis, unit=unit or entry.unit, rate_hz=rate_hz) for axis in entry.axes
    )
