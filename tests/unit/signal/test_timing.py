"""Clocks: bursts, gaps, losses and wandering are told apart, and time that makes no sense is refused by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.signal.timing import even_runs, line_of, shows_its_rate


def even(count: int, rate_hz: float, start_s: float = 0.0) -> np.ndarray:
    return start_s + np.arange(count) / rate_hz


def bursty(count: int, rate_hz: float, seed: int = 0) -> np.ndarray:
    """Stamps of delivery: late by up to 40 ms, never early, never in another order."""
    late = np.random.default_rng(seed).exponential(0.006, count).clip(0, 0.04)
    return np.maximum.accumulate(np.round(even(count, rate_hz) + late, 3))


@given(rate_hz=st.floats(20, 120), seed=st.integers(0, 50))
def test_bursts_become_one_even_run_within_ten_milliseconds(rate_hz: float, seed: int) -> None:
    (run,) = even_runs(bursty(2000, rate_hz, seed), gap_s=0.5)
    assert run.lost is None
    assert run.rate_hz == pytest.approx(rate_hz, rel=2e-3)
    lateness = run.times_s() - even(2000, rate_hz)
    assert np.abs(lateness).max() < 0.015
    assert np.ptp(lateness) < 0.006


def test_doubled_stamps_are_no_fault() -> None:
    stamps = np.repeat(even(500, 50), 2)
    (run,) = even_runs(stamps, gap_s=0.5)
    assert run.rate_hz == pytest.approx(100, rel=1e-3)


def test_a_long_silence_starts_a_new_run() -> None:
    stamps = np.concatenate([even(100, 50), even(100, 50, 10.0)])
    first, second = even_runs(stamps, gap_s=0.5)
    assert (first.stop, second.first, second.start_s) == (100, 100, pytest.approx(10.0))


def test_a_slow_device_is_no_row_of_gaps() -> None:
    (run,) = even_runs(even(60, 1.0), gap_s=0.5)
    assert run.rate_hz == pytest.approx(1.0)


@given(lost=st.sets(st.integers(5, 1990), max_size=60), jitter_ms=st.sampled_from([0, 1]))
def test_samples_lost_from_regular_stamps_shift_no_other_sample(lost: set[int], jitter_ms: int) -> None:
    kept = np.setdiff1d(np.arange(2000), list(lost))
    noise = np.random.default_rng(0).uniform(-1, 1, len(kept)) * jitter_ms / 1000
    true = kept / 50
    runs = even_runs(true + noise, gap_s=2.0)
    times = np.concatenate([run.times_s() for run in runs])
    assert np.abs(times - true).max() < 0.002


def test_a_loss_within_bursts_moves_nothing_by_much() -> None:
    stamps, true = bursty(6000, 100), even(6000, 100)
    kept = np.r_[:2500, 2540:6000]
    runs = even_runs(stamps[kept], gap_s=0.5)
    times = np.concatenate([run.times_s() for run in runs])
    assert len(runs) > 1
    assert np.abs(times - true[kept]).max() < 0.05


def test_a_clock_that_slows_by_a_hundredth_is_followed() -> None:
    stamps = np.concatenate([even(60_000, 100), even(60_000, 99, 600.0)])
    runs = even_runs(stamps, gap_s=0.5)
    times = np.concatenate([run.times_s() for run in runs])
    assert np.abs(times - stamps).max() < 0.06
    assert len(runs) < 100


def test_time_running_backwards_names_the_sample() -> None:
    stamps = even(100, 50)
    stamps[60] = stamps[50]
    with pytest.raises(InputError, match=r"backwards .*\(walk\.csv, sample 61\)"):
        even_runs(stamps, gap_s=0.5, where="walk.csv")


@pytest.mark.parametrize(("early_hz", "late_hz"), [(100, 50), (50, 100), (100, 70)])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_two_rates_in_one_stretch_are_refused(early_hz: float, late_hz: float, share: float) -> None:
    early = even(int(60 * share * early_hz), early_hz)
    late = even(int(60 * (1 - share) * late_hz), late_hz, early[-1] + 1 / late_hz)
    with pytest.raises(InputError, match="two rates in one recording") as refused:
        even_runs(np.concatenate([early, late]), gap_s=0.5, where="walk.csv")
    assert f"{early_hz:.1f} Hz, then {late_hz:.1f} Hz" in refused.value.what


def test_a_missing_stamp_names_the_sample() -> None:
    stamps = even(10, 50)
    stamps[3] = np.nan
    with pytest.raises(InputError, match=r"a stamp is missing.*sample 4"):
        even_runs(stamps, gap_s=0.5, where="walk.csv")


def test_no_sample_is_refused_and_one_is_kept() -> None:
    with pytest.raises(InputError, match="no sample"):
        even_runs(np.zeros(0), gap_s=0.5)
    (run,) = even_runs(np.array([3.0]), gap_s=0.5)
    assert run.times_s().tolist() == [3.0]


def test_one_line_is_laid_through_what_has_come_so_far() -> None:
    stamps = even(100, 25.0, 3.0)
    run = line_of(stamps)
    assert (run.start_s, run.rate_hz, run.lost) == (pytest.approx(3.0), pytest.approx(25.0), None)
    lossy = np.delete(stamps, [30, 31, 60])
    run = line_of(lossy)
    assert run.rate_hz == pytest.approx(25.0) and run.times_s() == pytest.approx(lossy)
    assert np.isnan(line_of(stamps[:1]).rate_hz) and np.isnan(line_of(np.full(4, 2.0)).rate_hz)


@pytest.mark.parametrize(("rate_hz", "packet_s"), [(20.0, 0.25), (50.0, 0.1), (100.0, 0.4)])
def test_bursts_show_their_rate_after_eight_of_them_and_regular_stamps_at_once(rate_hz: float, packet_s: float) -> None:
    stamps = np.ceil((even(2000, rate_hz) + 0.013) / packet_s) * packet_s
    shown = [count for count in range(2, 1000) if shows_its_rate(stamps[:count])]
    assert stamps[shown[0] - 1] - stamps[0] == pytest.approx(8 * packet_s, rel=0.01)
    assert max(abs(line_of(stamps[:count]).rate_hz / rate_hz - 1) for count in shown) < 0.014
    assert shows_its_rate(even(4, rate_hz)) and not shows_its_rate(stamps[:1])
