"""One process at a time works on a folder: a lock that the system takes away with the process, however that ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stillroom.base.errors import InputError, StorageError
from stillroom.base.paths import storage_errors

NAME = ".lock"


@contextmanager
def held(folder: Path, what: str = "run", mend: str = "or choose another --run folder") -> Iterator[None]:
    """Holds a folder for as long as it lasts.

    Args:
        folder: of the run, or of what `what` names.
        what: for the message.
        mend: what else a person could do, for the message.

    Raises:
        InputError: another process holds it.
    """
    with tried(folder) as ours:
        if not ours:
            raise InputError(
                f"another process is working on this {what}",
                where=str(folder),
                mend=f"Wait for it or stop it{', ' * bool(mend)}{mend}",
            )
        yield


@contextmanager
def tried(folder: Path) -> Iterator[bool]:
    """Holds a folder if nobody else does, and tells whether."""
    path = folder / NAME
    with storage_errors(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield _take(handle)
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
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise StorageError(
            f"the disk cannot lock files: {error.strerror}", mend="Choose a folder on a disk of this machine"
        ) from error
    return True
