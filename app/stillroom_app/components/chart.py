"""A figure on a page: with its takeaway for somebody who cannot see it, and its numbers as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from stillroom.figures.table import table_of
from stillroom_app.theme import on_the_page

_CONFIG = {"displaylogo": False, "modeBarButtons": [["toImage"]], "toImageButtonOptions": {"format": "svg"}}


def chart(figure: Any, key: str, *, table: Any = None, on_box: Callable[[], None] | None = None) -> None:
    """Draws one of `stillroom.figures`.

    Args:
        figure: finished, so that `layout.meta` holds its takeaway.
        key: of its own on the page.
        table: the numbers behind it; those of its traces by default.
        on_box: hears that a box was drawn on it; `st.session_state[key]` says where.
    """
    alt = (figure.layout.meta or {}).get("alt", "")
    picks: dict[str, Any] = {"on_select": on_box, "selection_mode": "box"} if on_box else {}
    st.plotly_chart(on_the_page(figure), key=key, theme=None, config=_CONFIG, alt=alt, **picks)
    behind(figure if table is None else table, key)


def behind(numbers: Any, key: str) -> None:
    """The numbers behind a chart; nothing is sent until they are asked for."""
    opened = st.expander("Show the data", key=f"{key}_data", on_change="rerun", type="compact")
    if opened.open:
        rows = table_of(numbers) if hasattr(numbers, "data") and hasattr(numbers, "layout") else numbers
        opened.dataframe(rows, hide_index=True, alt="The numbers behind the chart")
