"""What is assumed about money, as a table whose every number can be written over.

Nothing is computed here: what is typed goes to the page, which answers with the assumptions that hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from stillroom.report.assumptions import Line

PARTS = ("value", "low", "high", "ours")
_HERE = Path(__file__)
_table = st.components.v2.component(
    "stillroom.money_table",
    html='<div class="assumed"></div>',
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def money_table(lines: Sequence[Line], give: Callable[[str, str, str], None], *, key: str = "money_table") -> None:
    """Draws the assumptions that play a part.

    Args:
        lines: as they are printed.
        give: told which was changed (its key), which part of it (of `PARTS`), and to what text, before the page is
            drawn again.
        key: of its own on the page.
    """
    times = f"{key}_times"

    def given() -> None:
        told = st.session_state[key].given
        if isinstance(told, dict) and told.get("part") in PARTS:
            st.session_state[times] = st.session_state.get(times, 0) + 1
            give(str(told.get("key", "")), str(told["part"]), str(told.get("text", "")))

    _table(
        key=key,
        data={
            "lines": [
                {"key": one.key, "name": one.name, "unit": one.unit, "ours": one.ours, **one.given.model_dump()}
                for one in lines
            ],
            "times": st.session_state.get(times, 0),
        },
        on_given_change=given,
    )
