"""Cards of the data sets: who was recorded, with what, doing what; with the doors that lead on."""

from __future__ import annotations

from typing import Any

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom_app.components.page import badge, exact_command, refused
from stillroom_app.components.reading import facts_of
from stillroom_app.components.text import plain
from stillroom_app.services import sources
from stillroom_app.services.sources import PUBLISHED, Known

_MANY = 12
_ORIGIN = {"embedded": "demo", "imported": "yours", "folder": "published"}


def cards() -> None:
    """One of each data set, and below them the way to a publisher's folder."""
    grid = st.grid(min_column_width=330, gap="medium", key="dataset_cards")
    for one in sources.known():
        with grid.container(border=True, key=f"card_{one.name}"):
            _card(one)
    _publisher()


def _card(one: Known) -> None:
    try:
        with st.skeleton(height=220):
            facts = facts_of(one.name)
    except StillroomError as error:
        st.subheader(plain(one.name), anchor=False)
        refused(error)
        return _doors(one, readable=False)
    st.subheader(plain(facts["title"] or one.name), anchor=False)
    badge(_ORIGIN[one.whose], "imported" if one.whose == "imported" else "")
    st.markdown(_sentence(facts))
    st.caption(f"{_classes(facts)}  \nLicence: {plain(facts['licence'])}")
    with st.expander("More", key=f"more_{one.name}", on_change="rerun", type="compact") as more:
        if more.open:
            _more(one, facts)
    return _doors(one)


def _sentence(facts: dict[str, Any]) -> str:
    people, hours = len(facts["people"]), facts["duration_s"] / 3600
    told = f"{hours:.1f} hours" if hours >= 1 else f"{facts['duration_s'] / 60:.0f} minutes"
    who = f"**{people}** {'person' if people == 1 else 'people'}"
    return (
        f"{who} · **{told}** · **{facts['channels']}** channels of {len(facts['sensors'])} sensors at"
        f" {facts['rate_hz']:g} Hz"
    )


def _classes(facts: dict[str, Any]) -> str:
    names = [plain(one["name"]) for one in facts["classes"] if one["learned"]]
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return f"{len(names)} activities: {', '.join(names[:_MANY])}{more}"


def _more(one: Known, facts: dict[str, Any]) -> None:
    if facts["homepage"]:
        st.markdown(f"Published at {plain(facts['homepage'])}")
    if facts["simulated"]:
        st.markdown("Simulated: nobody was recorded.")
    sensors = [f"{plain(item['sensor'])} ({plain(item['unit'])})" for item in facts["sensors"]]
    st.markdown(f"Sensors: {', '.join(sensors)}")
    for note in facts["notes"]:
        st.markdown(f"- {plain(note)}")
    if facts["citation"]:
        st.markdown(f"Cite: {plain(facts['citation'])}")
    exact_command(("data", "inspect", one.source))


def _doors(one: Known, *, readable: bool = True) -> None:
    row = st.container(horizontal=True, key=f"doors_{one.name}", vertical_alignment="center")
    if readable:
        asked = {"data": one.name}
        row.page_link("screens/signals.py", label="Look", icon=":material/show_chart:", query_params=asked)
        row.page_link("screens/sensors.py", label="Sensors", icon=":material/sensors:", query_params=asked)
        row.page_link("screens/distil.py", label="Distil", icon=":material/science:", query_params=asked)
    if one.whose != "embedded":
        _removal(one, row)


def _removal(one: Known, row: Any) -> None:
    ask = row.popover("Remove", icon=":material/delete:", key=f"remove_{one.name}")
    own = "Its files are taken out of this workspace; runs that learned from it stay."
    ask.markdown(own if one.whose == "imported" else "It is forgotten here; its folder stays as it is.")
    if ask.button(f"Remove {plain(one.name)}", key=f"remove_yes_{one.name}", icon=":material/delete:"):
        try:
            sources.remove(one.name)
        except StillroomError as error:
            return refused(error)
        st.toast(f"{plain(one.name)} is removed.")
        st.rerun()
    return None


def _publisher() -> None:
    with st.expander("A published data set that lies on this machine", key="folder_add", type="compact"):
        st.markdown(f"Unpacked, or the publisher's zip. Known are {', '.join(PUBLISHED)}; the folder stays in place.")
        with st.form("folder_form", border=False):
            publisher = st.selectbox("Publisher's name", PUBLISHED, key="folder_publisher")
            path = st.text_input("Folder", key="folder_path", placeholder="/where/it/lies")
            name = st.text_input("Call it", key="folder_name", placeholder="dsads")
            sent = st.form_submit_button("Add", key="folder_yes", icon=":material/add:")
        if sent:
            try:
                sources.add_folder(name.strip() or str(publisher), f"{publisher}:{path}")
            except StillroomError as error:
                return refused(error)
            st.rerun()
    return None
