"""Files that appear whole or not at all (write beside, fsync, rename), and where things live by default."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError, StorageError

WORKSPACE = "STILLROOM_WORKSPACE"


def cache_dir() -> Path:
    """Where parsed recordings and fetched archives are kept: `STILLROOM_CACHE`, else the user's cache folder."""
    named = os.environ.get("STILLROOM_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "stillroom"


def workspace() -> Path:
    """Where runs and jobs are kept by default: `STILLROOM_WORKSPACE`, else `runs` in the current folder."""
    return Path(os.environ.get(WORKSPACE) or "runs")


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns the disk's refusals into a `StorageError` that names the path."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not path.parent.exists():
            raise StorageError("the folder is gone", where=str(path.parent)) from error
        mends = {
            errno.ENOSPC: "The disk is full: free some space or choose another folder, then run the command again",
            errno.EDQUOT: "The disk quota is used up: free some space or choose another folder",
            errno.EROFS: "The disk is read-only: choose another folder",
            errno.EACCES: "The folder may not be written to: choose another, or change its permissions",
            errno.EPERM: "The folder may not be written to: choose another, or change its permissions",
            errno.ENOTDIR: "A file stands where a folder should be: move it, or choose another folder",
            errno.EEXIST: "A file stands where a folder should be: move it, or choose another folder",
            errno.EISDIR: "A folder stands where the file should be: move it, or choose another name",
            errno.ENAMETOOLONG: "The name is too long: choose a shorter one",
            errno.EFBIG: "The disk takes no file that large: choose another folder",
            errno.EIO: "The disk has failed: choose another folder",
        }
        if error.errno not in mends:
            raise
        raise StorageError("cannot write", where=str(path), mend=mends[error.errno]) from error


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields the path of an empty file beside `path`; on success it is synced and renamed, else removed.

    A process that is killed leaves that hidden `.part` file behind, and `path` as it was.

    Raises:
        StorageError: when the disk refuses; `path` is then as it was before.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.parent / f".{path.name}.{secrets.token_hex(4)}.part"
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # less the user's umask
        try:
            yield beside
            _sync(beside)
            beside.replace(path)
            _sync(path.parent)
        finally:
            beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a text file whole."""
    with whole_file(path) as beside:
        beside.write_bytes(text.encode(errors="replace"))  # a file's name need not be valid Unicode


def write_json(path: Path, value: Any) -> None:
    """Writes JSON whole, indented, with a newline at its end. NaN is refused: a missing number is null."""
    write_text(path, json_text(value, indent=2) + "\n")


def json_text(value: Any, *, indent: int | None = None, allow_nan: bool = False) -> str:
    """JSON that can be written as UTF-8, whatever names of files stand in it."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=allow_nan)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent, allow_nan=allow_nan)
    return text


def read_json(path: Path) -> Any:
    """Reads a JSON file of ours or of the user's.

    Raises:
        InputError: the file is missing, cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror or error}", where=str(path)) from error
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, a number of thousands of digits, or too deep
        raise InputError(
            f"not valid JSON: {error}", where=str(path), mend="Restore the file or make it anew"
        ) from error


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows opens no folder, and needs no sync of it
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
