"""What a run costs, as a page tells it: the comparison line by line, what fits on a board, and a button to ask anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.figures.cost_wording import HERE, amount, runtime_of, size
from stillroom_app.components.job import start_button
from stillroom_app.components.page import exact_command
from stillroom_app.components.text import plain
from stillroom_app.services import devices
from stillroom_app.services.workspace import OWN_DEMO, Entry

_BADGES = {
    "counted": ":gray-badge[:material/tag: counted]",
    "measured": ":green-badge[:material/speed: measured here]",
    "elsewhere": ":gray-badge[:material/speed: measured on {}]",
    "device": ":green-badge[:material/memory: measured on a device]",
    "estimated": ":orange-badge[:material/functions: estimated]",
}
_FIRST = ("agx-xavier:MAXN", "orin-nano:15W", "stm32u575:full")


def comparison(told: dict[str, Any]) -> None:
    """Teacher beside student, each line with where it comes from."""
    lines = []
    for row in devices.rows(told):
        elsewhere = row.origin == "measured" and told.get("computer")
        origin = _BADGES["elsewhere"].format(told["computer"]) if elsewhere else _BADGES[row.origin]
        more = f" :small[{plain(row.more)}]" * bool(row.more)
        cells = {"": f"**{row.what}**", "teacher": row.teacher, "student": row.student, "student takes less": row.saves}
        lines.append({**cells, "where from": f"{origin}{more}"})
    st.table(pd.DataFrame(lines), border="horizontal", hide_index=True, alt="Teacher and student, what each costs")
    host = told["host"]
    versions = ", ".join(f"{name} {said}" for name, said in host["versions"].items() if said)
    st.caption(
        f"Models of fold {plain(told['fold'])}, on {plain(host['cpu'])}, {host['cores']} cores; {plain(versions)}."
    )
    opened = st.expander("How to read these numbers", key="device_notes", on_change="rerun", type="compact")
    if opened.open:
        notes = [*told["notes"], "A p99 wants thousands of calls: a device bundle measures it on the board."]
        opened.markdown("\n".join(f"- {plain(note)}" for note in notes))


def room(told: dict[str, Any]) -> None:
    """Whether the models fit on a microcontroller; nothing where none was asked about."""
    found = [one for one in told["figures"] if one["quantity"] in ("flash", "RAM")]
    if not found:
        return
    st.subheader("Whether it fits", anchor=False)
    lines: dict[tuple[str, ...], dict[str, str]] = {}
    for one in found:
        key = (one["model"], one["device"], one["runtime"], one["precision"])
        sign = ":green[:material/check:] yes" if one["fits"] else ":red[:material/close:] no"
        line = lines.setdefault(key, {
            "model": f"**{one['model']}**", "board": plain(one["device"]),
            "runtime": f"{plain(runtime_of(one['runtime']))}, {one['precision']}", "fits": sign,
        })  # fmt: skip
        line[one["quantity"]] = f"{size(one['value'])} of {size(one['available'])}"
    table = [{**line, "where from": _BADGES["estimated"]} for line in lines.values()]
    st.table(pd.DataFrame(table), border="horizontal", hide_index=True, alt="Flash and RAM that the models need")


def bands(told: dict[str, Any], quantity: str = "latency") -> None:
    """Every figure of a board as a line, with its band, mode and source."""
    found = [one for one in told["figures"] if one["quantity"] == quantity and one["device"] != HERE]
    lines = [
        {
            "model": f"**{one['model']}**", "board": f"{plain(one['device'])}, {plain(one['mode'] or 'mode not said')}",
            "runtime": f"{plain(runtime_of(one['runtime']))}, {one['precision']}",
            one["unit"]: _band(one), "where from": f"{_BADGES[_origin(one)]} :small[{plain(one['provenance'])}]",
        }
        for one in found
    ]  # fmt: skip
    if lines:
        st.table(pd.DataFrame(lines), border="horizontal", hide_index=True, alt=f"{quantity} on boards, with sources")


def ask(entry: Entry, label: str, *, primary: bool = True, chosen: Sequence[str] = ()) -> None:
    """Boards to choose, and the button that counts, measures and estimates.

    Args:
        entry: the run; of the demo nothing can be asked.
        label: of the button.
        primary: whether it is what the page is for.
        chosen: boards at first, with their modes.
    """
    if entry.whose == "demo":
        st.markdown("The demo holds results and no weights, so nothing can be measured anew. One of your own can be:")
        exact_command(OWN_DEMO, "Trained in a minute on the simulated line")
        return
    known = {f"{one.name}:{mode}": f"{one.title}, {mode}" for one in devices.boards().values() for mode in one.modes}
    first = [one for one in chosen or _FIRST if one in known]
    names = st.multiselect(
        "Boards, each in a power mode", list(known), default=first, key="device_boards", format_func=known.__getitem__
    )
    if start_button(label, devices.words(entry, names), "device_measure", primary=primary):
        st.rerun()


def _origin(one: dict[str, Any]) -> str:
    return "device" if str(one["provenance"]).startswith("measured") else "estimated"


def _band(one: dict[str, Any]) -> str:
    if _origin(one) == "device":
        return f"**{amount(one['value'])}** ({amount(one['low'])} to {amount(one['high'])})"
    return f"{amount(one['low'])} to {amount(one['high'])}" if one["high"] is not None else "not known"
