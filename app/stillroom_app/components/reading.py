"""Data sets on a page: read once, kept for every page and every reader, and read anew when a file changes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from stillroom.data.dataset import Dataset
from stillroom_app.services import sources
from stillroom_app.services.workspace import root


def stamp_of(name: str) -> str:
    """Changes when a file of the data set does; looked at again after some seconds.

    Raises:
        InputError: no such data set.
    """
    return stamp_of_source(sources.source_of(name))


def stamp_of_source(source: str) -> str:
    """The same of any SOURCE, also of one that is not in the list, as a run may name it."""
    try:  # another import by the same name is a new folder, and is seen at once
        begun = sources.place_of(source).stat().st_mtime_ns
    except OSError:
        begun = 0
    return _stamp(source, begun)


def dataset_of(name: str) -> Dataset:
    """A data set, read; it is shared, so nothing in it may be changed.

    Raises:
        InputError: no such data set, or it cannot be read.
    """
    return _dataset(str(root()), name, stamp_of(name))


def facts_of(name: str) -> dict[str, Any]:
    """What a data set holds, in numbers; counted once.

    Raises:
        InputError: no such data set, or it cannot be read.
    """
    version = stamp_of(name)
    return sources.known_facts(name, version) or sources.facts(name, version, dataset_of(name))


def whose_data(said: str, *, simulated: bool) -> str:
    """Where recordings come from, in words that never leave out that nobody was recorded."""
    return f"{said}{', simulated' if simulated and 'simulated' not in said.lower() else ''}"


@st.cache_data(max_entries=32, ttl="20s", show_spinner=False)
def _stamp(source: str, begun: int) -> str:
    return sources.stamp_of_source(source)


@st.cache_resource(max_entries=2, show_spinner=False)
def _dataset(workspace: str, name: str, version: str) -> Dataset:
    return sources.opened(name)
