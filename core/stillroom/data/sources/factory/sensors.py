"""The wrist units: what becomes of an ideal signal on its way to a file.

The IMU low-passes at 18 Hz before it samples at about 50 Hz, so nothing folds back; the capacitive front end samples
at about 25 Hz behind 9 Hz. Then bias, noise, range and 16-bit steps. A unit has one clock: some ppm off, started when
its button was pressed, with jitter in the stamps that the receiver writes. Noise sizes are typical of consumer parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.signal import butter, sosfilt, sosfilt_zi

from stillroom.data.sources.factory.strands import Floats
from stillroom.sensors.units import STANDARD_GRAVITY_MS2

IMU_HZ, CAP_HZ = 50.0, 25.0
ACC_RANGE_MS2 = 16 * STANDARD_GRAVITY_MS2
GYRO_RANGE_RADS = float(np.radians(2000))
CAP_STEP_PF = 0.002
_IMU_BAND_HZ, _CAP_BAND_HZ = 18.0, 9.0
_ACC_NOISE, _GYRO_NOISE, _CAP_NOISE = 0.035, 0.004, 0.03
_ACC_BIAS, _GYRO_BIAS, _GAIN = 0.12, 0.012, 0.006
_JITTER_S = 0.0012


@dataclass(frozen=True)
class Clock:
    """A unit's clock: seconds after the session's start that it began, and how many ppm fast it runs."""

    start_s: float
    ppm: float

    def times_s(self, end_s: float, rate_hz: float) -> Floats:
        """The true times at which a sensor of that nominal rate samples, before `end_s`."""
        actual = rate_hz * (1 + self.ppm * 1e-6)
        return np.asarray(self.start_s + np.arange(int((end_s - self.start_s) * actual)) / actual)


def start_clock(draw: np.random.Generator) -> Clock:
    """A unit's clock of one session."""
    return Clock(float(draw.uniform(0.0, 0.6)), float(draw.normal(0, 60)))


def stamps(times_s: Floats, draw: np.random.Generator) -> Floats:
    """What the receiver writes: each time with some jitter, never backwards."""
    return np.asarray(np.maximum.accumulate(times_s + np.abs(draw.normal(0, _JITTER_S, len(times_s)))))


def imu(force: Floats, rate: Floats, grid_s: Floats, times_s: Floats, draw: np.random.Generator) -> Floats:
    """`(6, sample)` m/s2 and rad/s from an ideal specific force and rate of turn `(3, N)` in the unit's axes."""
    ideal = _sampled(np.concatenate([force, rate]), grid_s, times_s, _IMU_BAND_HZ)
    gain = 1 + draw.normal(0, _GAIN, (6, 1))
    bias = draw.normal(0, 1, (6, 1)) * np.repeat([_ACC_BIAS, _GYRO_BIAS], 3)[:, None]
    noise = draw.standard_normal(ideal.shape) * np.repeat([_ACC_NOISE, _GYRO_NOISE], 3)[:, None]
    full = np.repeat([ACC_RANGE_MS2, GYRO_RANGE_RADS], 3)[:, None]
    return _stepped(np.clip(gain * ideal + bias + noise, -full, full * (1 - 2**-15)), full / 2**15)


def front_end(coupled: Floats, grid_s: Floats, times_s: Floats, draw: np.random.Generator) -> Floats:
    """`(3, sample)` pF from ideal values `(3, N)`, before base and drift are added."""
    ideal = _sampled(coupled, grid_s, times_s, _CAP_BAND_HZ)
    return np.asarray(ideal + draw.standard_normal(ideal.shape) * _CAP_NOISE)


def stepped_pf(values: Floats) -> Floats:
    """Capacitance in the converter's steps."""
    return _stepped(values, np.array([[CAP_STEP_PF]]))


def _sampled(ideal: Floats, grid_s: Floats, times_s: Floats, band_hz: float) -> Floats:
    step_s = float(grid_s[1] - grid_s[0])
    sos = butter(4, band_hz, fs=1 / step_s, output="sos")
    settled = sosfilt_zi(sos)[:, None, :] * ideal[None, :, :1]
    smooth, _ = sosfilt(sos, ideal, axis=1, zi=settled)
    return np.asarray(make_interp_spline(grid_s, smooth, k=3, axis=1)(times_s))


def _stepped(values: Floats, step: Floats) -> Floats:
    return np.asarray(np.rint(values / step) * step)
