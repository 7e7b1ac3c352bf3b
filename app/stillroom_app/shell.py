"""The frame of every page: navigation, what is chosen, the teach switch, and the jobs that run."""

from __future__ import annotations

import streamlit as st

from stillroom_app.components import kiosk
from stillroom_app.components.door import shut, way_out
from stillroom_app.components.job import strip
from stillroom_app.components.page import picture
from stillroom_app.components.viewport import viewport
from stillroom_app.services import workspace
from stillroom_app.state import TEACH

PAGES = {
    "Start": {"home": "Home"},
    "Data": {"datasets": "Datasets", "signals": "Signals", "spectra": "Spectra"},
    "Design": {"sensors": "Sensors", "distil": "Distil"},
    "Run": {"training": "Training", "runs": "Runs"},
    "Decide": {"compare": "Compare", "explain": "Explain", "device": "Device"},
    "Show": {"playback": "Playback", "report": "Report"},
    "Learn": {"lessons": "Lessons"},
}
_TEACH = "Formulas, live numbers of one sample, and sources, beside what they belong to"


def draw() -> None:
    """Draws the frame, and in it the page that the address names."""
    st.set_page_config(page_title="Stillroom", page_icon=str(picture("still.png")), layout="wide")
    st.logo(str(picture("stillroom.svg")), size="large", icon_image=str(picture("still.png")))
    if shut():
        return None
    alone = kiosk.asked()
    page = st.navigation(
        {
            section: [
                st.Page(f"screens/{name}.py", title=title, url_path=name, default=name == "home")
                for name, title in pages.items()
            ]
            for section, pages in PAGES.items()
        },
        position="hidden" if alone else "sidebar",
        expanded=True,  # what is shown to others must not hide behind "view more"
    )
    if alone:
        return kiosk.draw()
    viewport()
    st.sidebar.toggle("Teach", key=TEACH, bind="query-params", persist_state="session", help=_TEACH)
    if why := workspace.writable(workspace.root()):
        st.warning(f"Nothing can be kept: {why}. What is there can be read.", icon=":material/lock:")
    strip()
    way_out()
    page.run()
    return None
