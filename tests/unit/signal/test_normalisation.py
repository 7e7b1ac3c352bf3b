"""The normaliser: fitted on the samples that training windows cover, each once, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.signal.normalisation import Normaliser, fit_normaliser

F32 = np.float32


def drawn(channels: int, length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(3.0, 2.0, (channels, length)).astype(F32)


@given(
    st.integers(1, 20).flatmap(
        lambda width: st.tuples(st.just(width), st.lists(st.integers(0, 100 - width), min_size=1, max_size=12))
    )
)
def test_every_covered_sample_counts_once(windows: tuple[int, list[int]]) -> None:
    width, starts = windows
    signal = drawn(2, 100)
    covered = sorted({start + i for start in starts for i in range(width)})
    fitted = fit_normaliser(signal, np.array(starts, dtype=np.int64), width)
    seen = signal[:, covered].astype(np.float64)
    np.testing.assert_allclose(fitted.mean, seen.mean(axis=1), rtol=1e-6, atol=1e-6)
    spread = seen.std(axis=1)
    np.testing.assert_allclose(fitted.sd, np.where(spread > 0, spread, 1.0), rtol=1e-5)


@pytest.mark.parametrize("poison", [np.nan, 1e30])
def test_samples_outside_the_training_windows_change_nothing(poison: float) -> None:
    signal, starts = drawn(3, 300), np.array([0, 10, 120])
    poisoned = signal.copy()
    poisoned[:, 35:120] = poison
    poisoned[:, 145:] = poison
    clean, dirty = fit_normaliser(signal, starts, 25), fit_normaliser(poisoned, starts, 25)
    np.testing.assert_array_equal(clean.mean, dirty.mean)
    np.testing.assert_array_equal(clean.sd, dirty.sd)


def test_standardised_windows_have_mean_zero_and_spread_one() -> None:
    signal, starts = drawn(2, 400), np.arange(0, 400, 40)
    normalise = fit_normaliser(signal, starts, 40)
    windows = np.stack([signal[:, start : start + 40] for start in starts])
    found = normalise(windows)
    assert found.dtype == F32 and found.shape == windows.shape
    np.testing.assert_allclose(found.mean(axis=(0, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(found.std(axis=(0, 2)), 1, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 9.81, -1e6, 1e-8])
def test_a_channel_that_never_moves_is_divided_by_one(value: float) -> None:
    signal = drawn(2, 100)
    signal[1] = value
    fitted = fit_normaliser(signal, np.array([0, 50]), 50)
    assert fitted.sd[1] == 1 and fitted.sd[0] == pytest.approx(2.0, abs=0.3)
    assert np.abs(fitted(signal[None])[0, 1]).max() <= np.abs(value) * 1e-6


def test_a_small_movement_about_a_large_value_is_movement() -> None:
    signal = (1000.0 + np.sin(np.arange(200)))[None].astype(F32)
    assert fit_normaliser(signal, np.array([0]), 200).sd[0] == pytest.approx(np.sqrt(0.5), rel=0.02)


def test_the_formula_is_value_less_mean_over_spread() -> None:
    normalise = Normaliser(np.array([1.0, 2.0], F32), np.array([2.0, 4.0], F32))
    found = normalise(np.array([[[3.0, 1.0], [2.0, 10.0]]], F32))
    assert found.tolist() == [[[1.0, 0.0], [0.0, 2.0]]]
