"""How figures are drawn on this page: the reader's theme and width, and a page's own ground and type.

Colours that mean a model come from `stillroom.figures.palette` alone; the page's stand in `.streamlit/config.toml`.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from stillroom.figures.theme import Look

NARROW = "narrow"  # set by the components' viewport
FONT = "'Source Sans', 'Segoe UI', 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
CLEAR = "rgba(0,0,0,0)"


def look() -> Look:
    """The ground and width that figures are drawn for."""
    return Look(dark=st.context.theme.type == "dark", narrow=bool(st.session_state.get(NARROW)))


def on_the_page(figure: Any) -> Any:
    """A figure with the page's type on the page's ground; changed in place."""
    figure.update_layout(font={"family": FONT}, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR)
    return figure
