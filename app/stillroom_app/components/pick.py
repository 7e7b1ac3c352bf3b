"""Choosing the data set and the run that a page is about; the choice goes along to the other pages."""

from __future__ import annotations

from typing import Any

import streamlit as st

from stillroom_app.services import listing
from stillroom_app.services.sources import known
from stillroom_app.services.workspace import Entry
from stillroom_app.state import DATA, RUN


def pick_data(where: Any = st) -> str:
    """The name of a data set, out of those that are known."""
    names = [one.name for one in known()]
    name = where.selectbox("Data set", names, key=DATA, bind="query-params", persist_state="session")
    return str(name or names[0])


def pick_run(where: Any = st) -> Entry | None:
    """A finished run, the person's own latest at first, the cells of studies last; None where there is none at all."""
    found = {one.name: one for one in sorted(listing.finished(), key=lambda one: bool(one.study))}
    if not found:
        return None
    # Without a format_func: Streamlit puts an option's label, not its value, into the address.
    name = where.selectbox("Run", list(found), key=RUN, bind="query-params", persist_state="session")
    return (found[str(name)] if name in found else next(iter(found.values()))).entry
