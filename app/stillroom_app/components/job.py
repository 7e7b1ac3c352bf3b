"""Jobs on a page: a button that starts one, the strip that is on every page, and the buttons that steer one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.jobs.record import PAUSED, QUEUED
from stillroom_app.components.page import exact_command, refused
from stillroom_app.components.text import plain
from stillroom_app.services import jobs

_SEEN, _SILENT_S = "jobs_seen_ended", 15.0


def start_button(label: str, words: Sequence[str], key: str, *, threads: int = 1, primary: bool = True) -> str | None:
    """A button that starts a command as a job, with that command below it.

    Returns:
        The job's name where it was pressed just now.
    """
    pressed = st.button(label, key=key, type="primary" if primary else "secondary", icon=":material/play_arrow:")
    exact_command(words)
    if not pressed:
        return None
    try:
        name = jobs.start(words, token=jobs.once(words), threads=threads)
    except StillroomError as error:
        refused(error)
        return None
    st.toast(f"Started: {plain(' '.join(words[:2]))}. It goes on when this tab is closed.")
    return name


def share(told: dict[str, Any]) -> float | None:
    """How much of its latest counted part a job has done, from 0 to 1; None where it does not count."""
    return min(1.0, told["done"] / told["of"]) if told["of"] else None


def said(told: dict[str, Any]) -> str:
    """One line on how a job stands."""
    at = f"{told['part']} ({told['done']} of {told['of']})" if told["of"] else (told["said"] or [""])[-1]
    silent = time.time() - told["heard_s"] if told["heard_s"] and told["pid"] else 0.0
    quiet = f", no sign of life for {silent:.0f} s" if silent > _SILENT_S else ""
    return f"{told['state']}{quiet}{': ' if at else ''}{at}"


def short(told: dict[str, Any]) -> str:
    """What a job is, in few words."""
    words = told["command"].split()[1:]
    return " ".join(words[:2])


def steer(told: dict[str, Any], key: str) -> None:
    """The buttons that a job's state allows; none where nothing can be written."""
    if jobs.store().frozen:
        return
    row = st.container(horizontal=True, key=f"{key}_steer")
    if told["state"] in jobs.UNDER_WAY:
        if told["state"] == PAUSED:
            _button(row, "Go on", ":material/play_arrow:", f"{key}_go_on", partial(jobs.resume, told["job"]))
        elif told["state"] != QUEUED:
            _button(row, "Pause", ":material/pause:", f"{key}_pause", partial(jobs.pause, told["job"]))
        _button(row, "Stop, keep the best", ":material/stop:", f"{key}_stop", partial(jobs.stop, told["job"]))
        if told["output"]:
            discard = row.popover("Discard", icon=":material/delete:", key=f"{key}_discard")
            discard.markdown("Its unfinished run is taken away. What is done already stays.")
            _button(
                discard, "Discard it", ":material/delete:", f"{key}_yes", partial(jobs.stop, told["job"], discard=True)
            )
    elif told["state"] != "done":
        _button(row, "Resume", ":material/replay:", f"{key}_resume", partial(jobs.resume, told["job"]))


@st.fragment(run_every="2s", key="job_strip")
def strip() -> None:
    """What runs, on every page: one line a job, with its stop; and a word on what has ended since."""
    try:
        running, ended = jobs.under_way(), jobs.just_ended()
    except StillroomError as error:
        return refused(error)
    _tell_of_ended(ended)
    if not running:
        return None
    with st.container(border=True, key="jobs_here"):
        for told in running:
            line = st.container(horizontal=True, vertical_alignment="center", key=f"strip_{told['job']}")
            line.progress(share(told) or 0.0, text=f"**{plain(short(told))}** · {plain(said(told))}")
            line.page_link(
                "screens/training.py", label="Watch", icon=":material/monitoring:", query_params={"job": told["job"]}
            )
            _button(line, "Stop", ":material/stop:", f"strip_{told['job']}_stop", partial(jobs.stop, told["job"]))
    return None


def _tell_of_ended(ended: list[dict[str, Any]]) -> None:
    seen: dict[str, int] | None = st.session_state.get(_SEEN)
    now = {told["job"]: told["attempt"] for told in ended}
    st.session_state[_SEEN] = {**(seen or {}), **now}
    for told in ended:
        if seen is not None and seen.get(told["job"]) != told["attempt"]:
            why = f": {told['why']}" if told["why"] else ""
            st.toast(f"**{plain(short(told))}** is {told['state']}{plain(why)}", icon=":material/notifications:")


def _button(where: Any, label: str, icon: str, key: str, act: Callable[[], None]) -> None:
    if where.button(label, key=key, icon=icon):
        try:
            act()
        except StillroomError as error:
            return refused(error)
        st.rerun()
    return None
