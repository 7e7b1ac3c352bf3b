"""The way of a first minute: see it move, take a sensor away, ask why, bring one's own; nothing to install or type."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from stillroom_app.services.home import Step

_STEP_PX = 116  # what a step takes: kept free while the page still loads


def first_minute(steps: Sequence[Step]) -> None:
    """Draws the steps side by side; the first is the large button.

    Args:
        steps: in their order.
    """
    grid = st.grid(columns=len(steps), min_column_width=212, border=True, row_height=_STEP_PX, key="home_way")
    for number, step in enumerate(steps, 1):
        cell = grid.cell()
        cell.markdown(f"**{number}. {step.question}**")
        if number == 1:
            if cell.button(step.label, key="home_play", type="primary", icon=step.icon, width="stretch"):
                st.switch_page(f"screens/{step.page}.py", query_params=step.query)
        else:
            cell.page_link(f"screens/{step.page}.py", label=step.label, icon=step.icon, query_params=step.query)
