"""Resampling: what lies above the new Nyquist rate is gone, what lies below is kept, and nothing moves in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.signal.orientation import unit, without_sign_jumps
from stillroom.signal.resampling import resample

PAIRS = [(100.0, 50.0), (100 / 3, 30.0), (102.44, 50.0), (104.28, 50.0), (100.0, 25.0), (50.0, 20.0)]


def tone(hz: float, times_s: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * hz * times_s + 0.7)[None]


def moved(hz: float, rate_hz: float, new_rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """A resampled tone and its times, without the first and last two seconds."""
    times_s = 0.0137 + np.arange(int(28 * new_rate_hz)) / new_rate_hz
    old = tone(hz, np.arange(int(30 * rate_hz)) / rate_hz)
    new = resample(old, rate_hz=rate_hz, start_s=0.0, times_s=times_s, new_rate_hz=new_rate_hz)
    inner = (times_s > 2) & (times_s < 26)
    return new[0, inner], times_s[inner]


@pytest.mark.parametrize(("rate_hz", "new_rate_hz"), PAIRS)
@pytest.mark.parametrize("place", [0.1, 0.5, 0.95])
def test_a_tone_above_the_new_nyquist_rate_is_40_db_down(rate_hz: float, new_rate_hz: float, place: float) -> None:
    hz = new_rate_hz / 2 + place * (rate_hz - new_rate_hz) / 2
    new, _ = moved(hz, rate_hz, new_rate_hz)
    assert 20 * np.log10(np.abs(new).max()) < -40


@pytest.mark.parametrize(("rate_hz", "new_rate_hz"), [*PAIRS, (25.0, 50.0), (30.0, 30.0)])
@settings(max_examples=25)
@given(place=st.floats(0.02, 0.78))
def test_a_tone_below_keeps_its_size_and_its_time(rate_hz: float, new_rate_hz: float, place: float) -> None:
    hz = place * min(rate_hz, new_rate_hz) / 2
    new, times_s = moved(hz, rate_hz, new_rate_hz)
    assert np.abs(new - tone(hz, times_s)[0]).max() < 0.01


@pytest.mark.parametrize(("rate_hz", "new_rate_hz"), PAIRS)
def test_a_pulse_stays_where_it_was_to_a_millisecond(rate_hz: float, new_rate_hz: float) -> None:
    old_s, new_s = np.arange(int(10 * rate_hz)) / rate_hz, np.arange(int(10 * new_rate_hz)) / new_rate_hz
    pulse = np.exp(-0.5 * ((old_s - 4.321) / 0.2) ** 2)[None]
    new = resample(pulse, rate_hz=rate_hz, start_s=0.0, times_s=new_s[:-2], new_rate_hz=new_rate_hz)[0]
    assert (new * new_s[:-2]).sum() / new.sum() == pytest.approx(4.321, abs=1e-3)


def test_a_constant_and_a_ramp_survive_to_the_edges() -> None:
    old_s = np.arange(1000) / 100
    new_s = np.arange(249) / 25 + 0.003
    old = np.stack([np.full(1000, 9.81), 2 * old_s])
    new = resample(old, rate_hz=100.0, start_s=0.0, times_s=new_s, new_rate_hz=25.0)
    np.testing.assert_allclose(new, np.stack([np.full(249, 9.81), 2 * new_s]), atol=2e-3)


def test_samples_already_on_the_grid_are_not_touched() -> None:
    old = np.random.default_rng(0).normal(size=(3, 200))
    new = resample(old, rate_hz=50.0, start_s=1.0, times_s=1.2 + np.arange(100) / 50, new_rate_hz=50.0)
    np.testing.assert_array_equal(new, old[:, 10:110])


def test_short_signals_are_taken() -> None:
    times_s = np.arange(2) / 25
    for count in (1, 2, 3):
        new = resample(np.ones((2, count)), rate_hz=100.0, start_s=0.0, times_s=times_s, new_rate_hz=25.0)
        np.testing.assert_allclose(new, 1.0)


def test_a_jump_of_sign_in_a_quaternion_is_taken_out() -> None:
    angle = np.linspace(0, 3, 100)
    turning = np.stack([np.cos(angle / 2), np.sin(angle / 2), 0 * angle, 0 * angle])
    jumping = turning * np.where((np.arange(100) // 17) % 2, -1.0, 1.0)
    np.testing.assert_allclose(without_sign_jumps(jumping), turning)


def test_quaternions_are_brought_to_length_one_and_zero_stays_zero() -> None:
    out = unit(np.array([[2.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0]]))
    np.testing.assert_allclose(np.linalg.norm(out, axis=0), [1.0, 0.0])
