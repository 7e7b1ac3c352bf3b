"""Bringing one's own recordings in: files, what their columns are, what the check finds, and a name to keep them by.

What was chosen lies in a hidden folder of the workspace until it is saved; the session keeps that folder's name alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import streamlit as st

from stillroom.base.errors import InputError, StillroomError
from stillroom.data.mapping import Mapping
from stillroom_app.components.mapping_editor import begin, edited
from stillroom_app.components.page import exact_command, refused
from stillroom_app.components.text import plain
from stillroom_app.services import imports, sources, uploads
from stillroom_app.services.imports import Looked

_PLACE, _IDS, _ROUND, _SAVED, _NAME = "import_place", "import_ids", "import_round", "import_saved", "import_name"
_ICONS = {"error": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}
_MOST = 8


def import_steps() -> None:
    """The steps, each below the one before it, as far as they have come."""
    if saved := st.session_state.get(_SAVED):
        _done(saved)
    place = _files()
    if place is None:
        return None
    try:
        looked = _looked(str(place))
        st.subheader("What the columns are", anchor=False)
        mapping = edited(looked)
        with st.spinner("Reading every file"):
            told = _checked(str(place), mapping.model_dump_json())
    except StillroomError as error:
        return refused(error)
    st.subheader("What the check finds", anchor=False)
    _findings(told)
    st.subheader("Keep it", anchor=False)
    return _keep(place, mapping, told)


def _files() -> Path | None:
    """The files as they were chosen, staged; None where there are none."""
    again = st.session_state.get(_ROUND, 0)
    chosen = st.file_uploader(
        "CSV, Parquet or NPZ: one file, several that are alike, or a zip of them",
        accept_multiple_files=True,
        key=f"import_files_{again}" if again else "import_files",
        max_upload_size=uploads.LIMIT_BYTES >> 20,
        help="One row for each moment: a column of time, one for each sensor axis, the label, and whose it is.",
    )
    ids = [one.file_id for one in chosen]
    if ids == st.session_state.get(_IDS, []) and (_staged() is not None or not ids):
        return _staged()
    _forget()
    if not ids:
        return None
    try:
        with st.spinner("Looking at what came"):
            place = uploads.stage([uploads.Upload(one.name, one.getvalue()) for one in chosen])
            begin(_looked(str(place)))
    except StillroomError as error:
        refused(error)
        return None
    st.session_state.update({_PLACE: str(place), _IDS: ids, _NAME: _called(chosen[0].name), _SAVED: ""})
    return place


def _staged() -> Path | None:
    place = st.session_state.get(_PLACE, "")
    return Path(place) if place and Path(place).is_dir() else None


def _forget() -> None:
    if (place := _staged()) is not None:
        uploads.discard(place)
    st.session_state[_PLACE], st.session_state[_IDS] = "", []


def _called(name: str) -> str:
    """A name to keep it by, out of the file's: the first that is free."""
    stem = re.sub(r"[^\w+-]+", "-", uploads.safe_name(name).rpartition(".")[0]).strip("-")[:40] or "mine"
    for number in range(1, 100):
        try:
            return sources.free_name(stem if number == 1 else f"{stem}-{number}")
        except InputError:
            continue
    return stem


def _findings(told: dict[str, Any]) -> None:
    if told["recordings"]:
        minutes, classes = told["duration_s"] / 60, [plain(one["name"]) for one in told["classes"]]
        people = len(told["people"])
        st.markdown(
            f"**{people}** {'person' if people == 1 else 'people'} · **{minutes:.1f}** minutes ·"
            f" **{told['channels']}** channels at {told['rate_hz']:g} Hz · {len(classes)} activities:"
            f" {', '.join(classes[:_MOST])}{' …' if len(classes) > _MOST else ''}"
        )
    found = told["findings"]
    if not found:
        st.markdown(":material/check_circle: Nothing stands out.")
    for one in found[:_MOST]:
        _finding(one)
    if len(found) > _MOST:
        with st.expander(f"{len(found) - _MOST} more", key="import_findings", type="compact"):
            for one in found[_MOST:]:
                _finding(one)


def _finding(one: dict[str, Any]) -> None:
    """What was found, where, and what to do; an error stands out."""
    files = f" (in {one['files']} files)" if one["files"] > 1 else ""
    said = f"{plain(one['what'][:1].upper() + one['what'][1:])}{files}"
    more = " · ".join(filter(None, (plain(one["where"]), plain(one["mend"]))))
    if one["level"] == "error":
        st.error(f"**{said}**  \n{more}", icon=_ICONS["error"])
    else:
        st.markdown(f"{_ICONS[one['level']]} {said}{f'  {chr(10)}:small[{more}]' if more else ''}")


def _keep(place: Path, mapping: Mapping, told: dict[str, Any]) -> None:
    stopped = any(one["level"] == "error" for one in told["findings"])
    name = st.text_input("Name of the data set", key=_NAME, max_chars=61, persist_state="session", width=330)
    if stopped:
        st.markdown("It can be kept once the errors above are mended: in the table, or in the file.")
    if st.button("Save", key="import_save", type="primary", icon=":material/save:", disabled=stopped):
        try:
            with st.spinner("Saving"):
                imports.save(place, name.strip(), mapping, told)
        except StillroomError as error:
            return refused(error)
        again = int(st.session_state.get(_ROUND, 0)) + 1
        st.session_state.update({_PLACE: "", _IDS: [], _ROUND: again, _SAVED: name.strip()})
        st.rerun()
    return None


def _done(name: str) -> None:
    """What was saved, and where to go with it."""
    with st.container(border=True, key="import_done"):
        st.markdown(f":material/check_circle: **{plain(name)}** is kept. Where to?")
        row = st.container(horizontal=True, key="import_doors")
        asked = {"data": name}
        row.page_link("screens/signals.py", label="Look at it", icon=":material/show_chart:", query_params=asked)
        row.page_link("screens/sensors.py", label="Choose sensors", icon=":material/sensors:", query_params=asked)
        row.page_link("screens/distil.py", label="Distil a student", icon=":material/science:", query_params=asked)
        exact_command(("data", "inspect", str(sources.folder() / name)))


@st.cache_data(max_entries=8, show_spinner=False)
def _looked(place: str) -> Looked:
    return imports.look(Path(place))


@st.cache_data(max_entries=16, show_spinner=False)
def _checked(place: str, mapping: str) -> dict[str, Any]:
    return imports.checked(Path(place), Mapping.model_validate_json(mapping))
