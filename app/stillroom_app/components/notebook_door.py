"""The door from a run, or a study, to a notebook about it: a small window with the file, and the command for it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from stillroom.base.errors import StillroomError
from stillroom_app.components.page import exact_command, refused
from stillroom_app.services import notebooks

_SAID = (
    "It opens this {what} from its folder, draws it, has sliders to move, and goes on from there. JupyterLab or VS Code"
    " opens it, on this computer."
)


def notebook_door(name: str, key: str, *, what: str = "run") -> None:
    """Draws it; nothing is written before it is opened.

    Args:
        name: of the run or study, as the workspace names it.
        key: of its own.
        what: it is.
    """
    box = st.popover("Open as notebook", icon=":material/menu_book:", key=key, on_change="rerun")
    if box.open:
        _inside(box, name, key, what)


def _inside(box: DeltaGenerator, name: str, key: str, what: str) -> None:
    with box:
        st.markdown(_SAID.format(what=what))
        try:
            found = notebooks.notebook(name)
        except StillroomError as error:
            refused(error)
            return
        st.download_button(
            f"Download {found.name}", found.data, file_name=found.name, mime="application/x-ipynb+json",
            key=f"{key}_get", on_click="ignore", icon=":material/download:", type="primary",
        )  # fmt: skip
        exact_command(found.words)
