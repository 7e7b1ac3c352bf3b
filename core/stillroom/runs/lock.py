"""One process at a time works on a run: a lock that the system takes away with the process, however that ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stillroom.base.errors import InputError
from stillroom.base.paths import storage_errors

NAME = ".lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds a run's folder for as long as it lasts.

    Raises:
        InputError: another process holds it.
    """
    path = folder / NAME
    with storage_errors(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _take(handle):
            raise InputError(
                "another process is working on this run",
                where=str(folder),
                mend="Wait for it or stop it, or choose another --run folder",
            )
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
