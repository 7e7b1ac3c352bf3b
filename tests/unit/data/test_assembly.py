"""Assembly: devices that start late, drift, burst or pause end up on one grid, at one time, or are refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.data.assembly import assemble, fill_missing, segments_of
from stillroom.data.recording import Recording, Span, Stream
from stillroom.sensors.channel import Channel, sensor_channels
from stillroom.sensors.layout import Layout


def motion(times_s: np.ndarray) -> np.ndarray:
    """What every device of a test feels: a few tones below 8 Hz."""
    return sum(np.sin(2 * np.pi * hz * times_s + hz) for hz in (0.31, 1.7, 4.3, 7.9))  # type: ignore[return-value]


def device(site: str, true_s: np.ndarray, stamps_s: np.ndarray | None = None) -> Stream:
    layout = Layout(channels=(Channel(site=site, kind="acc", axis="x", unit="m/s2", rate_hz=50.0),))
    return Stream(layout, true_s if stamps_s is None else stamps_s, motion(true_s)[None], f"{site}.csv")


def together(*streams: Stream, rate_hz: float = 50.0, spans: tuple[Span, ...] = ()) -> Recording:
    return assemble(streams, person="p1", session="1", rate_hz=rate_hz, tracks={"activity": spans})


def inner(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Signal and true times, away from both ends."""
    times_s = recording.start_s + np.arange(recording.signal.shape[1]) / recording.rate_hz
    return recording.signal[:, 100:-100], times_s[100:-100]


def test_devices_with_their_own_rates_and_starts_agree() -> None:
    phone = device("left_pocket", 100.0 + np.arange(6000) / 102.44)
    watch = device("left_wrist", 101.07 + np.arange(6000) / 104.28)
    recording = together(phone, watch)
    assert recording.start_s == pytest.approx(101.07, abs=1e-6)
    signal, times_s = inner(recording)
    np.testing.assert_allclose(signal, np.stack([motion(times_s)] * 2), atol=0.02)
    assert recording.segments.tolist() == [[0, recording.signal.shape[1]]]


def test_bursty_stamps_stay_aligned_to_a_few_milliseconds() -> None:
    true_s = np.arange(6000) / 102.44
    late = np.random.default_rng(1).exponential(0.008, 6000).clip(0, 0.07)
    phone = device("left_pocket", true_s, np.maximum.accumulate(np.round(true_s + late, 3)))
    recording = together(phone, device("left_wrist", np.arange(6000) / 104.28))
    (shaken, clean), times_s = inner(recording)
    shifts = np.arange(-0.03, 0.03, 0.001)
    best = shifts[np.argmin([np.abs(shaken - motion(times_s + shift)).mean() for shift in shifts])]
    assert abs(best) < 0.015
    np.testing.assert_allclose(clean, motion(times_s), atol=0.02)
    assert len(recording.segments) == 1


def test_clocks_that_drift_apart_do_not_drift_in_the_recording() -> None:
    fast = np.arange(60_000) / 50
    recording = together(device("a", fast), device("b", np.arange(60_000) / 50.01))
    signal, times_s = inner(recording)
    np.testing.assert_allclose(signal, np.stack([motion(times_s)] * 2), atol=0.02)


def test_a_pause_in_one_device_breaks_the_recording_there() -> None:
    true_s = np.arange(3000) / 50
    kept = (true_s < 20) | (true_s >= 25)
    recording = together(device("a", true_s), device("b", true_s[kept]))
    assert recording.segments.tolist() == [[0, 1000], [1250, 3000]]


def test_lost_samples_shift_nothing() -> None:
    true_s = np.arange(3000) / 50
    lost = np.random.default_rng(2).choice(np.arange(10, 2990), 120, replace=False)
    recording = together(device("a", np.delete(true_s, lost)), rate_hz=50.0)
    assert recording.signal.shape[1] == 3000
    kept = np.delete(np.arange(3000), lost)
    np.testing.assert_allclose(recording.signal[0, kept], motion(true_s[kept]), atol=1e-5)
    assert len(recording.segments) == 1


def test_labels_move_with_the_grid() -> None:
    late = device("b", 3.0 + np.arange(1000) / 50)
    recording = together(device("a", np.arange(1500) / 50), late, spans=(Span(5.0, 7.0, "walk"),))
    codes = recording.codes("activity", ["walk"])
    assert np.flatnonzero(codes == 0)[[0, -1]].tolist() == [100, 199]


def test_devices_that_never_meet_are_refused() -> None:
    with pytest.raises(InputError, match=r"never record at the same time.*a.csv, b.csv"):
        together(device("a", np.arange(100) / 50), device("b", 60 + np.arange(100) / 50))


def test_two_rates_and_backward_time_name_the_file() -> None:
    early = np.arange(3000) / 50
    with pytest.raises(InputError, match=r"two rates.*a.csv"):
        together(device("a", np.concatenate([early, early[-1] + 0.04 + np.arange(1500) / 25])))
    with pytest.raises(InputError, match=r"backwards.*b.csv, sample 51"):
        together(device("a", early), device("b", np.concatenate([early[:50], early[40:]])))


def test_short_missing_runs_are_bridged_and_long_ones_name_the_channel() -> None:
    values = np.stack([np.arange(200.0), np.arange(200.0)])
    values[0, 50:60] = np.nan
    np.testing.assert_allclose(fill_missing(values, 50.0, 0.5, names=["x", "y"])[0], np.arange(200.0))
    values[1, 50:100] = np.nan
    with pytest.raises(InputError, match=r"y is missing for 1.00 s.*samples 51 to 100"):
        fill_missing(values, 50.0, 0.5, names=["x", "y"], where="a.csv")
    values[1] = np.nan
    with pytest.raises(InputError, match="y is missing"):
        fill_missing(values, 50.0, 60.0, names=["x", "y"])


def test_quaternions_stay_rotations_through_a_jump_of_sign() -> None:
    times_s = np.arange(1000) / 33.3
    quat = np.stack([np.cos(times_s / 2), np.sin(times_s / 2), 0 * times_s, 0 * times_s])
    quat *= np.where((np.arange(1000) // 90) % 2, -1.0, 1.0)
    layout = Layout(channels=sensor_channels("torso", "quat", 30.0))
    recording = together(Stream(layout, times_s, quat, "a.csv"), rate_hz=30.0)
    np.testing.assert_allclose(np.linalg.norm(recording.signal, axis=0), 1.0, atol=1e-5)
    new_s = np.arange(recording.signal.shape[1]) / 30
    np.testing.assert_allclose(np.abs(recording.signal[0]), np.abs(np.cos(new_s / 2)), atol=5e-3)


def test_segments_are_the_runs_of_true() -> None:
    assert segments_of(np.array([1, 1, 0, 1, 0, 0, 1], dtype=bool)).tolist() == [[0, 2], [3, 4], [6, 7]]
    assert segments_of(np.zeros(3, dtype=bool)).tolist() == []
