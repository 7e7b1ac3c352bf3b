"""Choices that stand in the address: what was chosen of another data set gives way to what this one has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

KEPT: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}


def choose(where: Any, label: str, options: Sequence[Any], key: str, **more: Any) -> Any:
    """One of some options, the first where nothing fitting was chosen.

    Args:
        where: it is drawn.
        label: of the choice.
        options: at least one.
        key: in the session and in the address.
        more: for `st.selectbox`.
    """
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0]
    found = where.selectbox(label, list(options), key=key, **KEPT, **more)
    return options[0] if found is None else found


def choose_some(where: Any, label: str, options: Sequence[str], default: Sequence[str], key: str) -> list[str]:
    """Some of the options; the default where nothing fitting was chosen."""
    if key in st.session_state and not set(st.session_state[key] or ()) <= set(options):
        del st.session_state[key]  # an assignment beside a default is a warning in the log
    found: list[str] = where.multiselect(label, list(options), default=list(default), key=key, **KEPT)
    return [one for one in options if one in found] or list(default)


def up_to(where: Any, label: str, highest: float, key: str) -> float:
    """A limit from a small one to the highest, which it is at first."""
    low = max(round(highest / 20, 1), 0.1)
    if key in st.session_state and not low <= (st.session_state[key] or highest) <= highest:
        del st.session_state[key]
    step = 0.5 if highest > 5 else 0.1
    return float(where.slider(label, low, highest, highest, step, key=key, format="%g Hz", **KEPT))
