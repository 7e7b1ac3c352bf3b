"""Who trains and who is tested: a protocol and a window, chosen with their consequences in sight.

The choice stands in the address and goes along to Distil: `protocol`, `window_s`, `stride_s`, `leaks_known`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.figures.people import folds
from stillroom_app.components.chart import chart
from stillroom_app.components.page import refused
from stillroom_app.components.pick import pick_data
from stillroom_app.components.reading import dataset_of, facts_of, stamp_of, whose_data
from stillroom_app.components.text import plain
from stillroom_app.services import splits
from stillroom_app.services.splits import LEAKS, PROTOCOL, STRIDE, WINDOW, Asked, Preview
from stillroom_app.theme import look

_MOST = 15
_KEPT: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}


def split_editor() -> None:
    """The choice, and what it does."""
    row = st.container(horizontal=True, vertical_alignment="bottom", key="split_row")
    name = pick_data(row)
    try:
        with st.skeleton(height=300):
            facts = facts_of(name)
        asked = _asked(row, facts)
        found = _previewed(name, stamp_of(name), asked) if _allowed(asked) else None
    except StillroomError as error:
        return refused(error)
    if found is None:
        return None
    _said(found, facts)
    _folds(found, facts)
    _counts(found)
    return _onward(name, asked)


def _asked(row: Any, facts: dict[str, Any]) -> Asked:
    own = facts["protocol"]
    protocol = row.selectbox(
        "Who is tested",
        splits.protocols(len(facts["people"])),
        key=PROTOCOL,
        help="own: what the data set says of itself",
        width=160,
        **_KEPT,
    )
    window = _seconds(row, "Window in seconds", WINDOW, f"{facts['window_s']:g}, the set's own")
    stride = _seconds(row, "Step in seconds", STRIDE, "half a window" if window else f"{facts['stride_s']:g}")
    st.caption(plain(splits.said(str(protocol), own)[:1].upper() + splits.said(str(protocol), own)[1:]))
    known = False
    if str(protocol).startswith("random"):
        st.warning(splits.WARNING, icon=":material/warning:")
        known = st.checkbox("I know that it leaks; show it all the same", key=LEAKS, **_KEPT)
    return Asked(
        "" if protocol in (None, splits.OWN) else str(protocol), float(window or 0), float(stride or 0), bool(known)
    )


def _seconds(row: Any, label: str, key: str, hint: str) -> float | None:
    given: float | None = row.number_input(
        label, min_value=0.1, max_value=60.0, value=None, step=0.5, key=key, placeholder=hint, width=190, **_KEPT
    )
    return given


def _allowed(asked: Asked) -> bool:
    return asked.leaks_known or not asked.protocol.startswith("random")


def _said(found: Preview, facts: dict[str, Any]) -> None:
    total = sum(map(sum, found.counts))
    st.markdown(
        f"**{total:,}** windows of {found.window_s:g} s, one each {found.stride_s:g} s · **{len(found.folds)}** folds ·"
        f" intervals over {found.unit}"
    )
    if found.warning and not found.warning.startswith("Split at random"):
        st.markdown(f":material/info: {plain(found.warning)}")
    if found.set_aside:
        named = ", ".join(f"{plain(label)} ({count})" for label, count in found.set_aside.items())
        st.markdown(f":material/info: Set aside, with too few windows: {named}")
    if len(facts["people"]) < 8 and found.unit == "people":
        st.markdown(":material/info: Fewer than eight people: what is found is a pilot, not a proof.")


def _folds(found: Preview, facts: dict[str, Any]) -> None:
    if found.apart:
        of_people = found.unit == "people"
        figure = folds(
            found.folds[:_MOST],
            origin=whose_data(facts["title"], simulated=facts["simulated"]),
            title="" if of_people else "No stretch of a recording stands on two sides",
            note="" if of_people else "Stretches train, decide when to stop, or are tested; between them lies a gap.",
            look=look(),
        )
        chart(figure, "split_folds", table=_table(found))
        if len(found.folds) > _MOST:
            st.caption(f"The first {_MOST} of {len(found.folds)} folds.")
    else:
        st.dataframe(_table(found), hide_index=True, key="split_table", alt="Windows on each side, fold by fold")


def _table(found: Preview) -> pd.DataFrame:
    rows = [
        {
            "fold": one["fold"],
            **{f"{part} windows": one["windows"][part] for part in ("train", "validation", "test")},
            "tested": ", ".join(one["test"][:6]) + (" …" if len(one["test"]) > 6 else ""),
        }
        for one in found.folds
    ]
    return pd.DataFrame(rows)


def _counts(found: Preview) -> None:
    st.subheader("Windows of each person and activity", anchor=False)
    table = pd.DataFrame(found.counts, columns=list(found.classes))
    table.insert(0, "person", list(found.people))
    if empty := sum(value == 0 for row in found.counts for value in row):
        st.caption(f"{empty} of {table.size - len(table)} pairs have no window.")
    st.dataframe(table, hide_index=True, key="split_counts", alt="Windows of each person and activity")


def _onward(name: str, asked: Asked) -> None:
    words = asked.options()
    if words:
        st.caption("What it adds to stillroom distil")
        st.code(" ".join(words), language=None, wrap_lines=True)
    st.page_link(
        "screens/distil.py",
        label="Distil with this split" if words else "Distil",
        icon=":material/science:",
        query_params={"data": name},
    )


@st.cache_data(max_entries=24, show_spinner="Cutting windows")
def _previewed(name: str, version: str, asked: Asked) -> Preview:
    return splits.preview(dataset_of(name), asked)
