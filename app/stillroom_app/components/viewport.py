"""Tells the server once whether the page is narrow, so that figures are drawn for a telephone's width.

It also mends what of Streamlit's own page falls short of WCAG AA: the navigation is told as lists of links, each by its
section's name; in the dark theme, what is written on the accent's colour is dark, not white; a table that is wider than
the page can be scrolled by keyboard; and a passing message has a name.
"""

from __future__ import annotations

import streamlit as st

from stillroom_app.theme import NARROW

_NARROW_PX = 640
_JS = f"""
const name = () => {{  // a list may hold items alone, and here it holds sections
  const list = document.querySelector('[data-testid="stSidebarNavItems"]');
  const parts = [...(list?.children ?? [])].filter((one) => one.tagName === "DIV");
  if (parts.length) list.setAttribute("role", "none");
  for (const part of parts) {{
    part.setAttribute("role", "list");
    part.setAttribute("aria-label", part.querySelector("header p")?.textContent ?? "");
  }}
}};
const ink = () => {{
  const page = document.querySelector('[data-testid="stApp"]');
  const ground = getComputedStyle(page).backgroundColor;
  const dark = ground.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) < 384;
  const on = ['[data-testid^="stBaseButton-primary"]:not(:disabled)', "[data-tag]", "[data-tag] *"];
  let style = document.getElementById("stillroom-ink");
  if (!style) {{
    style = document.head.appendChild(document.createElement("style"));
    style.id = "stillroom-ink";
    new MutationObserver(ink).observe(page, {{ attributes: true, attributeFilter: ["class"] }});
  }}
  const said = dark ? `${{on.map((one) => `body .stApp ${{one}}`).join()}} {{ color: ${{ground}} }}` : "";
  if (style.textContent !== said) style.textContent = said;
}};
const reach = () => {{
  for (const one of document.querySelectorAll('[data-testid="stTableStyledTable"]')) {{
    const box = one.parentElement;
    if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) {{
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", one.getAttribute("aria-label") ?? "Table");
    }}
  }}
  for (const one of document.querySelectorAll('[data-testid="stToast"]:not([aria-label])')) {{
    one.setAttribute("aria-label", "Message");
  }}
}};
new MutationObserver(reach).observe(document.body, {{ childList: true, subtree: true }});
export default function ({{ setStateValue }}) {{
  name();
  ink();
  reach();
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
