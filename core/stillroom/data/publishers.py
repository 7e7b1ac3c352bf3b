"""Where the publishers keep their data sets: pages, archives, and the checksums that are known.

No publisher of these prints a SHA-256 that could be compared here, so none is given: the first download's is
recorded (see `fetch`). A checksum is written here only when the publisher states it.
"""

from __future__ import annotations

from pydantic import Field

from stillroom.base.config import Config
from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean

_OPENPACK_IDS = (*(f"U01{n:02d}" for n in range(1, 12)), *(f"U02{n:02d}" for n in range(1, 11)))


class Archive(Config):
    """One file to download.

    Attributes:
        part: what `--part` calls it.
        file: the name it is kept under.
        url: where it lies.
        sha256: as the publisher states it; "" where the publisher states none.
    """

    part: str
    file: str
    url: str
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")


class Publication(Config):
    """A data set as its publisher offers it.

    Attributes:
        name: of the source that reads it.
        page: for a browser.
        archives: what can be downloaded; several where the publisher cut it by person.
    """

    name: str
    page: str
    archives: tuple[Archive, ...]

    def chosen(self, parts: tuple[str, ...]) -> tuple[Archive, ...]:
        """The archives to fetch.

        Raises:
            InputError: an unknown part, or none named where there are several.
        """
        known = [archive.part for archive in self.archives]
        if not parts and len(self.archives) > 1:
            raise InputError(
                f"{self.name} comes in {len(known)} parts: say which",
                mend=f"As --part {known[0]} (several times for several), or --part all. Parts: {', '.join(known)}",
            )
        if unknown := [part for part in parts if part not in known and part != "all"]:
            raise InputError(f"{self.name} has no part {unknown[0]!r}", mend=did_you_mean(unknown[0], known))
        return tuple(a for a in self.archives if not parts or "all" in parts or a.part in parts)


def _one(name: str, page: str, file: str, url: str) -> Publication:
    return Publication(name=name, page=page, archives=(Archive(part=name, file=file, url=url),))


_UCI = "https://archive.ics.uci.edu"
_HAPT = "smartphone+based+recognition+of+human+activities+and+postural+transitions"

CATALOGUE: dict[str, Publication] = {
    item.name: item
    for item in (
        _one(
            "dsads",
            f"{_UCI}/dataset/256/daily+and+sports+activities",
            "daily+and+sports+activities.zip",
            f"{_UCI}/static/public/256/daily+and+sports+activities.zip",
        ),
        _one("hapt", f"{_UCI}/dataset/341/{_HAPT}", f"{_HAPT}.zip", f"{_UCI}/static/public/341/{_HAPT}.zip"),
        Publication(
            name="openpack",
            page="https://zenodo.org/records/8145223",
            archives=tuple(
                Archive(part=part, file=f"{part}.zip", url=f"https://zenodo.org/records/8145223/files/{part}.zip")
                for part in _OPENPACK_IDS
            ),
        ),
        _one(
            "spsw",
            "https://github.com/GeoTecINIT/sp-sw-har-dataset (archived: https://doi.org/10.5281/zenodo.8398688)",
            "sp-sw-har-dataset-main.zip",
            "https://github.com/GeoTecINIT/sp-sw-har-dataset/archive/refs/heads/main.zip",
        ),
    )
}
