"""Windows, whatever the gaps and labels: each is inside a segment, and labelled as counting by hand labels it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.data.card import Card
from stillroom.data.dataset import Dataset, as_dataset
from stillroom.data.recording import Recording, Span
from stillroom.data.windows import WindowConfig, cut
from stillroom.sensors.channel import Channel
from stillroom.sensors.layout import Layout

RATE_HZ, CLASSES = 10.0, ("sit", "walk", "run")
LAYOUT = Layout(channels=(Channel(site="waist", kind="acc", axis="x", unit="m/s2", rate_hz=RATE_HZ),))
CARD = Card(name="made", title="Made up", licence="none", rate_hz=RATE_HZ, classes=CLASSES)

# each sample: is it there, and which class (3: none)
samples = st.lists(
    st.tuples(st.integers(1, 12), st.sampled_from([True, True, True, False]), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)
sets = st.lists(samples, min_size=1, max_size=3)


def runs(values: np.ndarray) -> list[tuple[int, int]]:
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return [(edges[i], edges[i + 1]) for i in range(len(edges) - 1)]


def recording(number: int, parts: list[tuple[int, bool, int]]) -> Recording:
    there = np.repeat([part[1] for part in parts], [part[0] for part in parts])
    label = np.repeat([part[2] for part in parts], [part[0] for part in parts])
    spans = [Span(a / RATE_HZ, b / RATE_HZ, CLASSES[label[a]]) for a, b in runs(label) if label[a] < len(CLASSES)]
    segments = np.array([(a, b) for a, b in runs(there.astype(int)) if there[a]], dtype=np.int64).reshape(-1, 2)
    signal = np.arange(len(there), dtype=np.float32)[None]
    return Recording(f"p{number}", "1", LAYOUT, RATE_HZ, signal, segments, {"activity": spans})


def by_hand(data: Dataset, width: int, stride: int, purity: float) -> list[tuple[int, int, str, float]]:
    """Recording, first sample, class and purity of each window, one at a time."""
    found = []
    for number, item in enumerate(data.recordings):
        codes = item.codes("activity", data.classes)
        for first, stop in item.segments:
            for start in range(int(first), int(stop) - width + 1, stride):
                counts = Counter(code for code in codes[start : start + width].tolist() if code >= 0)
                most = max(counts.values(), default=0)
                if most and most / width >= purity:
                    best = min(code for code, count in counts.items() if count == most)
                    found.append((number, start, data.classes[best], most / width))
    return found


@given(sets, st.integers(1, 12), st.integers(1, 8), st.sampled_from([0.3, 0.5, 0.75, 1.0]))
def test_windows_are_those_that_counting_by_hand_finds(
    made: list[list[tuple[int, bool, int]]], width: int, stride: int, purity: float
) -> None:
    recordings = [recording(number, parts) for number, parts in enumerate(made, start=1)]
    try:
        data = as_dataset(CARD, recordings, "key")
    except InputError as error:
        assert not any(item.tracks["activity"] for item in recordings), error
        return
    expected = by_hand(data, width, stride, purity)
    config = WindowConfig(window_s=width / RATE_HZ, stride_s=stride / RATE_HZ, purity=purity, min_windows=0)
    if len({label for _, _, label, _ in expected}) < 2:
        with pytest.raises(InputError, match=r"no window|nothing to tell apart"):
            cut(data, config)
        return
    index = cut(data, config)
    assert [
        (int(r), int(s - index.offsets[r]), index.classes[c], pytest.approx(float(p)))
        for r, s, c, p in zip(index.recording, index.start, index.label, index.purity, strict=True)
    ] == expected
    assert index.person_names(np.arange(len(index))).tolist() == [f"p{r + 1}" for r in index.recording]
