"""The first page of a report in small: the file itself, to be looked at; who wants to read it opens it.

Nothing in it takes the focus or a click, so the page's own order of keys stays whole. While the file is being made, the
empty sheet says so.
"""

from __future__ import annotations

import streamlit as st

_HTML = """
<a class="sheet" target="_blank" rel="noopener" tabindex="-1" aria-hidden="true">
  <span class="wait">The report is being made; that takes some seconds.</span>
  <iframe inert tabindex="-1" title="The first page of the report, in small"></iframe>
</a>
"""
_CSS = """
.sheet { display: block; position: relative; overflow: hidden; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); background: #fff; cursor: pointer; }
.wait { position: absolute; inset: 0; display: grid; place-content: center; padding: 1rem; text-align: center;
  font-family: var(--st-font); font-size: 0.9rem; color: #4a515c; }
.sheet.there .wait { display: none; }
iframe { border: 0; display: block; transform-origin: 0 0; pointer-events: none; opacity: 0; background: #fff; }
.sheet.there iframe { opacity: 1; }
"""
_JS = """
const WIDE = 840, HIGH = 1160;  // of a sheet of A4 with its margins, in pixels of the screen

export default function ({ data, parentElement }) {
  const sheet = parentElement.querySelector(".sheet"), frame = sheet.querySelector("iframe");
  const fit = () => {
    const scale = sheet.clientWidth / WIDE;
    frame.style.cssText = `width:${WIDE}px;height:${HIGH}px;transform:scale(${scale})`;
    sheet.style.height = `${Math.round(HIGH * scale)}px`;
  };
  if (frame.getAttribute("src") !== data.url) {
    sheet.classList.remove("there");
    sheet.href = data.url;
    frame.onload = () => sheet.classList.add("there");
    frame.setAttribute("src", data.url);
  }
  fit();
  const watched = new ResizeObserver(fit);
  watched.observe(sheet);
  return () => watched.disconnect();
}
"""
_sheet = st.components.v2.component("stillroom.sheet", html=_HTML, css=_CSS, js=_JS)


def sheet(url: str, key: str) -> None:
    """Draws it.

    Args:
        url: of the report on this server.
        key: of its own on the page.
    """
    _sheet(key=key, data={"url": url})
