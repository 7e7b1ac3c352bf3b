"""From the paths of a hand and the trunk to what a wrist unit feels.

The forearm follows from the wrist by inverse kinematics: shoulder and wrist fix the elbow up to its swivel, pronation
is counted from the elbow's hinge. From that one pose (p, R) come the rate of turn w = vee(R^T dR/dt) and the specific
force f = R^T (d2p/dt2 - g), so accelerometer and gyroscope always agree. Axes of the bench: x ahead, y to the left,
z up; of the forearm: x to the hand, z out of its back. Segments are shares of body height (Winter 2009, rounded).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.signal import butter, sosfilt

from stillroom.data.sources.factory.people import Person
from stillroom.data.sources.factory.strands import Floats, Motion
from stillroom.sensors.units import STANDARD_GRAVITY_MS2

_MIRROR = np.array([1.0, -1.0, 1.0])
_SWAY_KNOT_S = 0.6
_UPPER_ARM, _FOREARM, _SHOULDER_HEIGHT, _SHOULDER_HALF_WIDTH = 0.186, 0.146, 0.80, 0.115


@dataclass(frozen=True)
class Pose:
    """A wrist's pose at N even times.

    Attributes:
        place: `(3, N)` metres, in the bench's frame.
        turn: `(N, 3, 3)` takes the forearm's axes to the bench's.
    """

    place: Floats
    turn: Floats


def wrist_pose(hand: Motion, trunk: Motion, person: Person, *, mirrored: bool) -> Pose:
    """The pose of a wrist whose hand moves in the trunk's frame.

    Args:
        hand: the hand's motion, from between the feet, not yet mirrored.
        trunk: the trunk's motion; its `turn` is the heading.
        person: whose arm it is.
        mirrored: True for the arm on the left (y positive) side.
    """
    side = _MIRROR if mirrored else np.ones(3)
    frames = _right_arm(hand.place * side[:, None], hand.turn, person)
    frames = frames * side[:, None] * side  # M R M: a mirrored arm is still a rotation
    heading = _about_up(trunk.turn)
    return Pose(np.einsum("nij,jn->in", heading, hand.place) + trunk.place, heading @ frames)


def reflect(pose: Pose) -> Pose:
    """The same work at a mirrored workplace: how a left-hander does it."""
    return Pose(pose.place * _MIRROR[:, None], pose.turn * _MIRROR[:, None] * _MIRROR)


def rate_of_turn(turn: Floats, step_s: float) -> Floats:
    """`(3, N)` rad/s in the turning frame itself, from `(N, 3, 3)` orientations."""
    change = np.gradient(turn, step_s, axis=0, edge_order=2)
    spin = np.einsum("nji,njk->nik", turn, change)
    skew = (spin - spin.transpose(0, 2, 1)) / 2
    return np.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]])


def specific_force(pose: Pose, step_s: float) -> Floats:
    """`(3, N)` m/s2 in the forearm's frame: what an ideal accelerometer shows; +g upwards at rest."""
    place = np.pad(pose.place, ((0, 0), (1, 1)), mode="reflect", reflect_type="odd")
    force = np.diff(place, n=2, axis=1) / step_s**2
    force[2] += STANDARD_GRAVITY_MS2
    return np.asarray(np.einsum("nji,jn->in", pose.turn, force))


def unsteady(motion: Motion, draw: np.random.Generator, step_s: float, amount: float) -> Motion:
    """The same motion by a living hand: slow sway of some millimetres and a tremor of about 9 Hz."""
    count = len(motion.turn)
    knots_s = np.arange(-2.0, count * step_s + 2.0, _SWAY_KNOT_S)
    sway = make_interp_spline(knots_s, draw.standard_normal((4, len(knots_s))), k=3, axis=1)(np.arange(count) * step_s)
    sway *= np.array([0.005, 0.005, 0.004, 0.04])[:, None]
    band = butter(2, (7.0, 11.0), btype="bandpass", fs=1 / step_s, output="sos")
    tremor = sosfilt(band, draw.standard_normal((4, count)), axis=1)
    tremor *= np.array([2.5e-5, 2.5e-5, 3e-5, 6e-4])[:, None] / tremor.std()
    extra = amount * (sway + tremor)
    return Motion(motion.place + extra[:3], motion.turn + extra[3], motion.grip, motion.shake_acc, motion.shake_rate)


def _right_arm(wrist: Floats, pronation: Floats, person: Person) -> Floats:
    """`(N, 3, 3)` forearm frames of a right arm; the trunk leans in where a place is out of reach."""
    upper, fore = _UPPER_ARM * person.height_m, _FOREARM * person.height_m
    shoulder = np.array([0.0, -_SHOULDER_HALF_WIDTH, _SHOULDER_HEIGHT]) * person.height_m
    towards = wrist - shoulder[:, None]
    far = np.linalg.norm(towards, axis=0)
    along = towards / far
    reach = _soft_clip(far, 0.35 * (upper + fore), 0.95 * (upper + fore))
    out = person.elbow_out_rad
    hangs = np.array([-0.35, -np.sin(out), -np.cos(out)])[:, None]
    aside = _unit(hangs - (hangs * along).sum(axis=0) * along)
    foot = (upper**2 - fore**2 + reach**2) / (2 * reach)
    height = np.sqrt(np.maximum(upper**2 - foot**2, 1e-6))
    axis = _unit((reach - foot) * along - height * aside)
    hinge = np.cross(along, aside, axis=0)
    back = -np.cos(pronation) * hinge + np.sin(pronation) * np.cross(axis, hinge, axis=0)
    return np.stack([axis, np.cross(back, axis, axis=0), back]).transpose(2, 1, 0)


def _soft_clip(values: Floats, low: float, high: float, sharpness: float = 40.0) -> Floats:
    below = -np.logaddexp(-sharpness * values, -sharpness * high) / sharpness
    return np.asarray(np.logaddexp(sharpness * below, sharpness * low) / sharpness)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=0))


def _about_up(angle: Floats) -> Floats:
    zero, one = np.zeros_like(angle), np.ones_like(angle)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one]).reshape(3, 3, -1).transpose(2, 0, 1)
