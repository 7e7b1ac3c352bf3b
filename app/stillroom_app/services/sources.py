"""The data sets that a page can show: the embedded line, what was imported, and publishers' folders that were named.

An import lies in the workspace, `data/NAME/`, beside its mapping (`services.imports` puts it there). A publisher's
folder stays where it is; its SOURCE is kept in `data/sources.json`. What was counted once is kept in `data/.facts/`.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError, StorageError
from stillroom.base.events import Emit, silent
from stillroom.base.paths import storage_errors, write_json
from stillroom.data.dataset import Dataset
from stillroom.data.source import open_source, resolve
from stillroom.data.summary import describe
from stillroom_app.services.workspace import kept, root

EMBEDDED = "factory"
PUBLISHED = ("dsads", "openpack", "hapt", "spsw")
_FACTS = 1  # its format
_NAME = re.compile(r"[\w][\w .+-]{0,60}")


@dataclass(frozen=True)
class Known:
    """A data set that can be chosen.

    Attributes:
        name: in addresses and lists.
        source: SOURCE, as the command line takes it.
        whose: `embedded`, `imported`, or `folder`.
    """

    name: str
    source: str
    whose: str


def folder() -> Path:
    """Where imports lie."""
    return root() / "data"


def known() -> list[Known]:
    """Every data set that can be chosen, the embedded one first."""
    found = [Known(EMBEDDED, EMBEDDED, "embedded")]
    if folder().is_dir():
        own = sorted(path for path in folder().iterdir() if path.is_dir() and not path.name.startswith("."))
        found += [Known(path.name, str(path), "imported") for path in own]
    named = kept(folder() / "sources.json") or {}
    return found + [Known(name, str(source), "folder") for name, source in sorted(named.items())]


def find(name: str) -> Known:
    """A data set by its name.

    Raises:
        InputError: no such data set.
    """
    for one in known():
        if one.name == name:
            return one
    raise InputError("no such data set", where=name, mend="Choose one from the list, or import it on Datasets")


def source_of(name: str) -> str:
    """SOURCE by the name of a data set.

    Raises:
        InputError: no such data set.
    """
    return find(name).source


def add_folder(name: str, source: str) -> None:
    """Keeps a publisher's folder under a name, once it has been seen to be one.

    Args:
        name: in addresses and lists.
        source: as `dsads:/data/dsads`.

    Raises:
        InputError: a name that cannot be one or is taken, or a SOURCE that cannot be read.
        StorageError: the disk refuses.
    """
    free_name(name)
    publisher, colon, path = source.strip().partition(":")
    if publisher not in PUBLISHED or not colon or not path.strip():
        raise InputError(
            "a publisher's folder is named with whose it is",
            where=source[:120],
            mend=f"As dsads:/where/it/lies; known are {', '.join(PUBLISHED)}. Data of your own is imported as a file",
        )
    whole = f"{publisher}:{Path(path.strip()).expanduser().absolute()}"
    found, tree = resolve(whole)
    found.parts(tree)
    write_json(folder() / "sources.json", {**(kept(folder() / "sources.json") or {}), name: whole})


def remove(name: str) -> None:
    """Takes an import out of the workspace, or forgets a publisher's folder, which stays where it is.

    Raises:
        InputError: no such data set, or the embedded one.
        StorageError: the disk refuses.
    """
    one = find(name)
    if one.whose == "embedded":
        raise InputError("the embedded set comes with Stillroom and stays", where=name)
    if one.whose == "folder":
        named = kept(folder() / "sources.json") or {}
        return write_json(folder() / "sources.json", {key: value for key, value in named.items() if key != name})
    gone = folder() / f".removed-{secrets.token_hex(4)}"
    with storage_errors(folder() / name):
        (folder() / name).rename(gone)  # it is listed whole, or not at all
    shutil.rmtree(gone, ignore_errors=True)
    return None


def free_name(name: str) -> str:
    """The name, if a new data set may have it.

    Raises:
        InputError: it is taken, or could not be a folder's name.
    """
    if not _NAME.fullmatch(name) or name.strip(" .") != name:
        raise InputError(
            "a data set's name has letters, digits, spaces and - _ . +, at most 61",
            where=name[:80],
            mend="As my-line",
        )
    if any(one.name == name for one in known()):
        raise InputError("a data set of this name is there already", where=name, mend="Choose another name")
    return name


def stamp(name: str) -> str:
    """Changes when a file of the data set does.

    Raises:
        InputError: no such data set.
    """
    return stamp_of_source(source_of(name))


def stamp_of_source(source: str) -> str:
    """The same of any SOURCE, also of one that is not in the list, as a run may name it.

    Args:
        source: as the command line takes it.
    """
    if source == EMBEDDED:
        return f"{source}-{resolve(source)[0].version}"
    return fingerprint([source, sorted(_files(place_of(source)))])


def place_of(source: str) -> Path:
    """Where a SOURCE lies on the disk; nowhere, if it is embedded."""
    publisher, _, path = source.partition(":")
    return Path(path if path and publisher in PUBLISHED else source)


def opened(name: str, emit: Emit = silent) -> Dataset:
    """A data set by its name, read.

    Raises:
        InputError: no such data set, or it cannot be read.
    """
    return open_source(source_of(name), emit=emit)


def known_facts(name: str, version: str) -> dict[str, Any] | None:
    """What was counted of a data set before, of just these files; None where it was not."""
    return kept(_facts_path(name, version))


def facts(name: str, version: str, dataset: Dataset) -> dict[str, Any]:
    """What a data set holds, in numbers, as `stillroom data inspect` tells it; kept for the next time.

    Args:
        name: of the data set.
        version: its `stamp`.
        dataset: read.
    """
    if told := known_facts(name, version):
        return told
    told = describe(dataset)
    with contextlib.suppress(StorageError, OSError):
        write_json(_facts_path(name, version), told)
    return told


def _facts_path(name: str, version: str) -> Path:
    return folder() / ".facts" / f"{fingerprint([_FACTS, name, version])}.json"


def _files(path: Path) -> Iterator[tuple[str, int, int]]:
    """Each file's path, size and time; none where the folder is gone, so that reading it says so."""
    if path.is_file():
        yield path.name, path.stat().st_size, path.stat().st_mtime_ns
    for base, folders, names in os.walk(path):
        folders[:] = [one for one in folders if not one.startswith(".")]
        for name in names:
            with contextlib.suppress(OSError):
                found = Path(base, name).stat()
                yield f"{base}/{name}", found.st_size, found.st_mtime_ns
