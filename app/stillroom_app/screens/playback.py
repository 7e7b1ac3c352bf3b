"""Playback: teacher and student on the same signal, second by second; recorded here, or live from a stream."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom_app.components.chart import behind
from stillroom_app.components.job import start_button
from stillroom_app.components.live import live_panel
from stillroom_app.components.page import badge, empty, exact_command, head, refused
from stillroom_app.components.pick import pick_run
from stillroom_app.components.player import player
from stillroom_app.components.text import plain
from stillroom_app.components.waiting import waits
from stillroom_app.services import playing, playing_costs, workspace
from stillroom_app.services.workspace import OWN_DEMO, Entry
from stillroom_app.state import RUN, teaching

_RECORDED, _LIVE = "Recorded", "Live"
_LONGEST = 60  # of a name in an address, before it is cut


def draw() -> None:
    """The page."""
    head("What do teacher and student say, second by second?")
    row = st.container(horizontal=True, vertical_alignment="bottom", key="playback_about")
    picker = row.container(width="stretch", key="playback_run")
    source = row.segmented_control(
        "Signal", [_RECORDED, _LIVE], default=_RECORDED, key="signal", bind="query-params", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if source == _LIVE:
        return live_panel()
    asked = str(st.query_params.get(RUN, ""))  # before the picker puts another name there
    entry = pick_run(picker)
    if entry is None:
        return empty("Nothing has been distilled yet, so there is nothing to play.", "distil", "Distil a student")
    if asked and asked != entry.name:
        st.info(_instead(asked, entry.name), icon=":material/info:")
    try:
        _recorded(entry)
    except StillroomError as error:
        refused(error)
        _door(entry)
    return None


def _instead(asked: str, shown: str) -> str:
    short = asked if len(asked) <= _LONGEST else f"{asked[:_LONGEST]}…"
    return plain(f"There is no finished run named {short} here. This is {shown}.")


def _recorded(entry: Entry) -> None:
    waiting = entry.whose == "yours" and waits("runs", entry.run.folder, "playback_waits")
    version = playing.version(entry)
    show = _show(entry.name, version) if version else None
    if show is None:
        if not waiting:
            _door(entry)
        return
    _about(entry, show)
    player(entry.name, version, show, _costs(entry.name, version, playing.version_of_costs(entry)))
    st.caption(_chosen(show))
    behind(_table(show), "playback")
    if entry.whose == "yours" and not waiting and (lacks := playing.lacks(show)):
        _ask(entry, lacks)
    if teaching():
        _teach(show)


def _about(entry: Entry, show: dict[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="playback_origin"):
        badge(entry.whose)
        said = [f"{show['recording']}, from {show['startS']:g} s for {show['seconds']:.0f} s"]
        said += playing.caveats(workspace.report_of(entry))
        st.markdown(f":small[{plain(' · '.join(said))}]", width="content")


def _chosen(show: dict[str, Any]) -> str:
    return plain(f"{show['chosen']} A window’s answer stands at its middle.")


def _door(entry: Entry) -> None:
    """What a run without a playback needs."""
    with st.container(border=True, key="playback_door_here"):
        if entry.whose == "demo":
            st.markdown("The demo holds no playback of this run. One of your own can be made:")
            exact_command(OWN_DEMO, "Trained in a minute on the simulated line")
            st.page_link("screens/distil.py", label="Distil a student", icon=":material/arrow_forward:")
            return
        st.markdown(
            "Nothing to play yet. Its models are asked once about a stretch of a recording, with every set of sensors;"
            " then it plays without them. It needs the recordings and the weights, and takes about a minute."
        )
        if start_button("Make the playback", playing.words(entry), "playback_make"):
            st.rerun()


def _ask(entry: Entry, lacks: str) -> None:
    """More to play with, where it was not asked for."""
    opened = st.expander("Ask for more", key="playback_more", on_change="rerun", icon=":material/tune:")
    if opened.open:
        with opened:
            st.markdown(lacks)
            if start_button("Make the playback anew", playing.words(entry), "playback_anew", primary=False):
                st.rerun()


def _teach(show: dict[str, Any]) -> None:
    with st.container(border=True, key="playback_teach"):
        st.markdown(
            f"**What is answered.** A model sees a *window* of {show['windowS']:g} s, the grey band around the line,"
            f" and gives each activity a probability. Here a new window begins every {show['stepS']:g} s; neighbours"
            f" share {_shared(show):.0%} of their samples, so their answers are no independent proof. Live, an answer"
            f" stands half a window late: {show['windowS'] / 2:g} s."
        )
        st.markdown(
            "**A hard moment** is a window that lies across two activities: what was done is then the one that takes"
            " most of it. A *majority* of the last answers would smooth single slips away, and would come later still."
            " Nothing is smoothed here."
        )
        st.markdown(
            "**Sensors that are switched off.** Where a student was trained on just that set, its own answers are"
            " shown. For the others one net that was trained with sensors missing at random is asked: an estimate."
        )


def _shared(show: dict[str, Any]) -> float:
    return max(0.0, 1 - float(show["stepS"]) / float(show["windowS"]))


def _table(show: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(playing.table_of(show))


@st.cache_data(max_entries=4, show_spinner=False)
def _show(name: str, version: int) -> dict[str, Any] | None:
    return playing.show_of(workspace.entry(name))


@st.cache_data(max_entries=4, show_spinner=False)
def _costs(name: str, version: int, of_costs: int) -> dict[str, Any]:
    show = _show(name, version)
    return playing_costs.costs_of(workspace.entry(name), show["sets"] if show else [])


draw()
