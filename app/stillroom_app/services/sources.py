"""The data sets that a page can show: the embedded line, what was imported, and publishers' folders that were named.

An import lies in the workspace, `data/NAME/`, beside its mapping. A publisher's folder stays where it is; its SOURCE is
kept in `data/sources.json`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.base.paths import write_json
from stillroom.data.dataset import Dataset
from stillroom.data.source import open_source, resolve
from stillroom_app.services.workspace import kept, root

EMBEDDED = "factory"
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


def source_of(name: str) -> str:
    """SOURCE by the name of a data set.

    Raises:
        InputError: no such data set.
    """
    for one in known():
        if one.name == name:
            return one.source
    raise InputError("no such data set", where=name, mend="Choose one from the list, or import it on Datasets")


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
    found, tree = resolve(source)
    found.parts(tree)
    write_json(folder() / "sources.json", {**(kept(folder() / "sources.json") or {}), name: source})


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


def opened(name: str, emit: Emit = silent) -> Dataset:
    """A data set by its name, read.

    Raises:
        InputError: no such data set, or it cannot be read.
    """
    return open_source(source_of(name), emit=emit)
