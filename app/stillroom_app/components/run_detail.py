"""One run: how it stands, what it found in words, why it failed and how to go on, and what somebody noted to it."""

from __future__ import annotations

import re

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.runs.store import DONE
from stillroom_app.components.notebook_door import notebook_door
from stillroom_app.components.page import badge, refused
from stillroom_app.components.text import plain
from stillroom_app.services import jobs, notes, run_table
from stillroom_app.services.listing import DAMAGED, Listed

_DOORS = (
    ("compare", "Compare", ":material/compare_arrows:", "runs"),
    ("explain", "Explain", ":material/psychology_alt:", "run"),
    ("device", "Device", ":material/memory:", "run"),
    ("report", "Report", ":material/description:", "run"),
)
# A report holds no link and no directive of its own: those of a name, or of a file that came from elsewhere, are text.
_LIVE = re.compile(r"(?<!\\)(?:\[(?=[^\n]*\][(\[])|:(?=\w[\w-]*\[)|:(?=material/)|!(?=\[))")


def detail(one: Listed, note: notes.Note) -> None:
    """Draws it.

    Args:
        one: the run.
        note: what was noted to it.
    """
    with st.container(border=True, key="run_detail"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(one.name), anchor=False)
            badge(one.whose)
        st.caption(_line(one))
        if one.state == DONE:
            _doors(one)
        elif one.state == DAMAGED:
            st.error(plain(one.why), icon=":material/broken_image:")
            st.markdown("The folder stays as it is. Distil anew into another one, or put back what is missing.")
        else:
            _unfinished(one)
        _noted(one, note)
        if one.state == DONE:
            _report(one)


def _line(one: Listed) -> str:
    said = [one.state, f"began {one.began[:16].replace('T', ' ')}" if one.began else ""]
    if one.asked:
        asked = one.asked
        said += [
            f"{asked['recipe']} on {run_table.data_name(one)}",
            str(asked.get("protocol")),
            f"seed {asked.get('seed')}",
        ]
        said += ["fast setting"] * bool(asked.get("fast"))
    return " · ".join(plain(part) for part in said if part)


def _doors(one: Listed) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for page, label, icon, key in _DOORS:
            if key == "run" or "student" in one.models:
                st.page_link(f"screens/{page}.py", label=label, icon=icon, query_params={key: one.name})
        notebook_door(one.name, "run_notebook")


def _unfinished(one: Listed) -> None:
    """Why it is not done, and the command that goes on."""
    if one.why:
        st.error(plain(one.why[:1].upper() + one.why[1:]), icon=":material/error:")
    name, command = run_table.command_of(one)
    if not name:
        st.markdown("It can be gone on with: the command that began it, and `--resume`.")
        return None
    st.code(command if "--resume" in command else f"{command} --resume", language="bash", wrap_lines=True)
    told = jobs.look(name)
    if told["state"] in jobs.UNDER_WAY:
        st.page_link("screens/training.py", label="It runs: watch it", query_params={"job": name})
    elif st.button("Resume", key="run_resume", icon=":material/replay:"):
        try:
            jobs.resume(name)
        except StillroomError as error:
            return refused(error)
        st.rerun()
    return None


def _noted(one: Listed, note: notes.Note) -> None:
    def keep() -> None:
        tags, text = st.session_state[f"tags_{one.name}"], st.session_state[f"note_{one.name}"]
        try:
            notes.write(one.name, notes.Note(notes.tags_of(tags), text.strip()))
        except StillroomError as error:
            refused(error)

    row = st.container(horizontal=True, key="run_notes")
    row.text_input(
        "Tags, a comma between them", ", ".join(note.tags), key=f"tags_{one.name}", on_change=keep, width=280
    )
    row.text_input("Note", note.text, key=f"note_{one.name}", on_change=keep, max_chars=2000)


def _report(one: Listed) -> None:
    opened = st.expander("The report", key="run_report", on_change="rerun", icon=":material/article:")
    if opened.open:
        try:
            text = one.run.text
        except StillroomError as error:
            return refused(error)
        text = _LIVE.sub(lambda sign: f"\\{sign[0]}", text)
        opened.markdown(text.replace("\n# ", "\n#### ").replace("\n## ", "\n##### ").replace("# ", "#### ", 1))
    return None
