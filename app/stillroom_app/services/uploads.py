"""Files that came through the browser: looked at by name and by content, and written into a hidden folder.

A file's name is never a path: what is kept of it is letters, digits and a few signs. Nothing is unpickled, no zip may
climb out of its folder or swell beyond a limit. What the browser's own limits say is checked again here.
"""

from __future__ import annotations

import contextlib
import io
import re
import secrets
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stillroom.base.errors import InputError
from stillroom.base.paths import storage_errors
from stillroom.data.mapping import FILE_NAME
from stillroom_app.services.contents import PICKLES, TABLES, refuse_content, refuse_pickle
from stillroom_app.services.sources import folder

LIMIT_BYTES = 200 << 20
UNPACKED_BYTES = 1 << 29
MEMBERS = 5_000
STAGED = ".import-"
_OLD_S = 24 * 3600.0
_SIGNS = re.compile(r"[^\w.+ -]+")


@dataclass(frozen=True)
class Upload:
    """A file as it came.

    Attributes:
        name: as the person's computer calls it.
        content: its bytes.
    """

    name: str
    content: bytes


def stage(uploads: Sequence[Upload]) -> Path:
    """Writes what came into a new hidden folder of the workspace, once all of it has been looked at.

    Raises:
        InputError: no file, too much, a kind that cannot be read, a pickle, or a zip that is not what it should be.
        StorageError: the disk refuses.
    """
    if not uploads:
        raise InputError("no file was given", mend=f"Give files that end in {', '.join(TABLES)}, or a zip of them")
    if sum(len(one.content) for one in uploads) > LIMIT_BYTES:
        raise InputError(
            f"more than {LIMIT_BYTES >> 20} MB at once",
            where=uploads[0].name[:80],
            mend="Import fewer recordings, or save them as Parquet, which is smaller",
        )
    named = _named([file for one in uploads for file in _files(one)])
    if not any(path.endswith(TABLES) for path in named):
        raise InputError("no table was found", where=uploads[0].name[:80], mend=f"Files end in {', '.join(TABLES)}")
    _sweep()
    place = folder() / f"{STAGED}{secrets.token_hex(6)}"
    try:
        with storage_errors(place):
            for path, content in named.items():
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                (place / path).write_bytes(content)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return place


def discard(place: Path) -> None:
    """Takes a staged folder away; any other is left alone."""
    if place.parent == folder() and place.name.startswith(STAGED):
        shutil.rmtree(place, ignore_errors=True)


def safe_name(name: str) -> str:
    """What is kept of a file's name: its last part, without signs that a path or a shell reads."""
    last = _SIGNS.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(". ")
    stem, dot, suffix = last.rpartition(".")
    return f"{stem[:80].strip('. ') or 'file'}{dot}{suffix[:20]}" if dot else last[:80] or "file"


def _files(one: Upload) -> list[tuple[str, bytes]]:
    """The tables in what came, and a mapping where one came along."""
    if not one.content.strip():
        raise InputError("the file is empty", where=one.name[:80], mend="Export it again")
    if one.name.lower().endswith(".zip"):
        return list(_members(one))
    refuse_content(one.name, one.content)
    return [(FILE_NAME if one.name.lower().endswith(FILE_NAME) else safe_name(one.name).lower(), one.content)]


def _named(files: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """Each file under a path of its own."""
    found: dict[str, bytes] = {}
    for path, content in files:
        stem, dot, suffix = path.rpartition(".")
        free = (f"{stem}-{number}{dot}{suffix}" for number in range(2, len(files) + 2))
        found[path if path not in found else next(other for other in free if other not in found)] = content
    return found


def _members(one: Upload) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(one.content)) as archive:
            listed = [info for info in archive.infolist() if not info.is_dir()]
            _refuse_zip(listed, one.name)
            for info in listed:
                if wanted := _wanted(info, one.name):
                    content = archive.read(info)
                    refuse_content(info.filename, content)
                    yield wanted, content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError("the zip is damaged, or no zip at all", where=one.name[:80], mend="Pack it again") from error


def _refuse_zip(listed: Sequence[zipfile.ZipInfo], name: str) -> None:
    where = name[:80]
    for info in listed:
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", info.filename):
            mend = "Pack the folder again with an ordinary program"
            raise InputError(f"{info.filename[:80]!r} leads out of the zip", where=where, mend=mend)
        if info.flag_bits & 1:
            raise InputError("the zip asks for a password", where=where, mend="Pack it without one")
    if len(listed) > MEMBERS or sum(info.file_size for info in listed) > UNPACKED_BYTES:
        what = f"the zip holds more than {MEMBERS:,} files or {UNPACKED_BYTES >> 20} MB"
        raise InputError(what, where=where, mend="Import fewer recordings at once")


def _wanted(info: zipfile.ZipInfo, where: str) -> str:
    """Where a member is put; empty where it is no table."""
    path = PurePosixPath(info.filename.replace("\\", "/"))
    last = path.name.lower()
    if "__MACOSX" in path.parts or last.startswith("."):
        return ""
    if last.endswith((".zip", *PICKLES)):
        refuse_pickle(info.filename)
        raise InputError(f"a zip within the zip: {info.filename[:80]}", where=where[:80], mend="Unpack the inner one")
    if last.endswith(FILE_NAME):
        return FILE_NAME
    if not last.endswith(TABLES):
        return ""
    return "/".join(safe_name(part) for part in (*path.parts[:-1], last))


def _sweep() -> None:
    """Takes away what somebody began to import and left."""
    for place in folder().glob(f"{STAGED}*"):
        with contextlib.suppress(OSError):
            if time.time() - place.stat().st_mtime > _OLD_S:
                discard(place)
