"""From a folder to a notebook: the templates that fit it, put together, checked, and written whole.

Equal folders give equal bytes: no time, no random number and no machine's name stands in a page.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stillroom.base.errors import InputError
from stillroom.base.extras import refuse_lacking
from stillroom.base.paths import json_text, write_text
from stillroom.notebook.facts import Facts, facts_of
from stillroom.notebook.template import Cell, cells_of

ENDING = ".ipynb"
SECTIONS = {
    "run": (
        "opening", "asked", "scores", "gain", "activities", "learning", "answers", "sure", "lanes", "heads",
        "classifier", "stream", "steps", "cost", "costs", "explain", "explained", "switches", "recordings", "silent",
        "own", "again", "limits",
    ),
    "sensors": ("opening", "answer", "trust", "switches", "budget", "people", "on", "limits"),
    "table": ("opening", "answer", "pairs", "costs", "on", "limits"),
    "methods": ("opening", "ranks", "sets", "on", "limits"),
}  # fmt: skip
_NEEDED = ("nbformat",)
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_IMPORT = re.compile(r"(?P<from>(?:from [\w.]+ )?import )(?P<names>[\w., ]+)$")
_UPWARD = 3  # from so many folders above a page, a run is no longer its neighbour


def notebook_of(folder: Path, *, beside: Path | None = None, name: str = "") -> str:
    """A notebook about a finished run or study, as the text of an `.ipynb` file.

    Args:
        folder: of the run or study.
        beside: the folder in which the page will lie, from which it sees the run; by default it sees it from anywhere.
        name: for people; the folder's own by default. The demo's begin with `demo:`.

    Raises:
        InputError: nothing finished lies there, or nbformat is not installed.
    """
    facts = facts_of(folder)
    called = name or folder.resolve().name or "run"
    return _text(page_of(facts, {"folder": _seen(folder, beside), "name": called}))


def write_notebook(folder: Path, to: Path | None = None, *, force: bool = False) -> Path:
    """Writes a notebook about a finished run or study.

    Args:
        folder: of the run or study.
        to: the file; NAME.ipynb in the current folder by default.
        force: write over what lies there.

    Returns:
        The file.

    Raises:
        InputError: nothing finished lies there, a file lies at `to`, or its name is no notebook's.
        StorageError: the disk refuses.
    """
    path = to or Path(f"{file_name(folder.resolve().name)}")
    if path.suffix != ENDING:
        raise InputError(f"a notebook's name ends with {ENDING}", where=str(path), mend=f"As --to {path.stem}{ENDING}")
    if path.exists() and not (force and path.is_file()):
        raise InputError("something lies here already", where=str(path), mend="Add --force, or choose another --to")
    write_text(path, notebook_of(folder, beside=path.parent))
    return path


def file_name(name: str) -> str:
    """What a notebook about a run or study of some name is called."""
    plain = re.sub(r"[^\w.+@-]+", "-", name).strip("-.")[:80]
    return f"{plain or 'run'}{ENDING}"


def page_of(facts: Facts, names: dict[str, str]) -> list[Cell]:
    """The cells of a page, its headings numbered."""
    given = {**facts.names, **names}
    cells = [cell for part in SECTIONS[facts.kind] for cell in cells_of(f"{facts.kind}/{part}", given, facts.flags)]
    return _imported_once(_numbered(cells))


def _numbered(cells: list[Cell]) -> list[Cell]:
    number, numbered = 0, []
    for cell in cells:
        head = cell.kind == "markdown" and cell.source.startswith("## ")
        number += head
        numbered.append(replace(cell, source=f"## {number} · {cell.source[3:]}") if head else cell)
    return numbered


def _imported_once(cells: list[Cell]) -> list[Cell]:
    """Each import where it is needed first, and none that no cell needs: templates bring what they use."""
    code = "\n".join(cell.source for cell in cells if cell.kind == "code")
    seen, tidied = set[str](), []
    for cell in cells:
        if cell.kind == "code":
            lines = [_needed(line, code) for line in cell.source.split("\n")]
            kept = [line for line in lines if line not in seen]
            seen |= {line for line in kept if line and _IMPORT.match(line)}
            cell = replace(cell, source="\n".join(line for line in kept if line is not None).strip("\n"))
        tidied.append(cell)
    return tidied


def _needed(line: str, code: str) -> str | None:
    """A line of code, less the names that it imports and nobody uses; None where nothing is left of it."""
    found = _IMPORT.match(line)
    if found is None:
        return line
    names = [name for name in found["names"].split(", ") if len(re.findall(rf"\b{name.split()[-1]}\b", code)) > 1]
    return f"{found['from']}{', '.join(names)}" if names else None


def _seen(folder: Path, beside: Path | None) -> str:
    """Where a page finds its run: from its own folder where both move together, else from the root."""
    whole = folder.resolve()
    if beside is None:
        return str(whole)
    try:
        near = Path(os.path.relpath(whole, beside.resolve())).as_posix()
    except ValueError:  # another drive
        return str(whole)
    return near if near.split("/").count("..") < _UPWARD else str(whole)


def _text(cells: list[Cell]) -> str:
    refuse_lacking([name for name in _NEEDED if find_spec(name) is None], "a notebook needs", "notebooks")
    import nbformat

    document = {
        "cells": [_cell(cell) for cell in cells],
        "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    nbformat.validate(document)
    return json_text(document, indent=1) + "\n"


def _cell(cell: Cell) -> dict[str, Any]:
    made = {"cell_type": cell.kind, "id": cell.name, "metadata": {}, "source": cell.source.splitlines(keepends=True)}
    return made | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})
