"""What frequencies a signal holds: Welch densities, a spectrogram, and how far channels vary together.

Density: Welch, IEEE Trans. Audio Electroacoust. 15 (1967). Coherence: `|S_xy|^2 / (S_xx S_yy)` with spectra averaged
over segments (Carter, Knapp, Nuttall, ibid. 21, 1973). Segments are Hann windows with half overlap, each without its
own mean: what moves more slowly than a segment is left out. Nothing here knows of gaps: give stretches without any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Float64
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import signal as dsp

from stillroom.base.errors import InputError

Reals = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_BLOCK = 1 << 21  # numbers that are transformed at once
_ROUNDING = 1e-12  # what is smaller against the channel's largest value is an error of rounding


def welch(
    signal: Float[Reals, "channel time"], rate_hz: float, segment_s: float = 4.0
) -> tuple[Float64[Floats, " bin"], Float64[Floats, "channel bin"]]:
    """The power spectral density of each channel.

    The bins follow from `segment_s` alone, so that stretches of any length can be averaged: a stretch shorter than a
    segment is one segment of its own length, laid on the same bins by zero padding.

    Args:
        signal: `(channel, time)` without a gap; two samples at least.
        rate_hz: samples per second.
        segment_s: length of a segment; the bins are `1 / segment_s` apart.

    Returns:
        The bins in Hz from 0 to half the rate, and `(channel, bin)` densities in unit^2 / Hz: their sum times the
        bins' distance is the variance within segments.

    Raises:
        InputError: fewer than two samples in the signal or in a segment, or one that is not finite.
    """
    _check(signal, rate_hz, segment_s)
    width, time = round(segment_s * rate_hz), signal.shape[1]
    rows = [
        dsp.welch(row.astype(np.float64), rate_hz, "hann", nperseg=min(width, time), nfft=width)[1] for row in signal
    ]
    return _bins(width, rate_hz), np.stack(rows)


def mean_density(
    densities: Sequence[Float64[Floats, "channel bin"]], lengths: Sequence[float]
) -> Float64[Floats, "channel bin"]:
    """The mean density of several stretches, each counted by its length.

    Args:
        densities: `(channel, bin)` of each stretch, on the same bins.
        lengths: of each stretch, in samples or seconds.

    Raises:
        InputError: no stretch, or lengths that are not positive.
    """
    if not len(densities) or len(densities) != len(lengths) or not min(lengths) > 0:
        what = f"{len(densities)} densities with {len(lengths)} lengths have no mean"
        raise InputError(what, where="densities", mend="Give at least one stretch, each with a length above 0")
    return np.asarray(np.average(np.stack(densities), axis=0, weights=np.asarray(lengths, dtype=np.float64)))


def spectrogram(
    signal: Float[Reals, " time"], rate_hz: float, segment_s: float = 2.0, overlap: float = 0.75
) -> tuple[Float64[Floats, " bin"], Float64[Floats, " moment"], Float64[Floats, "bin moment"]]:
    """The density of one channel moment by moment.

    Args:
        signal: `(time,)` without a gap.
        rate_hz: samples per second.
        segment_s: length of a segment; a shorter signal is one segment.
        overlap: which part of a segment the next one shares, from 0 to below 1.

    Returns:
        The bins in Hz, the segments' middles in seconds from the first sample, and `(bin, moment)` densities in
        unit^2 / Hz.

    Raises:
        InputError: as `welch`, or an impossible overlap.
    """
    _check(signal[None], rate_hz, segment_s)
    if not 0 <= overlap < 1:
        raise InputError(f"an overlap of {overlap:g}", where="overlap", mend="Give 0.5 for half a segment")
    width = min(round(segment_s * rate_hz), len(signal))
    step = max(1, round(width * (1 - overlap)))
    bins = np.concatenate(list(_transformed(signal[None], width, step)), axis=1)[0]
    density = np.square(np.abs(bins)) / (rate_hz * np.square(_window(width)).sum())
    density[:, 1 : (width + 1) // 2] *= 2  # what stands at negative frequencies; 0 and half the rate stand once
    middles = (np.arange(len(bins)) * step + width / 2) / rate_hz
    return _bins(width, rate_hz), np.asarray(middles, dtype=np.float64), density.T


def coherence(
    signal: Float[Reals, "channel time"], rate_hz: float, segment_s: float = 4.0
) -> tuple[Float64[Floats, " bin"], Float64[Floats, "channel channel bin"]]:
    """The magnitude-squared coherence of all pairs of channels, from one pass of transforms.

    It is 1 where one channel is a filtered copy of the other, delayed by far less than a segment. Of unrelated channels
    it is not 0 but about one over the number of segments that do not overlap: take segments much shorter than the
    signal.

    Args:
        signal: `(channel, time)` without a gap.
        rate_hz: samples per second.
        segment_s: length of a segment.

    Returns:
        The bins in Hz, and `(channel, channel, bin)` in 0..1, the same both ways; 0 where a channel has no power in a
        bin, as one that never moves has in none.

    Raises:
        InputError: as `welch`, or fewer than two segments, of which every coherence would be 1.
    """
    _check(signal, rate_hz, segment_s)
    width, time = round(segment_s * rate_hz), signal.shape[1]
    step = width - width // 2
    if time < width + step:
        what = f"{time / rate_hz:g} s hold fewer than two segments of {segment_s:g} s, whose coherence would be 1"
        raise InputError(what, where="coherence", mend="Give a longer stretch, or shorter segments")
    count, cross = 0, np.zeros((width // 2 + 1, len(signal), len(signal)), dtype=np.complex128)
    for bins in _transformed(signal, width, step):
        by_bin = bins.transpose(2, 0, 1)
        cross += by_bin @ by_bin.conj().transpose(0, 2, 1)
        count += bins.shape[1]
    power = np.einsum("bcc->bc", cross).real
    least = count * np.square(_ROUNDING * np.abs(signal).max(axis=1) * _window(width).sum())
    heard = power > least
    both = np.where(heard, power, 1.0)
    shared = np.square(np.abs(cross)) / (both[:, :, None] * both[:, None, :])
    shared *= heard[:, :, None] & heard[:, None, :]
    return _bins(width, rate_hz), np.minimum(shared, 1.0).transpose(1, 2, 0)


def explained(
    shared: Float64[Floats, "channel channel bin"],
    density: Float64[Floats, "channel bin"],
    groups: Sequence[Sequence[int]],
) -> Float64[Floats, "group group"]:
    """Which share of each sensor's variance another sensor's channels explain by a linear filter.

    Channel y explains `sum_f C_xy(f) S_xx(f) / sum_f S_xx(f)` of x (Bendat and Piersol, Random Data: the coherent
    output spectrum). Of a sensor's channels the best one counts, so the sensor as a whole explains no less.

    Args:
        shared: coherence, on the bins of `density`.
        density: of each channel, as `welch` gives it for the same segments.
        groups: of each sensor, where its channels stand; their units agree.

    Returns:
        `(sensor explained, sensor that explains)` in 0..1; 0 for a sensor that never moves. It is above 0 by chance:
        how far, sensors of another recording tell, laid beside these as further channels.
    """
    told = np.einsum("cdb,cb->cd", shared, density)
    variance = density.sum(axis=1)
    best = np.stack([told[:, list(members)].max(axis=1) for members in groups], axis=1)
    rows = [best[list(one)].sum(axis=0) / max(float(variance[list(one)].sum()), np.finfo(float).tiny) for one in groups]
    return np.stack(rows)


def _check(signal: Reals, rate_hz: float, segment_s: float) -> None:
    if not (np.isfinite(rate_hz) and rate_hz > 0 and np.isfinite(segment_s) and round(segment_s * rate_hz) >= 2):
        what = f"a segment of {segment_s:g} s at {rate_hz:g} Hz holds fewer than two samples"
        raise InputError(what, where="segment_s", mend="Give longer segments")
    if not len(signal) or signal.shape[1] < 2:
        what = f"a signal of shape {signal.shape} has no spectrum"
        raise InputError(what, where="signal", mend="Give at least one channel and two samples")
    if len(wrong := np.flatnonzero(~np.isfinite(signal).all(axis=1))):
        mend = "Give stretches between gaps, without missing values"
        raise InputError("a sample is missing or not finite", where=f"signal, channel {wrong[0]}", mend=mend)


def _bins(width: int, rate_hz: float) -> Floats:
    return np.asarray(np.fft.rfftfreq(width, 1 / rate_hz), dtype=np.float64)


def _window(width: int) -> Floats:
    return np.asarray(dsp.get_window("hann", width), dtype=np.float64)


def _transformed(signal: Reals, width: int, step: int) -> Iterator[Complexes]:
    """`(channel, segment, bin)` transforms, some segments at a time."""
    pieces = sliding_window_view(signal, width, axis=1)[:, ::step]
    at_once = max(1, _BLOCK // (width * len(signal)))
    for first in range(0, pieces.shape[1], at_once):
        some = pieces[:, first : first + at_once].astype(np.float64)
        yield np.fft.rfft((some - some.mean(axis=2, keepdims=True)) * _window(width), axis=2)
