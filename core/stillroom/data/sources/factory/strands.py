"""Strands: what one hand, or the trunk, does over time, written as knots and read as a smooth path.

Between two knots everything moves by the minimum-jerk law s(u) = 10u^3 - 15u^4 + 6u^5 (Flash and Hogan 1985), with an
arc over the straight line where a reach has to clear something. Rhythmic work lies on top as cycles. Shakes (a tool's
vibration, the ringing after a blow) reach the sensor through hand and tool, and are too small to move the path.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Floats = NDArray[np.float64]
Place = tuple[float, float, float]

_BLEND_S = 0.035
_RAMP_S = 0.12
_TWIST_PER_MS2 = 0.03


@dataclass(frozen=True)
class Cycle:
    """A rhythm on top of the path; `amplitude` is (x, y, z) in metres and the turn in radians."""

    start_s: float
    seconds: float
    hz: float
    amplitude: tuple[float, float, float, float]
    phase: float


@dataclass(frozen=True)
class Shake:
    """A vibration of `strength_ms2` along `axis` of the forearm; it dies away over `decay_s`, where that is finite."""

    start_s: float
    seconds: float
    hz: float
    strength_ms2: float
    axis: Place
    decay_s: float = math.inf


@dataclass(frozen=True)
class Motion:
    """A strand read at N even times.

    Attributes:
        place: `(3, N)` metres.
        turn: `(N,)` radians: pronation of a hand (0 thumb up, positive palm down), heading of the trunk.
        grip: `(N,)` coupling to what is held, 0 nothing to 1 bare metal; for the trunk 1 is walking.
        shake_acc: `(3, N)` m/s2 in the forearm's frame.
        shake_rate: `(3, N)` rad/s in the forearm's frame.
    """

    place: Floats
    turn: Floats
    grip: Floats
    shake_acc: Floats
    shake_rate: Floats


@dataclass
class Strand:
    """A strand that is being written; `clock_s` is where its last knot stands."""

    place: Place
    turn: float = 0.0
    grip: float = 0.0
    clock_s: float = 0.0
    cycles: list[Cycle] = field(default_factory=list)
    shakes: list[Shake] = field(default_factory=list)
    knots: list[tuple[float, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._knot(0.0)

    def move(self, seconds: float, place: Place, *, turn: float, grip: float, lift: float = 0.0) -> None:
        """Goes to a place, over an arc that is `lift` metres high at its middle."""
        self.clock_s += seconds
        self.place, self.turn, self.grip = place, turn, grip
        self._knot(lift)

    def wait_until(self, clock_s: float) -> None:
        """Stays where it is."""
        if clock_s > self.clock_s:
            self.clock_s = clock_s
            self._knot(0.0)

    def _knot(self, lift: float) -> None:
        self.knots.append((self.clock_s, *self.place, self.turn, self.grip, lift))


def read(strand: Strand, grid_s: Floats) -> Motion:
    """Reads a strand at even times `(N,)`."""
    step_s = float(grid_s[1] - grid_s[0])
    knots = np.array(strand.knots)
    path = minimum_jerk(knots[:, 0], knots[:, 1:6], knots[:, 6], grid_s)
    # Nobody stops dead at a knot: a short blend rounds the corners and the steps of the grip.
    path = gaussian_filter1d(path, _BLEND_S / step_s, axis=1, mode="nearest")
    for cycle in strand.cycles:
        inside, since = _inside(grid_s, cycle.start_s, cycle.seconds)
        ramp_s = min(max(_RAMP_S, 0.35 / cycle.hz), cycle.seconds / 2)
        ramp = np.clip(np.minimum(since, cycle.seconds - since) / ramp_s, 0, 1)
        wave = _smooth(ramp) * np.sin(2 * np.pi * cycle.hz * since + cycle.phase)
        path[:4, inside] += np.array(cycle.amplitude)[:, None] * wave
    shaken = _shaken(strand.shakes, grid_s)
    return Motion(path[:3], path[3], path[4], shaken[:3], shaken[3:])


def minimum_jerk(times_s: Floats, values: Floats, lifts: Floats, grid_s: Floats) -> Floats:
    """`(column, N)` from knots `(knot, column)`; `lifts` raise the third column midway of the move that ends there."""
    index = np.clip(np.searchsorted(times_s, grid_s, side="right") - 1, 0, len(times_s) - 2)
    spans = np.maximum(np.diff(times_s), 1e-9)
    share = np.clip((grid_s - times_s[index]) / spans[index], 0, 1)
    path = values[index].T + np.diff(values, axis=0)[index].T * _smooth(share)
    path[2] += lifts[index + 1] * (4 * share * (1 - share)) ** 3
    return np.asarray(path)


def _smooth(share: Floats) -> Floats:
    return share**3 * (10 - 15 * share + 6 * share**2)


def _shaken(shakes: Sequence[Shake], grid_s: Floats) -> Floats:
    out = np.zeros((6, len(grid_s)))
    for shake in shakes:
        inside, since = _inside(grid_s, shake.start_s, shake.seconds)
        fade = np.clip((shake.seconds - since) / 0.05, 0, 1) * np.exp(-since / shake.decay_s)
        wave = shake.strength_ms2 * fade * np.sin(2 * np.pi * shake.hz * since)
        axis = np.array(shake.axis)
        out[:3, inside] += axis[:, None] * wave
        out[3:, inside] += _TWIST_PER_MS2 * np.roll(axis, 1)[:, None] * wave
    return out


def _inside(grid_s: Floats, start_s: float, seconds: float) -> tuple[slice, Floats]:
    first, stop = np.searchsorted(grid_s, [start_s, start_s + seconds])
    return slice(int(first), int(stop)), grid_s[first:stop] - start_s
