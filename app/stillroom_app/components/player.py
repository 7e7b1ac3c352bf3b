"""The player: a recorded signal with what was done and said of it, animated in the browser; and its kiosk.

All is sent once. The browser keeps the time, moves the picture, switches sensors and counts; the server hears of none
of it. What is chosen stands in the address: `at`, `speed`, `keep` (as on Sensors) and `why`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from stillroom.figures.palette import activity_colours, axis_colour, face_of
from stillroom.figures.theme import Look, ink_of
from stillroom_app.services.playing import ALONE, STUDENT, TEACHER
from stillroom_app.services.workspace import DEMO_PREFIX, HEADLINE
from stillroom_app.theme import FONT

_PARTS = ("player_data", "player_clock", "player_paint", "player_parts", "player_sets", "player_why", "player_address",
          "player_way", "player_kiosk", "player_screen", "player")  # fmt: skip
_AXES, _EXPLAIN = 4, "explain"
_TRUST = "It says what an answer rests on, not whether it is right."
_NO_WHY = "Nobody asked its models why yet. “Ask for more”, below, does where Captum is installed."
_NO_SETS = "To switch sensors: “Ask for more”, below."
_DEMO_NO_WHY = "Nobody asked this run’s models why. The demo keeps answers in"
_DEMO_NO_SETS = "Switch sensors in the demo’s"
_UNMEASURED = "No student with these sensors was measured."
_NOBODY = "Nobody trained or estimated a student with these sensors."


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


_player = st.components.v2.component(
    "stillroom.player",
    html=_read("player.html"),
    css=_read("player.css"),
    js="\n".join(_read(f"{part}.js") for part in _PARTS),
)


def player(
    run: str,
    version: int,
    show: Mapping[str, Any],
    costs: Mapping[str, Any],
    *,
    kiosk: Mapping[str, Any] | None = None,
    key: str = "player",
) -> None:
    """Draws it.

    Args:
        run: name of the run.
        version: of its playback; another one is drawn anew.
        show: as `services.playing.packed` packs it.
        costs: as `services.playing_costs.costs_of` tells them.
        kiosk: how the kiosk behaves, where this is one.
        key: of its own on the page.
    """
    data = {
        "run": run, "version": version, "show": show, "costs": costs, "kiosk": kiosk,
        "look": _look(show, "" if kiosk else _EXPLAIN, _lacks(run)),
    }  # fmt: skip
    _player(key=key, data=data, height="content")


def still(kiosk: Mapping[str, Any], key: str = "player_still") -> None:
    """A still picture over everything, that tries again by itself."""
    _player(key=key, data={"still": True, "kiosk": kiosk}, height="content")


def _lacks(run: str) -> dict[str, Any]:
    """What is said where a playback has no why, or one set of sensors; in the demo it leads to the run with both."""
    if not run.startswith(DEMO_PREFIX):
        return {"why": _NO_WHY, "sets": _NO_SETS, "door": None}
    door = {"label": HEADLINE.removeprefix(DEMO_PREFIX), "href": f"playback?run={HEADLINE}"}
    return {"why": _DEMO_NO_WHY, "sets": _DEMO_NO_SETS, "door": door}


def _look(show: Mapping[str, Any], explain: str, lacks: Mapping[str, Any]) -> dict[str, Any]:
    """Colours for either ground, and words."""
    return {
        "light": _colours(show, dark=False), "dark": _colours(show, dark=True), "font": FONT, "alt": _alt(show),
        "trust": _TRUST, "explain": explain, "lacks": lacks, "nobody": _NOBODY, "unmeasured": _UNMEASURED,
    }  # fmt: skip


def _colours(show: Mapping[str, Any], *, dark: bool) -> dict[str, Any]:
    """Colours on a ground; those of models are the palette's."""
    ink, classes = ink_of(Look(dark=dark)), show["classes"]
    roles = [role for role in (TEACHER, STUDENT, ALONE, show["switched"]) if role and role in show["answers"]]
    faces = {role: face_of(role) for role in roles}
    colours = activity_colours(classes, dark)
    return {
        "ink": ink.text, "muted": ink.muted, "line": ink.line, "faint": ink.faint, "paper": ink.paper,
        "classes": [colours[name] for name in classes],
        "axes": [axis_colour(number, dark) for number in range(_AXES)],
        "roles": {role: {"title": _title(role, face.title), "colour": face.colour(dark)}
                  for role, face in faces.items()},
    }  # fmt: skip


def _title(role: str, title: str) -> str:
    short = "student, alone" if role == ALONE else title.partition(",")[0]
    return short[:1].upper() + short[1:]


def _alt(show: Mapping[str, Any]) -> str:
    return (
        f"The signal of {show['unit']} runs under a fixed line; below it what was done and what the models said."
        f" {len(show['starts'])} windows, {len(show['sensors'])} sensors. The table below has every answer."
    )
