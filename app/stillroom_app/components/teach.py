"""What the Teach switch adds: a loss's formula with the numbers of one real window, and soft targets under sliders."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.figures.softening import answers, entropy_bits, softened
from stillroom.figures.theme import origin_of
from stillroom_app.components.chart import chart
from stillroom_app.components.page import badge, refused
from stillroom_app.components.text import plain
from stillroom_app.services import listing, teaching, workspace
from stillroom_app.services.lore import file_of, lore_of, own_words
from stillroom_app.services.recipes import title_of
from stillroom_app.services.teaching import OneWindow
from stillroom_app.services.workspace import Entry
from stillroom_app.state import RUN
from stillroom_app.theme import look

OF, WINDOW, APART, TEMPERATURE, ALPHA = (
    "teach_run",
    "teach_window",
    "teach_disagree",
    "teach_temperature",
    "teach_alpha",
)
_SUM = r"L = (1 - \alpha)\,\mathrm{CE} + \alpha\,T^2\,\mathrm{KL}\big(p_t^{(T)} \,\|\, p_s^{(T)}\big)"


def run_of_a_window() -> Entry | None:
    """The run whose windows are shown: the chosen one, else the latest that keeps what teacher and student said."""
    found = _fitting()
    asked = [str(st.session_state.get(key) or st.query_params.get(key, "")) for key in (OF, RUN)]
    name = next((one for one in asked if one in found), next(iter(found), ""))
    return found.get(name)


def _fitting() -> dict[str, Entry]:
    """The runs whose windows can be shown, by name."""
    taught = [one for one in listing.finished() if {"teacher", "student"} <= set(one.models)]
    return {one.name: one.entry for one in taught if teaching.fits(one.folder)}


def window_now(one: Entry) -> OneWindow:
    """The window that the sliders below stand at.

    Raises:
        StillroomError: the run keeps no answers, or no window is as asked.
    """
    place = int(st.session_state.get(WINDOW, 1)) - 1
    return _window(one.name, str(one.run.facts["changed"]), place, bool(st.session_state.get(APART)))


def formula(term: Mapping[str, Any], role: str) -> None:
    """A term's formula as it is set, its numbers for a window of a finished run, and its source, behind an expander.

    Args:
        term: with the settings that the page has for it now.
        role: of the training that it stands in.
    """
    lore = lore_of(str(term["loss"]), term["settings"])
    key = f"teach_{role}_{term['name']}"
    opened = st.expander("Formula, numbers, source", key=key, on_change="rerun", type="compact")
    if not opened.open:
        return
    with opened:
        st.latex(lore.formula)
        _numbers(term, role)
        st.markdown(f"{plain(lore.source)}{' · form and place are our reading' if lore.ours else ''}")
        st.markdown(f"Computed in `{file_of(str(term['loss']))}`, which says of itself:")
        st.code(own_words(str(term["loss"])), language=None, wrap_lines=True)


def _numbers(term: Mapping[str, Any], role: str) -> None:
    """What the term gives for the answers that a run's model of this training gave to the window that is chosen."""
    one = run_of_a_window()
    if one is None:
        return None
    name = str(term["name"])
    try:
        window = window_now(one)
        value = teaching.values(window, {name: {**term["settings"], "loss": term["loss"]}}, role).get(name)
    except StillroomError as error:
        return refused(error)
    mean = teaching.last_mean(one, role, name) if value is None else None
    if value is not None:
        weight, alike = float(term["weight"]), " Classes weigh alike here." * bool(term["settings"].get("balanced"))
        where = f"For window {window.number} of {plain(window.unit)}, {plain(window.truth)}, and what the"
        where += f" {title_of(role)[0].lower()} of this run said of it"
        st.markdown(f"{where}: **{value:.4f}**, times its weight {weight:g} is **{value * weight:.4f}**.{alike}")
    else:
        ended = "" if mean is None else f" In this run it ended at **{mean:.4f}**, the mean over its training windows."
        st.markdown(f"{teaching.why_none(term, role, window)}{ended}")
    if value is not None or mean is not None:
        badge("demo" if one.whose == "demo" else "yours", f"run {one.name}")
    return None


def soft_targets() -> None:
    """Temperature and alpha on a real window."""
    st.subheader("What the teacher tells of one window", anchor=False)
    one = run_of_a_window()
    if one is None:
        st.markdown("No finished run has a teacher and a student yet; with the first one this shows real windows.")
        return None
    kept: Any = {"bind": "query-params", "persist_state": "session"}
    row = st.container(horizontal=True, vertical_alignment="bottom", key="teach_row")
    if st.session_state.get(OF) not in (names := list(_fitting())):
        st.session_state[OF] = one.name
    one = workspace.entry(str(row.selectbox("Run", names, key=OF, **kept)))
    apart = row.toggle("Only where they disagree", key=APART, **kept)
    try:
        window = window_now(one)
    except StillroomError as error:
        return refused(error)
    row.number_input(f"Window, of {window.place[1]:,}", 1, 1_000_000, key=WINDOW, width=150, **kept)
    sliders = st.columns(2, gap="large")
    temperature = sliders[0].slider("Temperature T", 0.5, 20.0, 4.0, 0.5, key=TEMPERATURE, persist_state="session")
    alpha = sliders[1].slider(
        "Share of the soft targets, alpha", 0.0, 1.0, 0.5, 0.05, key=ALPHA, persist_state="session"
    )
    _shown(one, window, temperature, alpha, apart)
    return None


def _shown(one: Entry, window: OneWindow, temperature: float, alpha: float, apart: bool) -> None:
    chances = {role: softened(window.log_probabilities[role], temperature) for role in ("teacher", "student")}
    left, right = st.columns([3, 2], gap="large")
    origin = origin_of(workspace.report_of(one))
    where = f"window {window.number} of {window.unit}"
    figure = answers(
        chances, window.classes, origin=origin, truth=window.truth, look=replace(look(), narrow=True),
        title=f"Softened answers at T = {temperature:g}, {where}",
    )  # fmt: skip
    with left:
        chart(figure, "teach_soft")
    with right:
        badge("demo" if one.whose == "demo" else "yours", f"run {one.name}")
        if window.rounded:
            st.warning("This run's answers were rounded when they were kept: small shares are near, not exact.")
        most = math.log2(len(window.classes))
        for role, shares in chances.items():
            st.metric(f"Entropy of the {role}", f"{entropy_bits(np.asarray(shares)):.2f} of {most:.2f} bits")
        _weighed(window, temperature, alpha)


def _weighed(window: OneWindow, temperature: float, alpha: float) -> None:
    declared = {"cross_entropy": {}, "hinton": {"temperature": temperature}}
    try:
        told = teaching.values(window, declared, "student")
    except StillroomError as error:
        return refused(error)
    hard, soft = told["cross_entropy"], told["hinton"]
    st.latex(_SUM)
    st.markdown(
        f"CE **{hard:.4f}**, T² KL **{soft:.4f}**  \n"
        f"{1 - alpha:.2f} × {hard:.4f} + {alpha:.2f} × {soft:.4f} = **{(1 - alpha) * hard + alpha * soft:.4f}**"
    )
    st.caption("The losses that train give these numbers; classes weigh alike here.")
    return None


@st.cache_data(max_entries=64, show_spinner=False)
def _window(name: str, changed: str, place: int, disagreeing: bool) -> OneWindow:
    return teaching.window_of(workspace.entry(name), place, disagreeing=disagreeing)
