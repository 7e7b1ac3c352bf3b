"""Report: one file of a run or a study, for who decides; what it holds, what it says of money, and the file itself."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.report.sources import Source
from stillroom_app.components.job import start_button
from stillroom_app.components.money import assumed, money_view
from stillroom_app.components.page import badge, empty, exact_command, head, refused
from stillroom_app.components.pick import pick_run
from stillroom_app.components.sheet import sheet
from stillroom_app.components.text import plain
from stillroom_app.components.waiting import waits
from stillroom_app.services import listing, report_contents, reporting
from stillroom_app.services.money import to_address
from stillroom_app.services.report_contents import Held
from stillroom_app.services.reporting import Asked
from stillroom_app.services.workspace import place

STUDY, _OF, _RUN, _STUDY = "study", "report_of", "Run", "Study"
_LEAD = "One file: a page for who decides, then the evidence behind every number. It needs no network and prints on A4."


def draw() -> None:
    """The page."""
    head("What do I hand over to the person who decides?", _LEAD)
    row = st.container(horizontal=True, vertical_alignment="bottom", key="report_about")
    name = _pick(row)
    if not name:
        return empty("Nothing has been distilled yet, so there is nothing to report.", "distil", "Distil a student")
    try:
        source = report_contents.source_of(name)
        device = _device(source, row)
        held, found = report_contents.contents(source, name), assumed()
        of = reporting.asked(name, device, [one for one in to_address(found).split(",") if one])
    except StillroomError as error:
        return refused(error)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _take_along(of)
        _holds(held)
    with right:
        _preview(of)
    st.divider()
    money_view(source, found, device)
    return exact_command(reporting.words(of, reporting.file_name(of)), "The same file on the command line")


def _pick(row: Any) -> str:
    studies = [one.name for one in listing.studies() if one.table]
    chosen = _RUN
    if studies:
        chosen = row.segmented_control(
            "Of", [_RUN, _STUDY], default=_RUN, key=_OF, bind="query-params", required=True
        )  # fmt: skip
    if chosen == _STUDY:
        return str(row.selectbox("Study", studies, key=STUDY, bind="query-params", width=300) or studies[0])
    entry = pick_run(row)
    return entry.name if entry else (studies[0] if studies else "")


def _device(source: Source, row: Any) -> str:
    """Whose costs stand on the front; empty for the one that a report takes by itself."""
    known = report_contents.devices_of(source)
    if len(known) < 2:
        return ""
    box = row.selectbox("Costs on the front", list(known), key="report_device", bind="query-params", width=300)
    return known.get(str(box), "")


def _take_along(of: Asked) -> None:
    """The file, to open, to download and as PDF."""
    folder, _, whose = place(of.name)
    with st.container(horizontal=True, vertical_alignment="center", key="report_origin"):
        badge(whose)
    buttons = st.container(horizontal=True, key="report_take")
    buttons.download_button(
        "Download", partial(reporting.made, of), reporting.file_name(of), "text/html", key="report_download",
        type="primary", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    buttons.link_button("Open", reporting.address(of), key="report_open", icon=":material/open_in_new:")
    pdf = reporting.pdf_of(of)
    if pdf.is_file():
        buttons.download_button(
            "Download PDF", pdf.read_bytes, reporting.file_name(of, ".pdf"), "application/pdf", key="report_pdf",
            icon=":material/picture_as_pdf:", on_click="ignore",
        )  # fmt: skip
    elif not waits("report", folder, "report_waits"):
        _make_pdf(of, buttons)


def _make_pdf(of: Asked, where: Any) -> None:
    opened = where.popover("As PDF", icon=":material/picture_as_pdf:", key="report_pdf_open")
    with opened:
        if why := reporting.no_pdf():
            st.markdown(why)
        elif start_button("Make the PDF", reporting.words_for_pdf(of), "report_pdf_make", primary=False):
            st.rerun()


def _holds(found: list[Held]) -> None:
    st.markdown("**What it holds**")
    with st.container(gap="small", key="report_holds"):
        for number, one in enumerate(found):
            icon = ":green[:material/check:]" if one.there else ":gray[:material/remove:]"
            note = plain(one.note if one.there else "not asked for; the report says so")
            line = st.container(horizontal=True, vertical_alignment="center", key=f"report_holds_{number}")
            line.markdown(f"{icon} {one.title}  \n:small[{note}]", width="stretch")
            if not one.there and one.page:
                page, query = f"screens/{one.page}.py", one.query
                line.page_link(page, label="Ask", icon=":material/arrow_forward:", query_params=query)


def _preview(of: Asked) -> None:
    sheet(reporting.address(of), "report_preview")
    st.markdown(":small[The first page of the file itself, in small. It is made anew when something changes.]")


draw()
