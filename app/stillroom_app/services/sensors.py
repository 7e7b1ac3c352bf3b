"""The sensors of a data set as a choice: which are kept, how the choice stands in an address, and where each is worn.

A sensor is `site.kind` (`right_wrist.acc`) with its channels. A choice is written as in the address (`keep=`) and read
back from there; what the data set does not have is left out. Nothing here scores anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from stillroom.sensors.catalogue import KINDS, SITES
from stillroom.sensors.layout import Layout

Kept = frozenset[str]


@dataclass(frozen=True)
class Sensor:
    """One sensor of a data set.

    Attributes:
        name: `site.kind`.
        site: where it is worn.
        kind: what it measures.
        channels: how many.
        unit: of its channels.
    """

    name: str
    site: str
    kind: str
    channels: int
    unit: str

    @property
    def title(self) -> str:
        """The kind in words, as far as the catalogue knows it."""
        return KINDS[self.kind].title if self.kind in KINDS else self.kind


@dataclass(frozen=True)
class Place:
    """A site with its sensors.

    Attributes:
        name: of the site.
        x: from a figure's left, seen from the front; None of a site that the catalogue does not know.
        y: from its top, likewise.
        sensors: worn there.
    """

    name: str
    x: float | None
    y: float | None
    sensors: tuple[Sensor, ...]


def spoken(name: str) -> str:
    """A sensor's or a site's name for people."""
    return name.replace("_", " ").replace(".", " ")


def sensors_of(layout: Layout) -> tuple[Sensor, ...]:
    """The sensors of a layout, in its order."""
    found = []
    for name in layout.sensors:
        channels = [channel for channel in layout if channel.sensor == name]
        found.append(Sensor(name, channels[0].site, channels[0].kind, len(channels), channels[0].unit))
    return tuple(found)


def places_of(sensors: Iterable[Sensor]) -> tuple[Place, ...]:
    """The sites in order of first appearance, each with its place on the body where that is known."""
    by_site: dict[str, list[Sensor]] = {}
    for sensor in sensors:
        by_site.setdefault(sensor.site, []).append(sensor)
    found = []
    for site, worn in by_site.items():
        known = SITES.get(site)
        found.append(Place(site, known.x if known else None, known.y if known else None, tuple(worn)))
    return tuple(found)


def read(text: str | None, sensors: Sequence[Sensor]) -> Kept | None:
    """A choice from an address: names of sensors or of whole sites; None where there is none that could be meant."""
    if text is None:
        return None
    named = {word.strip() for word in text.split(",")}
    if named == {"none"}:
        return frozenset()
    found = frozenset(sensor.name for sensor in sensors if sensor.name in named or sensor.site in named)
    return found or None


def written(kept: Collection[str], sensors: Sequence[Sensor]) -> str:
    """A choice as it stands in an address: whole sites by their name alone."""
    return ",".join(words_of(kept, sensors)) or "none"


def view_of(kept: Collection[str], sensors: Sequence[Sensor]) -> str:
    """A choice as a view for the command line: `right_wrist.*,left_wrist.acc.*`."""
    return ",".join(f"{name}.*" for name in words_of(kept, sensors))


def words_of(kept: Collection[str], sensors: Sequence[Sensor]) -> list[str]:
    """The names of a choice, where all of a site by the site's."""
    found: list[str] = []
    for place in places_of(sensors):
        own = [sensor.name for sensor in place.sensors if sensor.name in kept]
        whole = len(own) == len(place.sensors) and (len(own) > 1 or len(places_of(sensors)) > 1)
        found += [place.name] if whole else own
    return found


def said(names: Collection[str], sensors: Sequence[Sensor]) -> str:
    """A set in words: "left wrist, right wrist acc and right wrist gyro"; of very many how many."""
    words = [spoken(name) for name in words_of(names, sensors)]
    if not words:
        return "nothing"
    if len(words) > 4:
        return f"{len(names)} sensors"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def channels_of(kept: Collection[str], sensors: Iterable[Sensor]) -> int:
    """How many channels a choice has."""
    return sum(sensor.channels for sensor in sensors if sensor.name in kept)
