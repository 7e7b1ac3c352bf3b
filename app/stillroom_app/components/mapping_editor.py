"""The table in which a person says what each column is, and the few settings that go with it.

Its first state is the proposal; what the person changed is kept by Streamlit under `import_columns`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.data.columns import SECONDS
from stillroom.data.guess import UNKNOWN_SITE
from stillroom.data.mapping import Mapping
from stillroom.sensors.catalogue import KINDS, SITES
from stillroom.sensors.units import known_units
from stillroom_app.components.text import plain
from stillroom_app.services.imports import CHANNEL, ROLES, Looked, Settings, mapping_of, settings_of

_COLUMNS = "import_columns"
_SHOWN = ("column", "holds", "role", "site", "kind", "axis", "unit")
_KEPT: dict[str, Any] = {"persist_state": "session"}  # looking at another tab loses nothing
_UNITS_S = (*SECONDS, "iso8601")


def begin(looked: Looked) -> None:
    """Sets the table and the settings to what was proposed; before they are drawn."""
    settings = settings_of(looked.mapping)
    for field in fields(Settings):
        st.session_state[f"import_{field.name}"] = getattr(settings, field.name)
    st.session_state["import_unlabelled"] = ", ".join(settings.unlabelled)
    st.session_state.pop(_COLUMNS, None)


def edited(looked: Looked) -> Mapping:
    """The mapping as the table and the settings stand now.

    Raises:
        InputError: what they say together is no mapping; the column is named.
    """
    if looked.why:
        why = plain(looked.why[:1].upper() + looked.why[1:])
        st.warning(f"{why}: say below what they are.", icon=":material/help:")
    else:
        whose = f" People are told apart by {looked.whose}." if looked.whose else ""
        files = f" of {looked.files} files" if looked.files > 1 else ""
        st.markdown(f"Guessed from names and values{files}. Guesses are guesses: look them over.{whose}")
    table = _table(looked)
    if (unsaid := table[table["role"] == CHANNEL]["site"] == UNKNOWN_SITE).any():
        st.selectbox(
            f"Where was the {UNKNOWN_SITE} worn?",
            ["", *SITES],
            key="import_site",
            format_func=lambda one: SITES[one].title if one else "not said",
            help=f"{unsaid.sum()} columns do not say it.",
            width=330,
            **_KEPT,
        )
    rows = [{str(name): value for name, value in row.items()} for row in table.fillna("").to_dict("records")]
    return mapping_of(rows, looked.mapping, _settings())


def _table(looked: Looked) -> pd.DataFrame:
    rows = pd.DataFrame(list(looked.rows))
    several = (rows["files"] != "*").any()
    kinds = list(dict.fromkeys([*KINDS, *filter(None, rows["kind"])]))
    units = list(dict.fromkeys([*known_units(), *filter(None, rows["unit"])]))
    column = st.column_config
    table = st.data_editor(
        rows,
        key=_COLUMNS,
        hide_index=True,
        column_order=[*_SHOWN, "files"] if several else list(_SHOWN),
        disabled=["column", "holds", "files"],
        column_config={
            "column": column.TextColumn("Column", pinned=True),
            "holds": column.TextColumn("Holds", width="medium"),
            "role": column.SelectboxColumn("Role", options=ROLES, required=True),
            "site": column.TextColumn("Site", help="Where it is worn, as right_wrist"),
            "kind": column.SelectboxColumn("Kind", options=["", *kinds]),
            "axis": column.TextColumn("Axis", help="x, y, z; empty where there is one"),
            "unit": column.SelectboxColumn("Unit", options=["", *units]),
            "files": column.TextColumn("In files"),
        },
        alt="What each column is: its role, and of a channel its site, kind, axis and unit",
    )
    return pd.DataFrame(table)


def _settings() -> Settings:
    state: Any = st.session_state
    with st.expander("How it is read", key="import_more", type="compact"):
        row = st.container(horizontal=True, key="import_reading")
        row.number_input("Rate in Hz", min_value=0.1, max_value=10_000.0, key="import_rate_hz", width=160, **_KEPT)
        row.selectbox("Unit of the time column", _UNITS_S, key="import_time_unit", width=160, **_KEPT)
        row.text_input("Labels that mean none", key="import_unlabelled", placeholder="null, 0", width=220, **_KEPT)
        st.toggle("Treat long missing stretches as gaps, instead of refusing the file", key="import_gaps", **_KEPT)
        st.text_input("Title", key="import_title", placeholder="As: line 3, packing, spring", **_KEPT)
        st.text_input("Licence", key="import_licence", placeholder="Who may use it", **_KEPT)
    words = tuple(word.strip() for word in str(state["import_unlabelled"]).split(",") if word.strip())
    return Settings(
        title=state["import_title"].strip(),
        licence=state["import_licence"].strip(),
        rate_hz=float(state["import_rate_hz"]),
        time_unit=state["import_time_unit"],
        unlabelled=words,
        gaps=bool(state["import_gaps"]),
        site=state.get("import_site") or "",
    )
