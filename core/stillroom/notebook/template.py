"""Templates of cells: Markdown files in `cells/`, in which a fence ```python NAME begins a cell of code.

    when: taught weights        a file's first line, where it is not for every page: all these must hold
    ```python NAME when taught  the same of one cell
    ?simulated: A sentence.     a paragraph that stands there only where that holds
    $name                       a name: a literal in code, escaped text in Markdown
    $name_code                  the same as a code span, in Markdown

A heading of the second level gets its number when the page is put together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

from stillroom.base.markdown import code, plain

CELLS = Path(__file__).parent / "cells"
_FENCE = re.compile(
    r"^```python (?P<name>[a-z][a-z-]*)(?: when (?P<when>[a-z_! ]+))?\n(?P<source>.*?)\n```$", re.MULTILINE | re.DOTALL
)
_WHEN = re.compile(r"when: (.*)\n+")
_ONLY = re.compile(r"\?(!?[a-z_]+): ")


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        kind: of what it holds.
        name: unlike any other's on its page.
        source: its text.
    """

    kind: Literal["markdown", "code"]
    name: str
    source: str


def literal(text: str) -> str:
    """A text as Python writes it: on one line, in ASCII, and with nothing in it that could end it."""
    said = ascii(text)
    return f'"{said[1:-1]}"' if '"' not in text else said


def cells_of(path: str, names: Mapping[str, str], flags: Collection[str]) -> list[Cell]:
    """The cells of one template; none where it is not for this page.

    Args:
        path: below `cells/`, without its ending.
        names: what stands for `$name`.
        flags: what holds.

    Raises:
        KeyError: the template has a name that is not given.
    """
    text = (CELLS / f"{path}.md").read_text(encoding="utf-8")
    if head := _WHEN.match(text):
        if not all(_holds(flag, flags) for flag in head[1].split()):
            return []
        text = text[head.end() :]
    return list(_cut(text, path.rpartition("/")[2], names, flags))


def _cut(text: str, stem: str, names: Mapping[str, str], flags: Collection[str]) -> Iterator[Cell]:
    in_code = {name: literal(value) for name, value in names.items()}
    in_text = {name: plain(value) for name, value in names.items()}
    in_text |= {f"{name}_code": code(value) for name, value in names.items()}
    end = 0
    for number, fence in enumerate([*_FENCE.finditer(text), None]):
        above = _kept(text[end : fence.start() if fence else len(text)], flags)
        if above:
            yield Cell("markdown", f"{stem}-text{number or ''}", Template(above).substitute(in_text))
        end = fence.end() if fence else end
        if fence and all(_holds(flag, flags) for flag in (fence["when"] or "").split()):
            yield Cell("code", f"{stem}-{fence['name']}", Template(fence["source"]).substitute(in_code))


def _kept(text: str, flags: Collection[str]) -> str:
    """The paragraphs that are for this page."""
    kept = []
    for paragraph in re.split(r"\n{2,}", text.strip("\n")):
        only = _ONLY.match(paragraph)
        if only is None or _holds(only[1], flags):
            kept.append(paragraph[only.end() :] if only else paragraph)
    return "\n\n".join(kept).strip()


def _holds(flag: str, flags: Collection[str]) -> bool:
    return flag[1:] not in flags if flag.startswith("!") else flag in flags
