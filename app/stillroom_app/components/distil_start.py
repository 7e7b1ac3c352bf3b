"""Starting a distillation: one click, one job, also where it was two clicks; then on to watching it."""

from __future__ import annotations

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom_app.components.page import exact_command, refused
from stillroom_app.services import jobs
from stillroom_app.services.recipes import Chosen


def start(chosen: Chosen) -> None:
    """The button, and the command that does the same."""
    pressed = st.button("Start", key="distil_start", type="primary", icon=":material/play_arrow:")
    exact_command(chosen.words)
    if not pressed:
        return
    try:
        name = jobs.start(chosen.words, token=jobs.once(chosen.words))
    except StillroomError as error:
        refused(error)
        return
    st.switch_page("screens/training.py", query_params={"job": name})
