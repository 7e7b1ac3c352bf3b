"""Sensors: which can go? A body to choose on, what a choice is estimated to cost, and what was measured for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom_app.components import sensor_answer, sensor_tabs
from stillroom_app.components.body_map import body_map
from stillroom_app.components.page import head, refused
from stillroom_app.components.pick import pick_data
from stillroom_app.components.reading import stamp_of
from stillroom_app.components.text import plain
from stillroom_app.services import estimates as known
from stillroom_app.services import measured, sensor_studies
from stillroom_app.services.estimates import Estimates, same_data
from stillroom_app.services.listing import Listed
from stillroom_app.services.sensor_choice import Choice
from stillroom_app.services.sensor_studies import SensorStudy
from stillroom_app.services.sensors import Kept, Sensor, places_of, read, sensors_of, written
from stillroom_app.services.sources import opened, source_of

_KEEP, _KEPT, _SHOWN = "keep", "sensors_kept", "sensors_shown"
_MOST_NAMED = 3


def draw() -> None:
    """The page."""
    head(
        "Which sensors can go?",
        "Leave some out: what that costs is estimated at once. A training then tells the truth.",
    )
    pickers = st.container(horizontal=True, key="sensors_pickers")
    data = pick_data(pickers)
    try:
        source = source_of(data)
        sensors = _sensors(data, source, stamp_of(data))
        found, studies, runs, left = _known(source, known.version())
    except StillroomError as error:
        return refused(error)
    _left_out(left)
    estimates = _pick_estimates(found, pickers)
    every = estimates.seen(sensors) if estimates else frozenset(one.name for one in sensors)
    choice = Choice(sensors, _kept(data, sensors, every), estimates)
    choose = partial(_choose, data, sensors)
    _map_and_answer(choice, choose, data, source, studies, runs)
    _tabs(choice, choose, data, source, studies, runs)
    return None


def _map_and_answer(
    choice: Choice, choose: partial[None], data: str, source: str, studies: list[SensorStudy], runs: list[Listed]
) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        body_map(places_of(choice.sensors), choice.kept, choose, worth=_worth(choice))
        if choice.estimates and choice.estimates.part.get("shapley"):
            st.caption("Halos: what a site's sensors are worth, by the estimate.")
        if choice.gone:
            st.button("Keep all", key="sensors_all", icon=":material/undo:", on_click=choose, args=(choice.all,))
    with right:
        asked = choice.kept, choice.sensors, studies, runs, choice.estimates
        found = measured.of_set(*asked)
        if choice.estimates:
            sensor_answer.answer(choice, found)
        else:
            sensor_answer.unknown(choice, data, source, runs, found)
        if apart := measured.set_aside(*asked):
            st.caption(f"Measured on other windows, people or protocol, so not beside it: {plain(', '.join(apart))}.")
        sensor_answer.onward(choice, data, source)
        if choice.estimates:
            sensor_answer.of_demo(choice.estimates)


def _tabs(
    choice: Choice, choose: partial[None], data: str, source: str, studies: list[SensorStudy], runs: list[Listed]
) -> None:
    truths = partial(measured.of_set, sensors=choice.sensors, studies=studies, runs=runs, like=choice.estimates)
    by = choice.estimates.by if choice.estimates else "sensor"
    panels: dict[str, Callable[[], None]] = {"Every sensor": partial(sensor_tabs.every_sensor, choice, choose)}
    if choice.estimates:
        panels |= {
            "Suggested sets": partial(sensor_tabs.suggestions, choice, choose, data, source, truths),
            "What repeats what": partial(sensor_tabs.repeats, choice),
            "What each costs": partial(sensor_tabs.costs, choice),
        }
    panels["Estimate and truth"] = partial(sensor_tabs.truth, studies, choice, data, source, by)
    tabs = st.tabs(list(panels), key="sensors_tab", on_change="rerun", bind="query-params")
    for tab, panel in zip(tabs, panels.values(), strict=True):
        if tab.open:
            with tab:
                panel()


@st.cache_data(max_entries=16, show_spinner="Reading the data set")
def _sensors(data: str, source: str, version: str) -> tuple[Sensor, ...]:
    """The sensors of a data set; its recordings are not kept. Read again when a file of it changes."""
    return sensors_of(opened(data).layout)


@st.cache_data(max_entries=8, show_spinner=False)
def _known(
    source: str, version: tuple[tuple[str, int], ...]
) -> tuple[list[Estimates], list[SensorStudy], list[Listed], dict[str, str]]:
    """What is known of sets of a data set's sensors, and what cannot be read; read again when a file of it changes."""
    studies = [one for one in sensor_studies.studies() if same_data(one.data, source)]
    found, left = known.for_data(source, studies)
    sound = [one for one in studies if not one.flaw]
    return found, sound, measured.trained(source, studies), left


def _left_out(left: Mapping[str, str]) -> None:
    """Names what cannot be read, so that nobody misses it without a word."""
    if left:
        said = "; ".join(f"**{plain(name)}** ({plain(why)})" for name, why in list(left.items())[:_MOST_NAMED])
        more = f", and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
        st.caption(f":material/warning: Left out, since it cannot be read: {said}{more}.")


def _pick_estimates(found: list[Estimates], where: Any) -> Estimates | None:
    named = {one.name: one for one in found}
    if len(named) < 2:
        return found[0] if found else None
    # an address holds an option as it is shown, so options are shown by their names
    name = where.selectbox("Estimates of", list(named), key="estimates", bind="query-params", persist_state="session")
    return named.get(str(name), found[0])


def _kept(data: str, sensors: tuple[Sensor, ...], every: Kept) -> Kept:
    """What is kept: as the address says, else as it was chosen before, else all."""
    remembered: dict[str, Kept] = st.session_state.setdefault(_KEPT, {})
    same = st.session_state.get(_SHOWN, data) == data
    st.session_state[_SHOWN] = data
    asked = read(st.query_params.get(_KEEP), sensors) if same else None
    kept = asked if asked is not None else remembered.get(data, every)
    _remember(data, sensors, kept)
    return kept


def _choose(data: str, sensors: tuple[Sensor, ...], names: Collection[str]) -> None:
    _remember(data, sensors, frozenset(names))


def _remember(data: str, sensors: tuple[Sensor, ...], kept: Kept) -> None:
    st.session_state.setdefault(_KEPT, {})[data] = kept
    wanted = written(kept, sensors)
    if st.query_params.get(_KEEP) != wanted:
        st.query_params[_KEEP] = wanted


def _worth(choice: Choice) -> dict[str, float]:
    """Each site's part of what all sensors are worth together, by their Shapley values."""
    shares = (choice.estimates.part.get("shapley") or {}).get("shares", []) if choice.estimates else []
    by_site: dict[str, float] = {}
    for one in shares:
        site = one["group"].split(".")[0]
        by_site[site] = by_site.get(site, 0.0) + max(0.0, one["mean"])
    total = sum(by_site.values())
    return {site: value / total for site, value in by_site.items()} if total else {}


draw()
