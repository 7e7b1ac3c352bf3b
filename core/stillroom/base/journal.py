"""Journals: files of one JSON object a line, appended as things happen and read while they grow.

A process that is killed may leave a torn last line: readers pass over it, and `mend` takes it away before more is
appended.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stillroom.base.paths import json_text, storage_errors


def append(path: Path, value: dict[str, Any]) -> None:
    """Appends one object.

    Raises:
        StorageError: the disk refuses.
    """
    with storage_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(json_text(value, allow_nan=True) + "\n")


def mend(path: Path) -> None:
    """Takes a torn last line away."""
    if path.exists():
        whole = path.read_bytes().rfind(b"\n") + 1
        with path.open("rb+") as file:
            file.truncate(whole)


def read_from(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The objects from a place on, and the place to go on from; a line that is not whole yet is left for later.

    Args:
        path: the journal; none yet is an empty one.
        offset: bytes already read.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:
        return [], offset
    whole = data[: data.rfind(b"\n") + 1]
    return [found for line in whole.splitlines() if (found := _parsed(line)) is not None], offset + len(whole)


def read_end(path: Path, size: int) -> tuple[list[dict[str, Any]], bool]:
    """The objects of the journal's last part, and whether that is all of it.

    Args:
        path: the journal; none yet is an empty one.
        size: bytes to look at, from the end.
    """
    begin = max(0, path.stat().st_size - size) if path.exists() else 0
    events, _ = read_from(path, begin)  # a first line that begins in its middle is no object, and is passed over
    return events, begin == 0


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
