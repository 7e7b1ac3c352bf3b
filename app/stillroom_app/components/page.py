"""What every page has: its question, where a number comes from, a door onward, and an error that can be acted on."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom_app.components.text import plain
from stillroom_app.services.jobs import command

_ORIGINS = {
    "demo": (":material/science:", "demo: simulated line", "gray"),
    "yours": (":material/person:", "yours", "blue"),
    "measured": (":material/speed:", "measured here", "green"),
    "device": (":material/memory:", "measured on a device", "green"),
    "estimated": (":material/functions:", "estimated", "orange"),
    "published": (":material/menu_book:", "published", "violet"),
}
_log = logging.getLogger("stillroom_app")


def head(question: str, lead: str = "") -> None:
    """The page's one question, and a sentence on how it is answered."""
    st.title(question, anchor=False)
    if lead:
        st.markdown(lead)


def badge(origin: str, more: str = "") -> None:
    """Where a number comes from: `demo`, `yours`, `measured`, `device`, `estimated`, `published`; in words, too."""
    icon, said, colour = _ORIGINS[origin]
    st.badge(f"{said}{', ' if more else ''}{plain(more)}", icon=icon, color=colour)  # type: ignore[arg-type]


def exact_command(words: Sequence[str], said: str = "The same on the command line") -> None:
    """The words that do the same in a terminal."""
    st.caption(said)
    st.code(command(words), language=None, wrap_lines=True)  # coloured words fall short of contrast


def empty(what: str, page: str, label: str) -> None:
    """A page without anything to show yet: one sentence, and the door to where it is made.

    Args:
        what: is missing, and why that matters.
        page: a screen's name, as `distil`.
        label: of the door.
    """
    with st.container(border=True):
        st.markdown(what)
        st.page_link(f"screens/{page}.py", label=label, icon=":material/arrow_forward:")


def refused(error: StillroomError) -> None:
    """What went wrong, where, and how to mend it."""
    lines = [f"**{plain(error.what[:1].upper() + error.what[1:])}**"]
    lines += [f"Where: {plain(error.where)}"] * bool(error.where)
    lines += [plain(error.mend)] * bool(error.mend)
    st.error("  \n".join(lines), icon=":material/error:")


def on_error(error: Exception) -> bool:
    """Shows what a page's script did not catch: ours in words, any other with a reference that stands in the log."""
    if isinstance(error, StillroomError):
        refused(error)
        return True
    reference = secrets.token_hex(2).upper()
    _log.error("reference %s", reference, exc_info=error)
    st.error(
        f"Something failed here, reference {reference}. The other pages work; the server's log says more.",
        icon=":material/error:",
    )
    st.page_link("screens/home.py", label="Back to Home", icon=":material/arrow_back:")
    return True


def picture(name: str) -> Path:
    """A picture that comes with the app."""
    return Path(__file__).parents[1] / "pictures" / name
