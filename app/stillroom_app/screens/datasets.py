"""Datasets: what recordings there are, how one's own come in, and how they are divided."""

from __future__ import annotations

import streamlit as st

from stillroom_app.components.data_cards import cards
from stillroom_app.components.import_steps import import_steps
from stillroom_app.components.page import head
from stillroom_app.components.split_editor import split_editor

HERE, IMPORT, SPLIT = TABS = ("What is here", "Import your own", "Split")


def draw() -> None:
    """The page."""
    head("Which recordings are there to learn from?", "Choose a set, bring your own, and see who will be tested.")
    here, bring, divide = st.tabs(TABS, key="datasets_tab", bind="query-params")
    if here.open:
        with here:
            cards()
    if bring.open:
        with bring:
            import_steps()
    if divide.open:
        with divide:
            split_editor()


draw()
