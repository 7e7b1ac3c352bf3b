"""A part of a page that waits for a job: it says so, and draws the page again once the job has ended."""

from __future__ import annotations

import shlex
from pathlib import Path

import streamlit as st

from stillroom_app.components.text import plain
from stillroom_app.services import jobs


def waits(command: str, folder: Path, key: str) -> bool:
    """Whether a job of a command on a folder is under way; where one is, it is told, and the page waits for it.

    Args:
        command: its first word, as `explain`.
        folder: of the run.
        key: of its own on the page.
    """
    if not _under_way(command, folder):
        return False
    _watch(command, folder, key)
    return True


@st.fragment(run_every="3s")
def _watch(command: str, folder: Path, key: str) -> None:
    told = _under_way(command, folder)
    if not told:
        st.rerun(scope="app")
    with st.container(key=key):
        st.info(f"Under way: {plain(told)}. What is shown here changes by itself.", icon=":material/hourglass_top:")


def _under_way(command: str, folder: Path) -> str:
    """What the job does at this moment; empty where there is none."""
    for told in jobs.under_way():
        words = shlex.split(told["command"])[1:]
        if words[:1] == [command] and any(Path(word).absolute() == folder.absolute() for word in words[1:]):
            return f"{command}, {told['part'] or told['state']}" + (
                f" {told['done']} of {told['of']}" * bool(told["of"])
            )
    return ""
