"""The money view of the report's page: what is saved, on what it hangs, and every assumption, to be written over.

The assumptions stand in the address, so that who is sent it sees the same; nothing is claimed beyond them.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from stillroom.base.errors import InputError
from stillroom.figures import tornado
from stillroom.figures.tornado import Move
from stillroom.report.money import CAVEATS, Assumptions, Savings, sentence
from stillroom.report.money import tornado as swings_of
from stillroom.report.sources import Source
from stillroom_app.components.chart import chart
from stillroom_app.components.money_table import money_table
from stillroom_app.components.page import refused
from stillroom_app.components.text import plain
from stillroom_app.services import money
from stillroom_app.state import teaching
from stillroom_app.theme import look

ASSUME, _HELD, _WRONG = "assume", "report_assume", "report_assume_wrong"
_CURRENCY = "Only its name: numbers stay as they are"
_NONE = "Money is told of a run whose student stands beside its teacher, and of a study of sensors."


def assumed() -> Assumptions:
    """What the address assumes, or what was assumed here last; ours where that cannot be read, and it is said."""
    given = st.query_params.get(ASSUME, st.session_state.get(_HELD, ""))
    try:
        found = money.from_address(given)
    except InputError as error:
        refused(error)
        found = Assumptions()
    _hold(found)
    return found


def money_view(source: Source, found: Assumptions, device: str = "") -> None:
    """Draws it.

    Args:
        source: what the report is about.
        found: what is assumed.
        device: whose costs stand on the front; empty for the one that a report takes by itself.
    """
    st.subheader("What may fewer sensors save?", anchor=False)
    try:
        saved = money.saved(source, found, device)
    except InputError as error:
        refused(error)
        return
    if saved is None:
        st.markdown(_NONE)
        return
    swings = swings_of(saved)
    st.badge("assumed, not measured", icon=":material/edit_note:", color="orange")
    st.markdown(plain(sentence(saved, swings)))
    left, right = st.columns([9, 11], gap="large")
    with left:
        _table(saved)
    with right:
        if swings:
            rows = [Move(one.line.name, one.line.unit, one.line.given.low, one.line.given.high, one.at_low, one.at_high)
                    for one in swings]  # fmt: skip
            years = f"{found.years.value:g} year{'s' * (found.years.value != 1)}"
            figure = tornado.moves(
                rows, saved.total.saved, unit=f"{found.currency} saved in {years}",
                origin=f"Assumed, not measured: sensors of {source.name}", look=replace(look(), narrow=True),
            )  # fmt: skip
            chart(figure, "report_tornado", table=_ends(rows, found.currency))
        _parts(saved)
    if teaching():
        _teach()


def _table(saved: Savings) -> None:
    def give(key: str, part: str, text: str) -> None:
        st.session_state.pop(_WRONG, None)
        try:
            _hold(money.changed(saved.assumptions, key, part, text))
        except InputError as error:
            st.session_state[_WRONG] = error

    money_table(saved.lines, give)
    if error := st.session_state.pop(_WRONG, None):
        refused(error)
    row = st.container(horizontal=True, vertical_alignment="bottom", key="report_money_more")
    currency = row.text_input(
        "Currency", saved.assumptions.currency, key="report_currency", max_chars=8, width=110, help=_CURRENCY
    )  # fmt: skip
    if currency != saved.assumptions.currency:
        _take_currency(saved.assumptions, currency)
    if money.to_address(saved.assumptions) and row.button(
        "Back to all of ours", key="report_money_ours", icon=":material/undo:"
    ):
        st.session_state.pop("report_currency", None)
        _hold(Assumptions())
        st.rerun()
    st.markdown(f":small[{plain(' '.join(CAVEATS))}]")


def _take_currency(now: Assumptions, currency: str) -> None:
    try:
        _hold(money.in_currency(now, currency))
    except InputError as error:
        refused(error)
    else:
        st.rerun()


def _parts(saved: Savings) -> None:
    """The same as sums, part by part."""
    currency = plain(saved.assumptions.currency)
    rows = [
        {
            "": f"**{part.name}**" if part is total else part.name,
            f"all sensors, {currency}": f"{part.before:,.0f}", f"those that stay, {currency}": f"{part.after:,.0f}",
            f"saved, {currency}": f"**{part.saved:,.0f}**".replace("-", "\N{MINUS SIGN}"),
        }
        for total in (saved.total,) for part in (*saved.parts, total)
    ]  # fmt: skip
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True, alt="What is paid and saved, part by part")


def _ends(rows: list[Move], currency: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "assumption": [one.name for one in rows], "unit": [one.unit for one in rows],
            "low": [one.low for one in rows], "high": [one.high for one in rows],
            f"saved at low, {currency}": [one.at_low for one in rows],
            f"saved at high, {currency}": [one.at_high for one in rows],
        }
    )  # fmt: skip


def _teach() -> None:
    with st.container(border=True, key="report_money_teach"):
        st.markdown(
            "**How it is summed.** $w$ workers wear sensors of price $p$ in $s$ wearables of price $h$ for $y$ years;"
            " a battery of price $b$ lasts $m$ months; care takes $t$ hours in a year at the rate $r$."
        )
        st.latex(r"\text{cost} = w\,(H + B + C)")
        st.markdown("with hardware $H = \\sum p + s h$, batteries $B = 12\\,s b y / m$ and care $C = s t r y$.")
        st.markdown("Saved is the cost of all sensors less that of those that stay.")


def _hold(found: Assumptions) -> None:
    """In the address, and for this visit."""
    st.session_state[_HELD] = text = money.to_address(found)
    if text:
        st.query_params[ASSUME] = text
    else:
        st.query_params.pop(ASSUME, None)
