"""Body capacitance at a wrist: what three electrodes of a unit couple to, in picofarads.

C_e(t) = base_e + gain * [ground(t) + k_touch * touch(t) * palm_e + k_bench * near(d_bench) * down_e(t)
+ k_hand * near(d_hand)] + drift_e(t), with near(d) = 1 / (1 + d / d0): a plate that comes closer adds ever more.
`ground` is the body's coupling to the floor, which a lifted foot lowers. Base and gain differ by person and session
(shoes, skin, air); drift is slow, with 1/f noise on top. A lumped model of plausible size, not a field solution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillroom.data.sources.factory.kinematics import Pose
from stillroom.data.sources.factory.scene import BENCH_Z
from stillroom.data.sources.factory.strands import Floats

# Where the electrodes look, in the unit's axes: strap side, under the case, ulnar edge.
NORMALS = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_PALM = np.array([0.0, 0.0, -1.0])
_TOUCH_PF, _BENCH_PF, _HAND_PF, _STEP_PF = 5.0, 2.6, 2.4, 1.8
_BENCH_SCALE_M, _HAND_SCALE_M = 0.07, 0.06
_DRIFT_PF, _PINK_PF = 1.6, 0.12
_DRIFT_HZ = 0.006
_FLOOR_PF = 2.0


def electrodes(
    pose: Pose,
    other: Pose,
    touch: Floats,
    walking: Floats,
    mount: NDArray[np.float64],
    gain: float,
) -> Floats:
    """`(3, N)` pF that motion and contact add to the base, without drift.

    Args:
        pose: this wrist's pose.
        other: the other wrist's.
        touch: `(N,)` coupling to what the hand holds, 0 to 1.
        walking: `(N,)` how much a foot is off the floor, 0 to 1.
        mount: takes the unit's axes to the forearm's.
        gain: coupling of this person in this session.
    """
    looks = NORMALS @ mount.T
    palm = 0.3 + 0.7 * np.clip(looks @ _PALM, 0, None)
    down = 0.5 - 0.5 * np.einsum("nj,ej->en", pose.turn[:, 2, :], looks)
    bench = _near(np.maximum(pose.place[2] - BENCH_Z, 0.0), _BENCH_SCALE_M)
    apart = np.linalg.norm(pose.place - other.place, axis=0)
    hand = _near(np.maximum(apart - 0.08, 0.0), _HAND_SCALE_M)
    coupled = _TOUCH_PF * palm[:, None] * touch + _BENCH_PF * down * bench + _HAND_PF * hand - _STEP_PF * walking
    return np.asarray(gain * coupled)


def base(draw: np.random.Generator) -> Floats:
    """`(3, 1)` pF that person, shoes, strap and air give today."""
    return np.asarray(24.0 * np.exp(draw.normal(0, 0.18)) + draw.normal(0, 2.0, (3, 1)))


def drift(draw: np.random.Generator, count: int, rate_hz: float) -> Floats:
    """`(3, count)` pF of slow drift, partly common to the electrodes, and 1/f noise."""
    hz = np.fft.rfftfreq(count, 1 / rate_hz)
    slow = _coloured(draw.standard_normal((4, count)), np.exp(-0.5 * (hz / _DRIFT_HZ) ** 2))
    pink = _coloured(draw.standard_normal((3, count)), 1 / np.sqrt(np.maximum(hz, 0.04)))
    return np.asarray(_DRIFT_PF * (0.8 * slow[0] + 0.6 * slow[1:]) + _PINK_PF * pink)


def at_least_stray(values: Floats) -> Floats:
    """A capacitance never falls below the strays of the board."""
    return np.maximum(values, _FLOOR_PF)


def _coloured(white: Floats, shape: Floats) -> Floats:
    """White rows with a spectrum of that shape and a standard deviation of 1."""
    rows = np.fft.irfft(np.fft.rfft(white, axis=1) * shape, n=white.shape[1], axis=1)
    return np.asarray(rows / rows.std(axis=1, keepdims=True))


def _near(distance_m: Floats, scale_m: float) -> Floats:
    return 1 / (1 + distance_m / scale_m)
