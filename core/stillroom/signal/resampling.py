"""Resampling of even runs to another rate and phase, with a low-pass before any decrease of the rate.

The low-pass is a zero-phase Kaiser FIR (60 dB stop band that begins at the new Nyquist rate); values between samples
come from a cubic spline, whose error above half the Nyquist rate is why the rate is never raised to gain detail.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from scipy.ndimage import convolve1d
from scipy.signal import firwin, kaiserord

Floats = NDArray[np.float64]

_STOP_BAND_DB = 60.0
_PASS_FRACTION = 0.8


def anti_alias(values: Floats, rate_hz: float, new_rate_hz: float) -> Floats:
    """Low-passes `(channel, time)` below the new Nyquist rate; a no-op when the rate does not fall."""
    if new_rate_hz >= rate_hz * 0.999 or values.shape[1] < 4:
        return values
    nyquist = new_rate_hz / 2
    width = nyquist * (1 - _PASS_FRACTION)
    taps, beta = kaiserord(_STOP_BAND_DB, width / (rate_hz / 2))
    kernel = firwin(taps | 1, nyquist - width / 2, window=("kaiser", beta), fs=rate_hz)
    return np.asarray(convolve1d(values, kernel, axis=1, mode="nearest"), dtype=np.float64)


def resample(values: Floats, *, rate_hz: float, start_s: float, times_s: Floats, new_rate_hz: float) -> Floats:
    """Values of an evenly sampled signal at new times.

    Args:
        values: `(channel, time)`, sampled at `rate_hz` from `start_s` on; finite.
        rate_hz: rate of `values`.
        start_s: time of the first sample.
        times_s: `(new time,)` within the span of `values`; points up to one step outside hold the nearest sample.
        new_rate_hz: the rate of `times_s`, for the low-pass.

    Returns:
        `(channel, new time)`.
    """
    position = (times_s - start_s) * rate_hz
    last = values.shape[1] - 1
    nearest = np.clip(np.rint(position), 0, last).astype(np.int64)
    same_rate = abs(new_rate_hz / rate_hz - 1) < 1e-9
    if last == 0 or (same_rate and np.abs(position - nearest).max(initial=0.0) < 1e-3):
        return values[:, nearest]
    smooth = anti_alias(values, rate_hz, new_rate_hz)
    spline = make_interp_spline(np.arange(last + 1), smooth, k=min(3, last), axis=1)
    return np.asarray(spline(np.clip(position, 0, last)), dtype=np.float64)
