"""A source knows one publisher's layout: which parts a tree holds, and how a part becomes a recording.

`open_source` is the one way in: it resolves what the user typed, reads what the cache has, parses the rest, and
returns a data set. Sources register themselves by name in `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError, StorageError
from stillroom.base.events import Emit, Event, silent
from stillroom.base.paths import cache_dir
from stillroom.base.registry import Registry
from stillroom.data.cache import load_recording, save_recording
from stillroom.data.card import Card
from stillroom.data.dataset import Dataset, as_dataset
from stillroom.data.recording import Recording
from stillroom.data.tree import Entry, Tree


@dataclass(frozen=True)
class Part:
    """What becomes one recording.

    Attributes:
        name: for people, as `p1/a03`.
        entries: the files it is read from; empty for a simulated part.
        settings: plain values that the parse depends on beside the files.
    """

    name: str
    entries: tuple[Entry, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    def key(self) -> list[Any]:
        """What identifies this part's content."""
        return [self.name, [[e.name, e.size_bytes, e.stamp] for e in self.entries], self.settings]


class Source(Protocol):
    """One publisher's layout. `version` rises whenever a parse gives another result."""

    card: Card
    version: int

    def parts(self, tree: Tree | None) -> Sequence[Part]:
        """The recordings that the tree holds; raises `InputError` where it is another publisher's."""

    def parse(self, part: Part) -> Recording:
        """Reads one part."""


@runtime_checkable
class Adaptable(Protocol):
    """A source whose card and layout depend on what the tree holds, as data of the user's own."""

    def adapted(self, tree: Tree) -> Source:
        """The source for this one tree."""


SOURCES: Registry[Source] = Registry("data source")


def read(
    source: Source,
    tree: Tree | None,
    *,
    track: str | None = None,
    use_cache: bool = True,
    cache: Path | None = None,
    emit: Emit = silent,
) -> Dataset:
    """All recordings of a tree as a data set to learn from.

    Args:
        source: which layout to read.
        tree: where; None for a simulated set.
        track: the annotation kind to learn, the card's by default.
        use_cache: whether to look into the cache and to fill it.
        cache: its folder, the user's by default.
        emit: hears of each part.

    Raises:
        InputError: what the source finds wrong, naming file, row and column.
    """
    recordings, key = read_recordings(source, tree, use_cache=use_cache, cache=cache, emit=emit)
    return as_dataset(source.card, recordings, key, track)


def read_recordings(
    source: Source, tree: Tree | None, *, use_cache: bool = True, cache: Path | None = None, emit: Emit = silent
) -> tuple[list[Recording], str]:
    """All recordings of a tree, labelled or not, from the cache where it has them, and what identifies their files.

    Raises:
        InputError: what the source finds wrong, naming file, row and column.
    """
    parts = source.parts(tree)
    keys = [fingerprint([source.card.name, source.version, part.key()]) for part in parts]
    folder = (cache or cache_dir()) / "recordings" / source.card.name
    paths = [folder / f"{key}.parquet" for key in keys]
    with ThreadPoolExecutor() as pool:  # reading and checking cached columns needs no interpreter
        kept = list(pool.map(load_recording, paths)) if use_cache else [None] * len(parts)
    recordings, cached = [], sum(recording is not None for recording in kept)
    for done, (part, path, recording) in enumerate(zip(parts, paths, kept, strict=True), start=1):
        if recording is None:
            recording = source.parse(part)
            _refuse_endless(recording, part)
            if use_cache:
                _keep(recording, path, emit)
        recordings.append(recording)
        emit(Event("data.part", data={"part": part.name, "done": done, "of": len(parts), "cached": cached}))
    return recordings, fingerprint(keys)


def open_source(text: str, *, track: str | None = None, use_cache: bool = True, emit: Emit = silent) -> Dataset:
    """Opens what a user typed: `NAME`, `NAME:PATH`, or a path to data of the user's own.

    Raises:
        InputError: an unknown name, a missing path, or data that cannot be read.
    """
    source, tree = resolve(text)
    return read(source, tree, track=track, use_cache=use_cache, emit=emit)


def resolve(text: str) -> tuple[Source, Tree | None]:
    """The source and the tree that a SOURCE text names.

    Raises:
        InputError: neither a known name nor a path.
    """
    # Sources import this module, so they can only be asked to register once it is there.
    import stillroom.data.sources  # noqa: F401

    name, colon, path = text.partition(":")
    if name in SOURCES:
        if colon and not path:
            raise InputError("a path must follow the colon", where=text, mend=f"As {name}:/where/it/lies")
        return _adapted(SOURCES[name], Tree(Path(path).expanduser()) if colon else None)
    own = Path(text).expanduser()
    if own.exists():
        return _adapted(SOURCES["own"], Tree(own))
    if colon:
        SOURCES[name]
    raise InputError(
        f"{text!r} is neither a known data source nor a file or folder",
        mend=f"Sources: {', '.join(SOURCES)}, or a path",
    )


def _adapted(source: Source, tree: Tree | None) -> tuple[Source, Tree | None]:
    return (source.adapted(tree) if tree and isinstance(source, Adaptable) else source), tree


def _refuse_endless(recording: Recording, part: Part) -> None:
    """One infinite value would make a training's mean and loss infinite; text such as `inf` reads as a number."""
    bad = ~np.isfinite(recording.signal)
    if bad.any():
        row, sample = np.argwhere(bad)[0]
        where = part.entries[0].name if len(part.entries) == 1 else part.name
        raise InputError(
            f"{recording.layout.names[row]} is no finite number",
            where=f"{where}, {sample / recording.rate_hz:.2f} s after its start",
            mend="Correct the value, or leave it empty where it is missing",
        )


def _keep(recording: Recording, path: Path, emit: Emit) -> None:
    try:
        save_recording(recording, path)
    except (StorageError, OSError) as error:
        said = error.sentence() if isinstance(error, StorageError) else str(error)
        emit(Event("note", f"not cached: {said}"))
