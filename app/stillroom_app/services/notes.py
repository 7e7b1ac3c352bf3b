"""Tags and notes that a person gives to runs; they stand in `notes.json` of the workspace, never in a run's folder.

A run's folder tells how it came to be and is not written to again; the demo's runs can be noted as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.base.paths import write_json
from stillroom_app.services.workspace import kept, root

NAME = "notes.json"
_LONGEST, _MOST_TAGS = 2000, 12


@dataclass(frozen=True)
class Note:
    """What somebody wrote to a run.

    Attributes:
        tags: short words, each once.
        text: a note.
    """

    tags: tuple[str, ...] = ()
    text: str = ""


def every(folder: Path | None = None) -> dict[str, Note]:
    """The notes by the names of runs; entries that somebody damaged by hand are left out."""
    found = (kept((folder or root()) / NAME) or {}).get("runs")
    return {name: _note(one) for name, one in (found or {}).items() if isinstance(one, dict)}


def write(name: str, note: Note, folder: Path | None = None) -> None:
    """Keeps a run's note; an empty one is taken away.

    Raises:
        StorageError: the disk refuses.
    """
    base = folder or root()
    others = {known: one for known, one in every(base).items() if known != name}
    told = {**others, **({name: note} if note.tags or note.text else {})}
    runs = {known: {"tags": list(one.tags), "note": one.text} for known, one in sorted(told.items())}
    write_json(base / NAME, {"format": 1, "runs": runs})


def tags_of(text: str) -> tuple[str, ...]:
    """Tags out of a line with commas between them."""
    return _tags(text.split(","))


def _note(one: dict[str, Any]) -> Note:
    tags = one.get("tags")
    return Note(_tags(tags if isinstance(tags, list) else []), str(one.get("note") or "")[:_LONGEST])


def _tags(found: Sequence[Any]) -> tuple[str, ...]:
    plain = (" ".join(str(tag).split())[:40] for tag in found)
    return tuple(dict.fromkeys(tag for tag in plain if tag))[:_MOST_TAGS]
