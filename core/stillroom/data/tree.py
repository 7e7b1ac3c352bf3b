"""A folder or a zip, read the same way: a publisher's archive is taken as it comes, nested once if need be."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from stillroom.base.errors import InputError


@dataclass(frozen=True)
class Entry:
    """One file of a tree.

    Attributes:
        name: its path inside the tree, with forward slashes.
        size_bytes: its size.
        stamp: changes when the file does (mtime in a folder, CRC in a zip).
    """

    name: str
    size_bytes: int
    stamp: int
    _open: Callable[[], bytes]

    def read(self) -> bytes:
        """The file's bytes.

        Raises:
            InputError: the archive's copy is damaged, or the file is gone.
        """
        try:
            return self._open()
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise InputError(
                f"the archive is damaged: {error}", where=self.name, mend="Download it again and compare its checksum"
            ) from error
        except (RuntimeError, NotImplementedError) as error:
            raise InputError(f"the archive cannot be read: {error}", where=self.name, mend="Unpack it first") from error
        except OSError as error:
            raise InputError(f"cannot read: {error.strerror or error}", where=self.name) from error

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's parts."""
        return PurePosixPath(self.name).parts


class Tree:
    """The files below a folder, in a zip (or in the zips inside it), or one file.

    Args:
        path: folder, zip, or file.

    Raises:
        InputError: nothing is there, the folder is empty, or the zip is truncated.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            raise InputError("no such file or folder", where=str(path), mend="Check the path after the colon")
        if not self.entries:
            raise InputError("the folder is empty", where=str(path), mend="Unpack the data set here, or name its zip")

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every file, sorted by name."""
        if self.path.is_dir():
            files = [p for p in self.path.rglob("*") if p.is_file() and not p.name.startswith(".")]
            named = [(p, p.relative_to(self.path).as_posix()) for p in files]
        else:
            named = [(self.path, self.path.name)]
        found = [inner for path, name in named for inner in _expand(_of_file(path, name), path)]
        return tuple(sorted(found, key=lambda entry: entry.name))

    def find(self, predicate: Callable[[Entry], bool]) -> list[Entry]:
        """The entries that fit."""
        return [entry for entry in self.entries if predicate(entry)]


def _of_file(path: Path, name: str) -> Entry:
    stat = path.stat()
    return Entry(name, stat.st_size, stat.st_mtime_ns, path.read_bytes)


def _expand(entry: Entry, path: Path | None, depth: int = 0) -> list[Entry]:
    """The entries of a zip, and of the zips in it; any other entry alone."""
    if not entry.name.lower().endswith(".zip") or depth > 1:
        return [entry]
    try:
        archive = zipfile.ZipFile(path if path else io.BytesIO(entry.read()))
    except zipfile.BadZipFile as error:
        raise InputError(
            "the zip is truncated or no zip at all", where=entry.name, mend="Download it again and compare its checksum"
        ) from error
    inner = [
        Entry(f"{entry.name[:-4]}/{info.filename}", info.file_size, info.CRC, _reader(archive, info.filename))
        for info in archive.infolist()
        if not info.is_dir() and "__MACOSX" not in info.filename
    ]
    return [deep for item in inner for deep in _expand(item, None, depth + 1)]


def _reader(archive: zipfile.ZipFile, name: str) -> Callable[[], bytes]:
    return lambda: archive.read(name)
