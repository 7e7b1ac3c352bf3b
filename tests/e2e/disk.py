"""A small disk of a test's own, and how to fill it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(place: Path) -> Iterator[Path]:
    """A disk of 4 MB, for as long as it lasts; where none may be mounted, the test is skipped."""
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("only root on Linux may mount a small disk")
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    told = subprocess.run(words, capture_output=True, text=True)
    if told.returncode:
        pytest.skip(f"no small disk could be mounted: {told.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path, free_bytes: int) -> None:
    """Leaves so much room."""
    (disk / "filler").unlink(missing_ok=True)
    there = os.statvfs(disk)
    with (disk / "filler").open("wb") as file:
        file.write(b"0" * (there.f_bavail * there.f_frsize - free_bytes))
