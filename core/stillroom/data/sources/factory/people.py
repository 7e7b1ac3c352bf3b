"""The people of the simulated line: body, temper, handedness, their ways of working, how they wear the units.

Each trait is drawn from a generator named by the seed, the person and the purpose, so that another person, session or
activity more never changes anybody else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from stillroom.base.seeding import generator

SIDES = ("right", "left")
_LEFT_HANDED_EVERY = 5
_INSIDE = "on the inside of the wrist"
_REVERSED = "strapped on the other way round"
_BACK = "on the back of the wrist"


@dataclass(frozen=True)
class Style:
    """How one person does one activity, relative to the line's instructions.

    Attributes:
        tempo: speed, 1 as instructed.
        size: how large the free motions are.
        shift_m: where the person stands and lays things, `(x, y, z)`.
        turn_rad: habitual pronation.
        variant: 0 to 1, picks among ways to do it.
    """

    tempo: float
    size: float
    shift_m: tuple[float, float, float]
    turn_rad: float
    variant: float


@dataclass(frozen=True)
class Person:
    """Somebody who works on the line.

    Attributes:
        name: `p01` on.
        left_handed: the hands' roles are swapped and the workplace is mirrored.
        height_m: body height, from which the arm's lengths follow.
        tempo: overall speed, 1 as instructed.
        vigour: how hard blows, presses and steps are.
        unsteady: tremor and sway, 1 as usual.
        elbow_out_rad: how far the elbows stand off the body.
        skin: coupling of the body to what it touches, 1 as usual.
    """

    name: str
    left_handed: bool
    height_m: float
    tempo: float
    vigour: float
    unsteady: float
    elbow_out_rad: float
    skin: float


@dataclass(frozen=True)
class Mounting:
    """How a unit sits on its forearm: `turn` takes the unit's axes to the forearm's."""

    words: str
    turn: NDArray[np.float64]


def person(seed: int, number: int) -> Person:
    """The line's person of that number, from 1 on."""
    draw = generator(seed, "factory", "person", number)
    return Person(
        name=f"p{number:02d}",
        left_handed=number % _LEFT_HANDED_EVERY == 4,
        height_m=float(np.clip(draw.normal(1.73, 0.09), 1.52, 1.96)),
        tempo=_around(draw, 0.11),
        vigour=_around(draw, 0.22),
        unsteady=_around(draw, 0.25),
        elbow_out_rad=float(np.radians(np.clip(draw.normal(35, 9), 15, 60))),
        skin=_around(draw, 0.15),
    )


def style(seed: int, number: int, activity: str) -> Style:
    """A person's own way with one activity, the same in every session."""
    draw = generator(seed, "factory", "style", number, activity)
    x, y, z = (float(value) for value in draw.normal(0, (0.035, 0.035, 0.03)))
    return Style(
        tempo=_around(draw, 0.13),
        size=_around(draw, 0.22),
        shift_m=(x, y, z),
        turn_rad=float(np.radians(draw.normal(0, 12))),
        variant=float(draw.uniform()),
    )


def mounting(seed: int, number: int, session: int, side: str) -> Mounting:
    """How a person straps a unit on in a session: a habit, some slip around the forearm, a few degrees of tilt."""
    draw = generator(seed, "factory", "mounting", number, session, side)
    words = _habit(number, session, side)
    habit = {_BACK: (0.0, 0.0, 0.0), _INSIDE: (np.pi, 0.0, 0.0), _REVERSED: (0.0, 0.0, np.pi)}[words]
    slip = np.radians(draw.normal(0, (11, 5, 5)))
    return Mounting(words, (Rotation.from_rotvec(slip) * Rotation.from_rotvec(habit)).as_matrix())


def _habit(number: int, session: int, side: str) -> str:
    if number % 8 == 3 and side == "left":
        return _INSIDE
    if number % 8 == 6 and side == "right" and session % 2 == 0:
        return _REVERSED
    return _BACK


def _around(draw: np.random.Generator, spread: float) -> float:
    """A factor around 1, never further than two and a half spreads away."""
    return float(np.exp(np.clip(draw.normal(), -2.5, 2.5) * spread))
