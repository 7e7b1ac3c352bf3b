"""A folder that appears whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stillroom.base.errors import InputError
from stillroom.base.paths import storage_errors


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yields a folder beside the wanted one, which takes its name when all went well and vanishes otherwise.

    Raises:
        InputError: something lies there already.
        StorageError: the disk refuses.
    """
    with storage_errors(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError("something lies here already", where=str(folder), mend="Choose a new folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = folder.parent / f".{folder.name}.{secrets.token_hex(4)}.part"
        beside.mkdir()
        try:
            yield beside
            if folder.exists():
                folder.rmdir()
            beside.replace(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
