"""The low pass: slow tones pass, fast ones are gone, nothing moves in time and nothing crosses a gap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.signal.filters import low_pass

F32 = np.float32
RATE_HZ = 100.0


def whole(signal: np.ndarray) -> np.ndarray:
    return np.array([[0, signal.shape[1]]])


def tone(hz: float, samples: int = 4000) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(samples) / RATE_HZ + 0.7)[None].astype(F32)


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, samples)).astype(F32)


@settings(max_examples=30)
@given(cut_hz=st.floats(0.5, 49.0), share=st.floats(0.05, 0.74))
def test_a_tone_below_the_cut_is_untouched(cut_hz: float, share: float) -> None:
    slow = tone(share * cut_hz)
    found = low_pass(slow, RATE_HZ, cut_hz, whole(slow))
    inner = slice(1000, -1000)
    assert np.abs(found - slow)[:, inner].max() < 0.01, "neither its size nor its time"


@settings(max_examples=30)
@given(cut_hz=st.floats(0.5, 35.0), place=st.floats(0.0, 1.0))
def test_a_tone_above_the_cut_is_40_db_down(cut_hz: float, place: float) -> None:
    low = 1.35 * cut_hz
    fast = tone(low + place * (49.5 - low))
    found = low_pass(fast, RATE_HZ, cut_hz, whole(fast))
    assert 20 * np.log10(np.abs(found[:, 1000:-1000]).max()) < -40


def test_half_of_the_amplitude_is_left_at_the_cut() -> None:
    assert np.abs(low_pass(tone(8.0), RATE_HZ, 8.0, np.array([[0, 4000]]))[:, 1000:-1000]).max() == pytest.approx(
        0.5, abs=0.01
    )


def test_a_pulse_stays_where_it_was() -> None:
    pulse = np.zeros((1, 801), dtype=F32)
    pulse[0, 400] = 1
    found = low_pass(pulse, RATE_HZ, 5.0, whole(pulse))[0]
    assert found.argmax() == 400
    np.testing.assert_allclose(found, found[::-1], atol=1e-5)


@pytest.mark.parametrize("poison", [np.nan, 1e9])
def test_nothing_crosses_a_gap(poison: float) -> None:
    signal, segments = noise(900), np.array([[0, 300], [310, 600], [600, 900]])
    clean = low_pass(signal, RATE_HZ, 5.0, segments)
    poisoned = signal.copy()
    poisoned[:, :310] = poison
    poisoned[:, 600:] = poison
    np.testing.assert_array_equal(low_pass(poisoned, RATE_HZ, 5.0, segments)[:, 310:600], clean[:, 310:600])
    alone = low_pass(signal[:, 310:600].copy(), RATE_HZ, 5.0, np.array([[0, 290]]))
    np.testing.assert_array_equal(alone, clean[:, 310:600])
    np.testing.assert_array_equal(clean[:, 300:310], signal[:, 300:310], "between segments all stays")


@pytest.mark.parametrize("samples", [1, 2, 3, 5, 20, 60])
@pytest.mark.parametrize("cut_hz", [0.1, 5.0, 49.9])
def test_short_stretches_are_taken_and_a_constant_stays(samples: int, cut_hz: float) -> None:
    signal = np.full((2, samples), 9.81, dtype=F32)
    np.testing.assert_allclose(low_pass(signal, RATE_HZ, cut_hz, whole(signal)), signal, rtol=1e-4)
    assert np.isfinite(low_pass(noise(samples), RATE_HZ, cut_hz, whole(signal))).all()


def test_edges_of_a_slow_signal_are_kept() -> None:
    ramp = np.linspace(-3, 5, 700)[None].astype(F32)
    assert np.abs(low_pass(ramp, RATE_HZ, 2.0, whole(ramp)) - ramp).max() < 0.01


def test_the_signal_is_not_changed_and_the_answer_is_as_it_is() -> None:
    signal = noise(500)
    before = signal.copy()
    found = low_pass(signal, RATE_HZ, 10.0, whole(signal))
    np.testing.assert_array_equal(signal, before)
    assert found.dtype == F32 and found.shape == signal.shape and not np.array_equal(found, signal)
    for none in (np.zeros((0, 2), dtype=np.int64), np.array([[7, 7]])):
        np.testing.assert_array_equal(low_pass(signal, RATE_HZ, 10.0, none), signal)


@pytest.mark.parametrize("cut_hz", [0.0, -1.0, 50.0, 80.0, np.nan, np.inf])
def test_a_cut_that_the_rate_cannot_have_is_refused(cut_hz: float) -> None:
    with pytest.raises(InputError, match=r"not between 0 and half the rate of 100 Hz.*below 50"):
        low_pass(noise(100), RATE_HZ, cut_hz, np.array([[0, 100]]))


@pytest.mark.parametrize("segment", [(-1, 10), (0, 101), (20, 10)])
def test_a_stretch_outside_the_signal_is_refused(segment: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="not within"):
        low_pass(noise(100), RATE_HZ, 5.0, np.array([segment]))
