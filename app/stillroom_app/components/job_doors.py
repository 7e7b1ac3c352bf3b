"""Where a job leads: to what it made, and back to Distil with what it was asked for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from stillroom.base.errors import InputError
from stillroom.jobs.words import options_of
from stillroom_app.components.course import run_name
from stillroom_app.services.recipes import MORE
from stillroom_app.services.sources import known
from stillroom_app.services.splits import LEAKS
from stillroom_app.services.workspace import root

_MADE = {"explain": "explain", "cost": "device", "export": "device", "device": "device", "report": "report"}
_OF_RUNS = {"playback": "playback"}  # what `stillroom runs ...` makes
_DOORS = {
    "compare": ("Compare", ":material/compare_arrows:"),
    "explain": ("Explain", ":material/search_insights:"),
    "device": ("Device", ":material/memory:"),
    "sensors": ("Sensors", ":material/sensors:"),
    "playback": ("Play", ":material/play_arrow:"),
    "report": ("Report", ":material/description:"),
}
_NAMED = {"compare": "runs"}  # under which name a page's address names a run; `run` on all others
_ASKED = ("teacher_view", "student_view", "seed", "protocol", "window_s", "stride_s", *MORE)


def doors(told: Mapping[str, Any]) -> None:
    """Links to what an ended job made, and the way to do it again with changes."""
    words = shlex.split(str(told["command"]))[1:]
    row = st.container(horizontal=True, key="training_doors")
    if told["state"] == "done":
        for page, run in _made(words, told):
            label, icon = _DOORS[page]
            named = {_NAMED.get(page, "run"): run} if run else None
            row.page_link(f"screens/{page}.py", label=label, icon=icon, query_params=named)
    if asked := duplicate(words):
        row.page_link(
            "screens/distil.py", label="Duplicate with changes", icon=":material/content_copy:", query_params=asked
        )


def duplicate(words: list[str]) -> dict[str, Any]:
    """The address of Distil with what a command asked for; empty for another command."""
    try:
        recipe, options = options_of(words)
    except InputError:
        return {}
    asked: dict[str, Any] = {"recipe": recipe} | {name: options[name] for name in _ASKED if name in options}
    asked |= {"fast": "true"} if options.get("fast") else {}
    asked |= {"set": options["change"]} if options.get("change") else {}
    asked |= {LEAKS: "true"} if options.get("i_know_it_leaks") else {}
    named, data = {one.source: one.name for one in known()}, str(options.get("data", ""))
    return asked | ({"data": named.get(data, data)} if data else {})


def _made(words: list[str], told: Mapping[str, Any]) -> list[tuple[str, str]]:
    if words[0] == "distil":
        run = run_name(str(told["output"] or ""), root())
        return [("playback", run), ("compare", run), ("explain", run), ("device", run)] if run else []
    if words[0] == "study":
        return [("sensors" if words[1:2] == ["sensors"] else "compare", "")]
    page = _OF_RUNS.get(words[1], "") if words[:1] == ["runs"] and words[1:] else _MADE.get(words[0], "")
    folders = [Path(word).absolute() for word in words[1:] if not word.startswith("-")]
    run = next((found for folder in folders if (found := run_name(str(folder), root()))), "")
    return [(page, run)] if page else []
