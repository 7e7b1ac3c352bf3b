"""Runs: what was tried, how each stands, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import pandas as pd
import streamlit as st

from stillroom_app.components.notebook_door import notebook_door
from stillroom_app.components.page import empty, head
from stillroom_app.components.run_detail import detail
from stillroom_app.components.text import plain
from stillroom_app.services import listing, notes, run_table
from stillroom_app.services.listing import DAMAGED, Listed, ListedStudy

TABLE, SHOWN = "runs_table", "shown"
_SCORE = st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.2f", width=110)


def draw() -> None:
    """The page."""
    head("What has been tried?")
    listed, known = listing.runs(), notes.every()
    if not listed:
        return empty("No run lies in this workspace yet.", "distil", "Distil a student")
    shown = _filtered(listed, known)
    _table(shown, known)
    _damaged(listed)
    by_name = {one.name: one for one in listed}
    if name := st.selectbox("Look at one", list(by_name), index=None, key=SHOWN, bind="query-params", width=420):
        detail(by_name[str(name)], known.get(str(name), notes.Note()))
    return _studies(listing.studies(), listed)


def _filtered(listed: list[Listed], known: dict[str, notes.Note]) -> list[Listed]:
    """The filters; they stand in the address."""
    row = st.container(horizontal=True, vertical_alignment="bottom", key="runs_filters")
    text = row.text_input("Find", key="find", bind="query-params", placeholder="name, setting, tag, note", width=240)
    picks = {
        "states": ("State", "only_state", sorted({one.state for one in listed})),
        "recipes": ("Recipe", "only_recipe", sorted({str(one.asked["recipe"]) for one in listed if one.asked})),
        "data": ("Data", "only_data", sorted({run_table.data_name(one) for one in listed if one.asked})),
    }
    wanted = {
        name: row.multiselect(label, options, key=key, bind="query-params", width=190)
        for name, (label, key, options) in picks.items()
        if len(options) > 1
    }
    return run_table.chosen(listed, known, text=text or "", **wanted)


def _table(shown: list[Listed], known: dict[str, notes.Note]) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", key="runs_how")
    together = row.toggle("Seeds together", key="together", bind="query-params", help="Mean and spread over seeds")
    differing = row.toggle("Only what differs", key="differing", bind="query-params", disabled=bool(together))
    row.caption(f"{len(shown)} run{'s' * (len(shown) != 1)}")
    if not shown:
        st.info("No run fits these filters.", icon=":material/filter_alt_off:")
        return
    if together:
        _grouped(shown)
        return
    rows = pd.DataFrame(run_table.rows(shown, known, differing=bool(differing)))
    names = [one.name for one in shown]
    key = f"rows_{crc32(chr(10).join(names).encode()):x}"  # other rows, another selection: places would mean other runs

    def take() -> None:
        picked = _picked(key, names)
        if len(picked) == 1:
            st.session_state[SHOWN] = picked[0]

    with st.container(key=TABLE):
        st.dataframe(
            rows, key=key, hide_index=True, on_select=take, selection_mode="multi-row", column_config=_columns(),
            height=min(440, 38 + 35 * len(rows)), placeholder="",
            alt="Runs with their scores; select two or more to compare them",
        )  # fmt: skip
    _door_to_compare(_picked(key, names), shown)


def _columns() -> dict[str, Any]:
    return {
        **dict.fromkeys(run_table.SCORES, _SCORE),
        "run": st.column_config.TextColumn(pinned=True),
        "gain": st.column_config.NumberColumn(format="%+.3f", help="What distillation added, mean over people"),
        "channels": st.column_config.NumberColumn(help="That the student sees"),
        "tags": st.column_config.ListColumn(),
    }


def _grouped(shown: list[Listed]) -> None:
    rows = pd.DataFrame(run_table.grouped(shown))
    if rows.empty:
        st.info("None of these runs is done.", icon=":material/hourglass_empty:")
        return
    spread = {f"{role} ±": st.column_config.NumberColumn(format="%.3f") for role in run_table.SCORES}
    columns = {**dict.fromkeys(run_table.SCORES, _SCORE), **spread}
    st.dataframe(rows, key="runs_grouped", hide_index=True, column_config=columns, alt="Runs, their seeds together")
    st.caption("± is the standard deviation over seeds; it says nothing of other people.")


def _picked(key: str, names: Sequence[str]) -> list[str]:
    state: Any = st.session_state.get(key) or {}
    places = state.get("selection", {}).get("rows", [])
    return [names[place] for place in places if place < len(names)]


def _door_to_compare(picked: list[str], shown: list[Listed]) -> None:
    able = {one.name for one in shown if "student" in one.models}
    ready = [name for name in picked if name in able]
    if len(picked) < 2:
        st.caption("Select two rows or more to compare them, or one to look at it.")
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="runs_compare"):
        st.markdown(f"**{len(picked)} selected**")
        if len(ready) < 2:
            st.caption("Comparing takes two finished runs with a student.")
            return
        st.page_link(
            "screens/compare.py", label=f"Compare {len(ready)} students", icon=":material/compare_arrows:",
            query_params={"runs": ",".join(ready)},
        )  # fmt: skip


def _damaged(listed: Sequence[Listed]) -> None:
    broken = [one for one in listed if one.state == DAMAGED]
    if not broken:
        return
    few = broken[:3]
    said = [f"- **{plain(one.name)}**: {plain(one.why)}" for one in few]
    said += [f"- and {len(broken) - len(few)} more" for _ in range(len(broken) > len(few))]
    count = f"{len(broken)} folders are" if len(broken) > 1 else "One folder is"
    st.warning(f"{count} damaged; the rest works.\n" + "\n".join(said), icon=":material/broken_image:")


def _studies(studies: Sequence[ListedStudy], listed: Sequence[Listed]) -> None:
    if not studies:
        return
    st.subheader("Studies", anchor=False)
    for study in studies:
        done = sum(one.study == study.name and one.state == "done" for one in listed)
        made = f"{done} of {study.planned} runs done" if study.whose == "yours" else f"{study.planned} runs"
        with st.container(border=True):
            st.markdown(f"**{plain(study.name)}** · {plain(study.kind)} · {made}")
            st.markdown(plain(study.sentence[:1].upper() + study.sentence[1:]) if study.sentence else "No answer yet.")
            if study.table:
                notebook_door(study.name, f"study_notebook_{study.name}", what="study")


draw()
