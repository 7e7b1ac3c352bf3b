"""Signals: one recording as it is, lane by lane, with what was done above it and numbers of what is in sight."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.data.dataset import Dataset
from stillroom.data.recording import Recording
from stillroom.figures.signals import recording as lanes
from stillroom_app.components.chart import chart
from stillroom_app.components.choice import choose, choose_some
from stillroom_app.components.page import head, refused
from stillroom_app.components.pick import pick_data
from stillroom_app.components.reading import dataset_of, whose_data
from stillroom_app.components.text import plain
from stillroom_app.services import signals
from stillroom_app.theme import look

TIME, _OF, _CHART = "t", "signals_of", "signals_chart"
_LANES = 4


def draw() -> None:
    """The page."""
    head("What was recorded, and when does it change?", "Each lane is a sensor; the ribbon says what was being done.")
    row = st.container(horizontal=True, vertical_alignment="bottom", key="signals_row")
    name = pick_data(row)
    try:
        with st.skeleton(height=480):
            dataset = dataset_of(name)
    except StillroomError as error:
        return refused(error)
    chosen = choose(row, "Recording", signals.names(dataset), "recording", width=220)
    sensors = dataset.layout.sensors
    shown = choose_some(st, "Sensors", sensors, sensors[:_LANES], "lanes")
    return _stretch(name, str(chosen), tuple(shown))


@st.fragment(key="signals_stretch")
def _stretch(name: str, chosen: str, sensors: tuple[str, ...]) -> None:
    """A stretch of the recording; only this is drawn anew when it moves."""
    dataset = dataset_of(name)
    one = signals.recording_of(dataset, chosen)
    marked = signals.bands(one, dataset.card.track)
    _settle(f"{name}/{chosen}", one.duration_s)
    whole = round(one.duration_s, 1)
    shown: Any = st.slider("Seconds", 0.0, whole, step=0.1, key=TIME, format="%g s", persist_state="session")
    _address(shown, one.duration_s)
    _buttons(one, signals.changes(marked))
    places = [place for place, channel in enumerate(one.layout) if channel.sensor in sensors]
    if shown[1] - shown[0] < 2 / one.rate_hz:
        st.markdown("Nothing is in sight: move the ends of the stretch apart.")
        return
    chart(_drawn(dataset, one, marked, places, shown), _CHART, on_box=partial(_boxed, one.duration_s))
    _numbers(one, shown, places)


def _settle(of: str, duration_s: float) -> None:
    """What the address says, at first; another recording begins at its start."""
    before = st.session_state.get(_OF)
    if before is None:
        st.session_state[TIME] = signals.read(st.query_params.get(TIME, ""), duration_s)
    elif before != of or TIME not in st.session_state:
        st.session_state[TIME] = signals.read("", duration_s)
    st.session_state[_OF] = of


def _address(shown: tuple[float, float], duration_s: float) -> None:
    """Puts the stretch into the address; a bound slider would keep the one of another recording, whose end differs."""
    said = signals.written(shown) if shown != signals.read("", duration_s) else ""
    if st.query_params.get(TIME, "") == said:
        return
    if said:
        st.query_params[TIME] = said
    else:
        del st.query_params[TIME]


def _buttons(one: Recording, at: list[float]) -> None:
    row = st.container(horizontal=True, key="signals_move")
    whole = one.duration_s

    def button(label: str, icon: str, key: str, move: Any, shortcut: str | None = None) -> None:
        row.button(label, icon=f":material/{icon}:", key=key, on_click=_move, args=(move,), shortcut=shortcut)

    button("Previous change", "skip_previous", "t_back", lambda now: signals.jump(now, at, whole, back=True), "p")
    button("Next change", "skip_next", "t_next", lambda now: signals.jump(now, at, whole, back=False), "n")
    button("Closer", "zoom_in", "t_in", lambda now: signals.zoom(now, 0.5, whole))
    button("Wider", "zoom_out", "t_out", lambda now: signals.zoom(now, 2.0, whole))
    button("All of it", "fit_width", "t_all", lambda _: signals.within(0.0, whole, whole))


def _move(move: Any) -> None:
    st.session_state[TIME] = move(st.session_state[TIME])


def _boxed(duration_s: float) -> None:
    """A box drawn on the chart is what is looked at next."""
    boxes = (st.session_state.get(_CHART) or {}).get("selection", {}).get("box", [])
    if boxes and len(across := boxes[0].get("x", [])) == 2:
        low, high = sorted(map(float, across))
        st.session_state[TIME] = signals.within(low, high - low, duration_s)


def _drawn(
    dataset: Dataset, one: Recording, marked: list[signals.Band], places: list[int], shown: tuple[float, float]
) -> Any:
    channels = [one.layout.channels[place] for place in places]
    card = dataset.card
    figure = lanes(
        one.signal[places],
        [channel.name for channel in channels],
        rate_hz=one.rate_hz,
        origin=f"{whose_data(card.title, simulated=card.simulated)}, {one.name}",
        bands=marked,
        classes=signals.labels(dataset),
        units=[channel.unit for channel in channels],
        segments=one.segments,
        between_s=shown,
        look=look(),
    )
    if not look().narrow:  # on a telephone, a finger that moves across scrolls the page
        figure.update_layout(dragmode="select", selectdirection="h")
    return figure


def _numbers(one: Recording, shown: tuple[float, float], places: list[int]) -> None:
    st.subheader(f"What is in sight, {shown[0]:g} to {shown[1]:g} s", anchor=False)
    table = pd.DataFrame(signals.numbers(one, shown, places))
    number = st.column_config.NumberColumn(format="%.3g")
    st.dataframe(
        table,
        hide_index=True,
        key="signals_numbers",
        column_config=dict.fromkeys(("mean", "sd", "lowest", "highest"), number),
        alt="Mean, standard deviation, range and missing share of each channel in sight",
    )
    if one.facts:
        st.caption(" · ".join(f"{plain(key)}: {plain(value)}" for key, value in one.facts.items()))


draw()
