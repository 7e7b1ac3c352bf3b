"""Layouts, whatever their channels: a view is an ordered part, and a view of a recording is its rows."""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.data.recording import Recording
from stillroom.sensors.channel import Channel
from stillroom.sensors.layout import Layout

SITES, KINDS, AXES = ("left_wrist", "right_wrist", "torso"), ("acc", "gyro", "temp"), ("x", "y", "v")
words = st.tuples(st.sampled_from(SITES), st.sampled_from(KINDS), st.sampled_from(AXES))
layouts = st.lists(words, min_size=1, max_size=12, unique=True).map(
    lambda found: Layout(channels=tuple(Channel(site=s, kind=k, axis=a, unit="1", rate_hz=50.0) for s, k, a in found))
)
globs = st.lists(
    st.tuples(*(st.sampled_from(("*", "?*", *known)) for known in (SITES, KINDS, AXES))).map(".".join),
    min_size=1,
    max_size=3,
)


@given(layouts, globs)
def test_a_view_is_every_channel_that_matches_once_and_in_order(layout: Layout, patterns: list[str]) -> None:
    if all(any(fnmatchcase(name, pattern) for name in layout.names) for pattern in patterns):
        view = layout.select(", ".join(patterns))
        assert list(view.names) == [n for n in layout.names if any(fnmatchcase(n, pattern) for pattern in patterns)]
        assert (np.diff(layout.indices_of(view)) > 0).all()
        assert view.select(", ".join(patterns)) == view
    else:
        with pytest.raises(InputError, match="matches no channel"):
            layout.select(",".join(patterns))


@given(layouts, st.randoms(use_true_random=False))
def test_a_view_of_a_recording_holds_its_channels_rows(layout: Layout, random: object) -> None:
    channels = list(layout.channels)
    random.shuffle(channels)  # type: ignore[attr-defined]
    view = Layout(channels=tuple(channels[: 1 + len(channels) // 2]))
    signal = np.arange(len(layout) * 4, dtype=np.float32).reshape(-1, 4)
    segments = np.array([[0, 4]])
    recording = Recording("p1", "1", layout, 50.0, signal, segments, {})
    seen = recording.view(view)
    assert seen.layout == view
    for channel, row in zip(view, seen.signal, strict=True):
        assert row.tolist() == signal[layout.names.index(channel.name)].tolist()


@given(layouts)
def test_json_gives_the_layout_back(layout: Layout) -> None:
    assert Layout.model_validate_json(layout.model_dump_json()) == layout
