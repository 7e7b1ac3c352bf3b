"""What is shown of a recording: stretches of activity, jumps between them, and numbers that agree with the samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.data.recording import Recording, Span
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom_app.services import signals


def made(seconds: float = 100.0, rate_hz: float = 10.0) -> Recording:
    """Three channels with a gap from 40 to 50 s."""
    count = round(seconds * rate_hz)
    return Recording(
        person="p1",
        session="1",
        layout=Layout(channels=sensor_channels("wrist", "acc", rate_hz)),
        rate_hz=rate_hz,
        signal=np.arange(3 * count, dtype=np.float32).reshape(3, count),
        segments=np.array([[0, 400], [500, count]]),
        tracks={"activity": (Span(60, 200, "b"), Span(-5, 20, "a"), Span(20, 30, "b"))},
    )


def test_stretches_are_in_order_and_inside_the_recording() -> None:
    assert signals.bands(made(), "activity") == [(0.0, 20, "a"), (20, 30, "b"), (60, 100.0, "b")]
    assert signals.bands(made(), "another") == []
    assert signals.changes(signals.bands(made(), "activity")) == [0.0, 20, 30, 60, 100]


def test_numbers_are_those_of_the_samples_in_sight_and_gaps_are_missing() -> None:
    one = made()
    told = signals.numbers(one, (35.0, 55.0), [1])[0]
    seen = np.concatenate([one.signal[1, 350:400], one.signal[1, 500:550]])
    assert told["mean"] == pytest.approx(seen.mean())
    assert told["sd"] == pytest.approx(seen.std())
    assert (told["lowest"], told["highest"]) == (seen.min(), seen.max())
    assert told["missing %"] == 50
    assert (told["channel"], told["unit"]) == ("wrist.acc.y", "m/s2")


def test_where_nothing_was_measured_there_is_no_number() -> None:
    told = signals.numbers(made(), (42.0, 44.0), [0])[0]
    assert told["mean"] is None
    assert told["missing %"] == 100


def test_jumps_go_from_change_to_change_and_stop_at_the_ends() -> None:
    at = [20.0, 30.0, 60.0]
    first = signals.jump((0.0, 8.0), at, 100.0, back=False)
    assert first == (18.0, 26.0)
    second = signals.jump(first, at, 100.0, back=False)
    assert second == (28.0, 36.0)
    assert signals.jump(second, at, 100.0, back=True) == first
    assert signals.jump((58.0, 66.0), at, 100.0, back=False) == (92.0, 100.0)
    assert signals.jump(first, at, 100.0, back=True) == (0.0, 8.0)


def test_changes_between_tenths_of_a_second_hold_no_jump_back() -> None:
    at = [20.03, 20.98, 33.37, 41.72, 55.55]
    there = [(10.0, 18.0)]
    for _ in at:
        there.append(signals.jump(there[-1], at, 100.0, back=False))
    assert len(set(there)) == 6
    back = there[-1:]
    for _ in at[1:]:
        back.append(signals.jump(back[-1], at, 100.0, back=True))
    assert back[::-1] == there[1:]


@given(
    st.floats(-1e4, 1e4), st.floats(0, 1e4), st.floats(2, 5e3), st.floats(0.01, 100)
)  # a whole recording is never shorter than a window
def test_whatever_is_asked_lies_inside_the_recording(
    start: float, length: float, duration: float, times: float
) -> None:
    for low, high in (
        signals.within(start, length, duration),
        signals.zoom(signals.within(start, length, duration), times, duration),
    ):
        assert 0 <= low < high <= duration + 0.05


@pytest.mark.parametrize("text", ["", "10", "a-b", "1.2.3-4", "-5-3", "90-20", "1e9-2", "9999-99999", "10-20"])
def test_whatever_an_address_says_a_stretch_comes_of_it(text: str) -> None:
    low, high = signals.read(text, 100.0)
    assert 0 <= low < high <= 100
    assert signals.read(signals.written((10.0, 20.5)), 100.0) == (10.0, 20.5)


def test_an_unknown_recording_is_named() -> None:
    from stillroom_app.services import sources

    with pytest.raises(InputError, match="nobody/1"):
        signals.recording_of(sources.opened("factory"), "nobody/1")
