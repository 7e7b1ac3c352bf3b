"""Runs: what was tried, and how each stands."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from stillroom_app.components.page import empty, head
from stillroom_app.components.text import plain
from stillroom_app.services import workspace

_SCORES = ("teacher", "alone", "student")


def draw() -> None:
    """The page."""
    head("What has been tried?", "Every run of this workspace, and the demo's beside them.")
    listed = workspace.entries()
    if not listed:
        return empty("No run lies in this workspace yet.", "distil", "Distil a student")
    table = pd.DataFrame([_row(one) for one in listed])
    score = st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.3f")
    st.dataframe(
        table,
        key="runs_table",
        hide_index=True,
        column_config=dict.fromkeys(_SCORES, score),
        alt="Runs with their scores",
    )
    for one in workspace.damaged():
        st.warning(f"{plain(one.name)} is damaged: {plain(one.why)}", icon=":material/broken_image:")
    return None


def _row(one: workspace.Entry) -> dict[str, Any]:
    facts = one.facts
    named = {"run": one.name, "whose": one.whose, "state": facts["state"], "recipe": facts["recipe"]}
    return {**named, "data": facts["data"], **{role: facts[role] for role in _SCORES}, "gain": facts["gain"]}


draw()
