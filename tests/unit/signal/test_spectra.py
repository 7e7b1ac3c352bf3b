"""Spectra: power is where it was put and is all there; coherence is the pairwise reference's, and never NaN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as dsp

from stillroom.base.errors import InputError
from stillroom.data.source import open_source
from stillroom.evaluation.densities import stretches
from stillroom.signal.spectra import coherence, explained, mean_density, spectrogram, welch

F32 = np.float32


def noise(channels: int, samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(channels, samples)).astype(F32)


def tone(hz: float, rate_hz: float, samples: int) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(samples) / rate_hz + 0.4)


@settings(max_examples=40)
@given(
    rate_hz=st.sampled_from([20.0, 25.0, 100.0]), share=st.floats(0.05, 0.95), size=st.floats(0.01, 100.0),
    segment_s=st.sampled_from([2.0, 3.0, 4.0]),
)  # fmt: skip
def test_a_tone_has_its_peak_in_its_bin_and_its_power_in_the_sum(
    rate_hz: float, share: float, size: float, segment_s: float
) -> None:
    hz = max(share * rate_hz / 2, 2 / segment_s)
    signal = 9.81 + size * tone(hz, rate_hz, int(60 * rate_hz))[None]
    hertz, density = welch(signal, rate_hz, segment_s)
    assert abs(hertz[density[0].argmax()] - hz) <= 0.51 / segment_s
    assert density[0].sum() * hertz[1] == pytest.approx(size**2 / 2, rel=0.1)


@pytest.mark.parametrize("segment_s", [1.0, 2.04, 4.0])  # an even and an odd number of samples
def test_the_sum_over_bins_is_the_variance(segment_s: float) -> None:
    signal = 5 + 3 * noise(2, 100_000)
    hertz, density = welch(signal, 25.0, segment_s)
    assert density.sum(axis=1) * hertz[1] == pytest.approx(signal.var(axis=1), rel=0.05)


@pytest.mark.parametrize("samples", [2, 3, 40, 99])
def test_a_stretch_shorter_than_a_segment_has_the_same_bins_and_its_own_power(samples: int) -> None:
    signal = noise(3, samples)
    hertz, density = welch(signal, 25.0, 4.0)
    np.testing.assert_array_equal(hertz, welch(noise(1, 500), 25.0, 4.0)[0])
    window = dsp.get_window("hann", samples) ** 2
    centred = signal.astype(np.float64) - signal.mean(axis=1, keepdims=True, dtype=np.float64)
    power = (centred**2 * window).sum(axis=1) / window.sum()
    assert density.sum(axis=1) * hertz[1] == pytest.approx(power, rel=1e-6), "Parseval, zero padding and all"


def test_densities_are_averaged_by_length() -> None:
    long, short = (welch(noise(2, samples, seed), 25.0)[1] for samples, seed in ((3000, 1), (200, 2)))
    np.testing.assert_allclose(mean_density([long, short], [3000, 200]), (15 * long + short) / 16)
    for given_, lengths in (([], []), ([long], [1, 2]), ([long, short], [1, 0])):
        with pytest.raises(InputError, match="no mean"):
            mean_density(given_, lengths)


@pytest.mark.parametrize("overlap", [0.0, 0.5, 0.75, 0.9])
def test_the_spectrogram_tells_when_a_tone_was_heard(overlap: float) -> None:
    signal = np.concatenate([tone(3.0, 50.0, 1000), tone(11.0, 50.0, 1000)]).astype(F32)
    hertz, seconds, density = spectrogram(signal, 50.0, 2.0, overlap)
    loudest = hertz[density.argmax(axis=0)]
    np.testing.assert_allclose(loudest[seconds < 18.9], 3.0)
    np.testing.assert_allclose(loudest[seconds > 21.1], 11.0)
    assert seconds[0] == 1.0 and seconds[-1] <= 39.0
    assert np.diff(seconds) == pytest.approx(2 * (1 - overlap), abs=0.01)


@pytest.mark.parametrize("segment_s", [2.0, 2.04])
def test_the_mean_of_a_spectrogram_is_welchs_density(segment_s: float) -> None:
    signal = noise(1, 5000)
    hertz, _, density = spectrogram(signal[0], 25.0, segment_s, 0.5)
    reference = welch(signal, 25.0, segment_s)
    np.testing.assert_array_equal(hertz, reference[0])
    np.testing.assert_allclose(density.mean(axis=1), reference[1][0], rtol=1e-9)


def test_a_signal_shorter_than_a_segment_is_one_moment() -> None:
    hertz, seconds, density = spectrogram(noise(1, 30)[0], 25.0, 2.0)
    assert density.shape == (len(hertz), 1) == (16, 1)
    assert seconds.tolist() == [0.6]


@pytest.mark.parametrize("segment_s", [2.0, 2.04])
def test_coherence_is_that_of_every_pair(segment_s: float) -> None:
    signal = noise(4, 6000)
    signal[1] += dsp.lfilter([0.2, 0.5, 1.0], [1.0], signal[0]).astype(F32)
    signal[3] = -2 * np.roll(signal[2], 1) + 7
    hertz, shared = coherence(signal, 25.0, segment_s)
    for one in range(4):
        for other in range(4):
            reference = dsp.coherence(
                signal[one].astype(float), signal[other].astype(float), 25.0, nperseg=round(segment_s * 25)
            )
            np.testing.assert_allclose(hertz, reference[0])
            np.testing.assert_allclose(shared[one, other], reference[1], atol=1e-9)
    assert shared[2, 3].mean() > 0.95 > 0.1 > shared[0, 2].mean()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])  # in the second, the means of 99 have errors of rounding
@pytest.mark.parametrize("value", [0.0, 9.81, -1e6, 1e-8])
def test_a_constant_channel_shares_nothing(value: float, dtype: type) -> None:
    signal = noise(4, 3000).astype(dtype)
    signal[1] = signal[2] = value
    with np.errstate(all="raise"):
        _, shared = coherence(signal, 25.0, 3.96)
    assert np.isfinite(shared).all()
    assert not shared[1:3].any() and not shared[:, 1:3].any()
    np.testing.assert_allclose(shared[0, 0], 1.0)


def test_a_small_channel_on_a_large_offset_is_still_heard() -> None:
    signal = noise(2, 3000).astype(np.float64)
    signal[1] = 1e-4 * signal[0] + 1e3
    np.testing.assert_allclose(coherence(signal, 25.0)[1][0, 1, 1:], 1.0, atol=1e-6)


def test_coherence_does_not_depend_on_how_much_is_transformed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    signal = noise(3, 4000)
    whole = coherence(signal, 25.0)[1]
    monkeypatch.setattr("stillroom.signal.spectra._BLOCK", 700)
    np.testing.assert_allclose(coherence(signal, 25.0)[1], whole, rtol=1e-9)


def test_a_copy_explains_all_of_a_sensor_and_a_mixture_its_part() -> None:
    source = noise(3, 50_000)
    noisy = source + noise(3, 50_000, 1)  # half of its variance is the source's
    signal = np.concatenate([source, noisy[::-1], np.ones((2, 50_000), F32)])
    hertz, shared = coherence(signal, 25.0)
    found = explained(shared, welch(signal, 25.0)[1], [[0, 1, 2], [3, 4, 5], [6, 7]])
    assert np.diag(found)[:2] == pytest.approx([1, 1])
    assert found[0, 1] == pytest.approx(0.5, abs=0.03) and found[1, 0] == pytest.approx(0.5, abs=0.03)
    assert not found[2].any() and not found[:, 2].any()
    assert len(hertz) == shared.shape[2]


def test_power_weighs_the_bins_of_what_is_explained() -> None:
    loud, quiet = 10 * tone(2.0, 25.0, 20_000), noise(2, 20_000)
    signal = np.stack([loud + quiet[0], loud + quiet[1]])
    _, shared = coherence(signal, 25.0)
    assert shared[0, 1].mean() < 0.2, "most bins hold noise alone"
    assert explained(shared, welch(signal, 25.0)[1], [[0], [1]])[0, 1] > 0.95


def test_the_screwdriver_is_heard_on_the_hand_that_holds_it() -> None:
    data = open_source("factory")
    recording, place = data.recordings[0], data.classes.index("drive screws")
    codes = recording.codes("activity", data.classes)
    found = [stretch for stretch in stretches(codes, recording.segments, 50) if stretch[2] == place]
    pieces = [welch(recording.signal[:, first:stop], recording.rate_hz)[1] for first, stop, _ in found]
    hertz = welch(recording.signal, recording.rate_hz)[0]
    density = mean_density(pieces, [stop - first for first, stop, _ in found])
    bit = (hertz > 6.5) & (hertz < 9.5)  # once a turn, 450 turns a minute
    right, left = (
        density[[number for number, name in enumerate(recording.layout.names) if name.startswith(f"{site}_wrist.acc")]]
        for site in ("right", "left")
    )
    fast = hertz > 5
    assert bit[fast][right.sum(axis=0)[fast].argmax()]
    assert right[:, bit].sum() > 4 * left[:, bit].sum()


@pytest.mark.parametrize("call", [welch, coherence, lambda signal, *more: spectrogram(signal[0], *more)])
def test_what_has_no_spectrum_is_refused(call) -> None:
    gap = noise(2, 500)
    gap[0, 17] = np.nan
    with pytest.raises(InputError, match=r"missing or not finite \(signal, channel 0\)"):
        call(gap, 25.0)
    with pytest.raises(InputError, match="has no spectrum"):
        call(noise(2, 1), 25.0)
    for rate_hz, segment_s in ((25.0, 0.01), (0.0, 4.0), (-25.0, -4.0), (np.nan, 4.0), (25.0, np.inf)):
        with pytest.raises(InputError, match="fewer than two samples"):
            call(noise(2, 500), rate_hz, segment_s)


def test_one_segment_or_an_impossible_overlap_is_refused() -> None:
    with pytest.raises(InputError, match="fewer than two segments"):
        coherence(noise(2, 149), 25.0, 4.0)
    assert coherence(noise(2, 150), 25.0, 4.0)[1].shape == (2, 2, 51)
    for overlap in (-0.1, 1.0, np.nan):
        with pytest.raises(InputError, match="overlap"):
            spectrogram(noise(1, 500)[0], 25.0, 2.0, overlap)
