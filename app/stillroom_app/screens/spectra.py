"""Spectra: which frequencies activities hold, when, and which of them a student keeps."""

from __future__ import annotations

from typing import Any

import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.data.dataset import Dataset
from stillroom.figures.spectra import Spread, by_class
from stillroom.figures.spectrogram import spectrogram
from stillroom_app.components.chart import chart
from stillroom_app.components.choice import choose, up_to
from stillroom_app.components.kept_frequencies import kept_frequencies
from stillroom_app.components.page import head, refused
from stillroom_app.components.pick import pick_data
from stillroom_app.components.reading import dataset_of, stamp_of, whose_data
from stillroom_app.services import signals, spectra
from stillroom_app.services.spectra import Densities, Moments
from stillroom_app.state import teaching
from stillroom_app.theme import look

TABS = ("By activity", "Over time", "What the model keeps")
_DB, _LINEAR = "dB", "linear"


def draw() -> None:
    """The page."""
    head("Which frequencies tell activities apart?", "What the signals hold, and what a student keeps of it.")
    activity, moments, keeps = st.tabs(TABS, key="spectra_tab", bind="query-params")
    if activity.open:
        with activity:
            _guarded(_by_activity)
    if moments.open:
        with moments:
            _guarded(_over_time)
    if keeps.open:
        with keeps:
            kept_frequencies()


def _guarded(part: Any) -> None:
    try:
        part()
    except StillroomError as error:
        refused(error)


def _read(row: Any) -> tuple[str, Dataset]:
    name = pick_data(row)
    with st.skeleton(height=420):
        return name, dataset_of(name)


def _segment(row: Any, dataset: Dataset) -> float:
    lengths = spectra.segments_s(dataset.rate_hz)
    told = "Longer ones tell frequencies apart that lie nearer; shorter ones tell moments apart"
    usual = next((one for one in (4.0, 2.0) if one in lengths), lengths[0])
    options = [usual, *(one for one in lengths if one != usual)]
    return float(choose(row, "Segment in seconds", options, "segment_s", help=told, width=170))


def _by_activity() -> None:
    row = st.container(horizontal=True, vertical_alignment="bottom", key="spectra_row")
    name, dataset = _read(row)
    chosen = str(choose(row, "Sensor or channel", spectra.choices(dataset), "signal", width=260))
    segment_s = _segment(row, dataset)
    scale = choose(row, "Scale", (_DB, _LINEAR), "scale", width=110)
    top = up_to(st, "Up to", dataset.rate_hz / 2, "up_to_hz")
    found = _densities(name, stamp_of(name), chosen, segment_s)
    seen = found.hertz <= top + 1e-9
    spreads = {label: _cut(one, seen) for label, one in found.spreads.items()}
    card = dataset.card
    figure = by_class(
        found.hertz[seen],
        spreads,
        dataset.classes,
        channel=chosen,
        unit=found.unit,
        origin=_origin(dataset, f"{len(dataset.people)} people of {card.title}"),
        decibel=scale != _LINEAR,
        look=look(),
    )
    chart(figure, "spectra_by_class")
    if teaching():
        _welch(segment_s)


def _over_time() -> None:
    row = st.container(horizontal=True, vertical_alignment="bottom", key="moments_row")
    name, dataset = _read(row)
    recording = str(choose(row, "Recording", signals.names(dataset), "recording", width=220))
    channel = str(choose(row, "Channel", dataset.layout.names, "channel", width=260))
    segment_s = _segment(row, dataset)
    top = up_to(st, "Up to", dataset.rate_hz / 2, "up_to_hz")
    found = _moments(name, stamp_of(name), recording, channel, segment_s)
    marked = signals.bands(signals.recording_of(dataset, recording), dataset.card.track)
    figure = spectrogram(
        found.hertz,
        found.seconds,
        found.density,
        channel=channel,
        unit=found.unit,
        origin=_origin(dataset, f"{dataset.card.title}, {recording}"),
        bands=marked,
        classes=signals.labels(dataset),
        look=look(),
    )
    axis = "yaxis2" if marked else "yaxis"
    figure.update_layout({f"{axis}.range": [0, top]})
    chart(figure, "spectra_over_time")


def _cut(one: Spread, seen: Any) -> Spread:
    low, high = (None if edge is None else edge[seen] for edge in (one.low, one.high))  # type: ignore[index]
    return Spread(one.mean[seen], low, high, one.people)  # type: ignore[index]


def _origin(dataset: Dataset, said: str) -> str:
    return f"Computed here from {whose_data(said, simulated=dataset.card.simulated)}"


def _welch(segment_s: float) -> None:
    st.subheader("How it is computed", anchor=False)
    st.latex(r"\hat S(f) = \frac{1}{K}\sum_{k=1}^{K} \frac{|\mathrm{FFT}(w \cdot (x_k - \bar x_k))|^2}{f_s \sum w^2}")
    st.markdown(
        f"Segments x of {segment_s:g} s overlap by half, each loses its mean and is tapered by a Hann window w."
        " A person's stretches are averaged first, by their length; line and band are over people."
        " Welch, IEEE Trans. Audio Electroacoust. 15 (1967)."
    )


@st.cache_data(max_entries=24, show_spinner="Computing spectra")
def _densities(name: str, version: str, channel: str, segment_s: float) -> Densities:
    return spectra.of_classes(dataset_of(name), channel, segment_s)


@st.cache_data(max_entries=8, show_spinner="Computing the spectrogram")
def _moments(name: str, version: str, recording: str, channel: str, segment_s: float) -> Moments:
    return spectra.over_time(signals.recording_of(dataset_of(name), recording), channel, segment_s)


draw()
