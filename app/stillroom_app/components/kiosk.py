"""The kiosk, `?demo=1` in any address: the player alone and large, in a loop, of the run that is asked for.

It shows no error: where nothing can be played it shows a still picture and tries again. Esc leaves it.
"""

from __future__ import annotations

import base64
import logging
from typing import Any

import streamlit as st

from stillroom_app.components.page import picture
from stillroom_app.components.player import player, still
from stillroom_app.services import home, listing, playing, playing_costs, workspace
from stillroom_app.services.workspace import HEADLINE, Entry
from stillroom_app.state import RUN

DEMO = "demo"
IDLE_S, RELOAD_S, AGAIN_S = 90.0, 3600.0, 20.0
_HEALTH = "_stcore/health"
_SOON = "The demonstration begins soon."
_log = logging.getLogger("stillroom_app")


def asked() -> bool:
    """Whether the address asks for the kiosk."""
    return st.query_params.get(DEMO, "") in ("1", "true")


def draw() -> None:
    """Draws it over everything else."""
    for entry in _entries():
        try:
            return _play(entry)
        except Exception:  # whatever it is, nobody stands here who could mend it: the next one plays
            _log.warning("the kiosk cannot play %s", entry.name, exc_info=True)
    return still(_behaves())


def _play(entry: Entry) -> None:
    version = playing.version(entry)
    show = _show(entry.name, version)
    report = workspace.report_of(entry)
    told = {"title": _title(report), "under": _under(report, show), "caveats": _caveats(entry, report)}
    costs = playing_costs.costs_of(entry, show["sets"])
    player(entry.name, version, show, costs, kiosk={**_behaves(), **told})


def _entries() -> list[Entry]:
    """The runs that can be played: the one that the address names, the person's latest, and the demo's."""
    listed = {one.name: one for one in listing.finished()}
    named = [str(st.query_params.get(RUN, "")), *(name for name, one in listed.items() if not one.study), HEADLINE]
    found = [listed[name].entry for name in dict.fromkeys(named) if name in listed]
    return [one for one in found if playing.version(one)]


def _title(report: dict[str, Any]) -> str:
    both = {"teacher", "student"} <= set(report["models"])
    return home.headline(report) if both else str(report["data_title"])


def _behaves() -> dict[str, Any]:
    data = base64.b64encode(picture("still.png").read_bytes()).decode()
    return {
        "idleS": IDLE_S, "reloadS": RELOAD_S, "againS": AGAIN_S, "health": _HEALTH, "soon": _SOON,
        "picture": f"data:image/png;base64,{data}",
    }  # fmt: skip


def _under(report: dict[str, Any], show: dict[str, Any]) -> str:
    """How sure the title is, and whose signal it is."""
    said = [home.points_lost(report)] * ({"teacher", "student"} <= set(report["models"]))
    return " · ".join([*said, str(report["data_title"]), f"here {show['recording']}"])


def _caveats(entry: Entry, report: dict[str, Any]) -> list[str]:
    """How far the result goes; nothing may hide these."""
    return ["demo"] * (entry.whose == "demo") + playing.caveats(report)


@st.cache_data(max_entries=2, show_spinner=False)
def _show(name: str, version: int) -> dict[str, Any]:
    show = playing.show_of(workspace.entry(name))
    if show is None:
        raise ValueError(f"{name}: its playback is gone")
    return show
