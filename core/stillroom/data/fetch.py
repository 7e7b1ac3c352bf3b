"""Fetches a publisher's archives: whole or not at all, and the same bytes as the first time.

Where the publisher states a checksum it must fit. Where none is known, the SHA-256 of the first download is written to
`FILE.lock.json` beside the archive and every later download or use is compared with it: that finds damage and silent
changes, but cannot prove that the first download was right. Archives are not unpacked; the sources read them as zips.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from stillroom.base.errors import InputError, StillroomError
from stillroom.base.events import Emit, Event, silent
from stillroom.base.paths import cache_dir, read_json, whole_file, write_json
from stillroom.base.registry import did_you_mean
from stillroom.data.publishers import CATALOGUE, Archive, Publication

Checksum = Literal["stated by the publisher", "as first seen", "first seen now"]
_CHUNK_BYTES = 1 << 16
_TIMEOUT_S = 30


class FetchError(StillroomError):
    """A download did not come, or came damaged; the sentence says what to put where by hand."""


@dataclass(frozen=True)
class Fetched:
    """One archive that lies ready.

    Attributes:
        file: where.
        url: where it came from.
        sha256: of its bytes.
        size_bytes: of its bytes.
        checksum: what the SHA-256 was compared with.
        downloaded: False where it lay there already.
    """

    file: Path
    url: str
    sha256: str
    size_bytes: int
    checksum: Checksum
    downloaded: bool

    def as_dict(self) -> dict[str, Any]:
        """What a script reads."""
        return {**vars(self), "file": str(self.file)}


class _Progress:
    """Speaks pooch's language of bars and passes each step on as an event, at most one for each hundredth."""

    def __init__(self, name: str, emit: Emit) -> None:
        self.total = 0
        self._name, self._emit = name, emit
        self._done, self._told = 0, -1

    def update(self, count: int) -> None:
        self._done += count
        done = min(self._done, self.total) if self.total else self._done
        step = done * 100 // self.total if self.total else done >> 20
        if step > self._told:
            self._told = step
            data = {"part": self._name, "done": done, "of": self.total or None, "unit": "bytes"}
            self._emit(Event("fetch.bytes", data=data))

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """There is nothing to close."""


def fetch(
    name: str, *, to: Path | None = None, parts: tuple[str, ...] = (), emit: Emit = silent
) -> tuple[Fetched, ...]:
    """Fetches a data set's archives that do not lie there yet, and compares those that do.

    Args:
        name: of a source.
        to: the folder to keep them in; one of the cache by default.
        parts: which archives, where the publisher cut the set; ("all",) for all.
        emit: hears of the bytes.

    Raises:
        InputError: the set cannot be fetched, or has no such part.
        FetchError: no network, a refusal, a broken transfer, or another checksum than expected.
    """
    if name not in CATALOGUE:
        raise InputError(f"{name!r} cannot be fetched", mend=did_you_mean(name, list(CATALOGUE)))
    publication = CATALOGUE[name]
    folder = to or folder_of(name)
    return tuple(_one(publication, archive, folder, emit) for archive in publication.chosen(parts))


def folder_of(name: str) -> Path:
    """Where a set's archives are kept by default."""
    return cache_dir() / "archives" / name


def source_text(name: str, folder: Path) -> str:
    """What to type to open what was fetched: `NAME:FILE`, or `NAME:FOLDER` where there are several archives."""
    archives = CATALOGUE[name].archives
    return f"{name}:{folder / archives[0].file if len(archives) == 1 else folder}"


def _one(publication: Publication, archive: Archive, folder: Path, emit: Emit) -> Fetched:
    target = folder / archive.file
    lock = target.with_name(f"{archive.file}.lock.json")
    seen = _locked(lock)
    expected = archive.sha256 or seen
    lay_there = target.is_file()
    if lay_there:
        sha256 = _sha256(target)
        if expected and sha256 != expected:
            raise FetchError(
                "the archive is no longer the one that was fetched",
                where=str(target),
                mend=f"Remove it and fetch it again; where the publisher changed it, remove {lock.name} too",
            )
        if not zipfile.is_zipfile(target):
            raise FetchError(
                "the archive is truncated or no zip", where=str(target), mend="Remove it and fetch it again"
            )
    else:
        sha256 = _download(publication, archive, target, expected, emit)
    if not seen:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(lock, {"url": archive.url, "sha256": sha256, "size_bytes": target.stat().st_size, "seen": when})
    checksum: Checksum = "stated by the publisher" if archive.sha256 else "as first seen" if seen else "first seen now"
    return Fetched(target, archive.url, sha256, target.stat().st_size, checksum, not lay_there)


def _download(publication: Publication, archive: Archive, target: Path, expected: str, emit: Emit) -> str:
    """Downloads beside the target and renames only what is whole and fits; returns the SHA-256."""
    import pooch
    import requests

    by_hand = (
        f"Or get {archive.file} from {publication.page} in a browser, put it into {target.parent}, "
        f"and open it as {source_text(publication.name, target.parent)}"
    )
    progress = _Progress(archive.file, emit)
    download = pooch.HTTPDownloader(progressbar=progress, chunk_size=_CHUNK_BYTES, timeout=_TIMEOUT_S)
    with whole_file(target) as beside:
        try:
            download(archive.url, str(beside), None)
        except requests.HTTPError as error:
            answer = (
                f"{error.response.status_code} {error.response.reason}" if error.response is not None else "an error"
            )
            what = f"the publisher answered {answer}"
            raise FetchError(what, where=archive.url, mend=by_hand) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            host = urlsplit(archive.url).hostname
            what = f"{host} cannot be reached: there is no network, or it is down"
            raise FetchError(what, where=archive.url, mend=f"Try again later. {by_hand}") from error
        except requests.RequestException as error:
            raise FetchError("the transfer broke off", where=archive.url, mend=f"Fetch again. {by_hand}") from error
        sha256 = _sha256(beside)
        if expected and sha256 != expected:
            source = "the publisher states" if archive.sha256 else "was seen at the first download"
            raise FetchError(
                f"the checksum does not fit: SHA-256 {sha256[:12]}..., {expected[:12]}... {source}",
                where=archive.url,
                mend=f"Nothing was kept. Fetch again; if the publisher changed it, remove {target.name}.lock.json",
            )
        if not zipfile.is_zipfile(beside):
            raise FetchError("what came is no zip: a login page, or a broken transfer", where=archive.url, mend=by_hand)
    return sha256


def _locked(lock: Path) -> str:
    """The SHA-256 that was seen first; "" where none was."""
    if not lock.is_file():
        return ""
    value = read_json(lock)
    if not isinstance(value, dict) or not isinstance(value.get("sha256"), str):
        raise InputError("no SHA-256 stands in the lock", where=str(lock), mend="Remove it and fetch again")
    return str(value["sha256"])


def _sha256(path: Path) -> str:
    import hashlib

    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
