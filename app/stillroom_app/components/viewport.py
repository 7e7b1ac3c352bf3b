"""Tells the server once whether the page is narrow, so that figures are drawn for a telephone's width."""

from __future__ import annotations

import streamlit as st

from stillroom_app.theme import NARROW

_NARROW_PX = 640
_JS = f"""
export default function ({{ setStateValue }}) {{
  const asked = window.matchMedia("(max-width: {_NARROW_PX}px)");
  let told = null;
  const tell = () => {{
    if (asked.matches === told) return;
    if (told === null && !asked.matches) {{ told = false; return; }}
    told = asked.matches;
    setStateValue("narrow", told);
  }};
  tell();
  asked.addEventListener("change", tell);
  return () => asked.removeEventListener("change", tell);
}}
"""
_viewport = st.components.v2.component("stillroom.viewport", js=_JS)


def viewport() -> None:
    """Draws nothing; once the width is known, the page is drawn for it."""
    told = _viewport(key="viewport", default={"narrow": False}, on_narrow_change=lambda: None, height=0)
    st.session_state[NARROW] = bool(told.narrow)
