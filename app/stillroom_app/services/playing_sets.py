"""What a playback says with some of the sensors, and how far that goes: students that were trained so, or an estimate.

An estimate is no student: it is one net that was trained with sensors missing at random. It is set against the same net
with every sensor, never against a student; how far it was off stands beside it where both are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.runs.playback import Playback, SensorSet
from stillroom_app.services.playing_bytes import bytes_of

_STUDENT = "A student trained on just these"
_ESTIMATE = "One net for any set, with the other sensors at rest"


def sets_of(
    played: Playback, role: str, scored: dict[str, Any]
) -> tuple[list[SensorSet], NDArray[np.int16], NDArray[np.uint8]]:
    """Every set, with what is said and how surely in each window; the student's own is always among them.

    Args:
        played: what is played.
        role: of the student; empty where there is none.
        scored: that model's macro-F1 and its interval, as the report has them.

    Returns:
        The sets, `(set, window)` class index that is said, and `(set, window)` its probability in 8 bits.
    """
    windows = len(played.windows_s)
    sets = list(played.sets)
    said = played.said.reshape(len(sets), windows).astype("<i2")
    share = bytes_of(played.share.reshape(len(sets), windows))
    if role and played.own and not any(set(one.sensors) == set(played.own) for one in sets):
        mine = played.answers[role]
        score = {name: scored.get(name) for name in ("macro_f1", "low", "high")}
        sets.append(SensorSet(played.own, "student", "", **score))
        said = np.concatenate([said, mine.argmax(axis=1).astype("<i2")[None]])
        share = np.concatenate([share, bytes_of(mine.max(axis=1))[None]])
    return sets, said, share


def told_of(one: SensorSet, sensors: Sequence[str]) -> dict[str, Any]:
    """A set as the browser is told of it.

    Args:
        one: the set.
        sensors: all that can be switched, in order.
    """
    measured = one.of == "student"
    return {
        "sensors": sorted(sensors.index(name) for name in one.sensors),
        "measured": measured, "run": one.run, "told": _STUDENT if measured else _ESTIMATE,
        "score": one.macro_f1, "low": one.low, "high": one.high,
    }  # fmt: skip


def with_all(sets: Sequence[SensorSet], sensors: Sequence[str]) -> float | None:
    """What the net for any set is estimated to score with every sensor; None where nobody asked it.

    Args:
        sets: of a playback.
        sensors: all that can be switched.
    """
    whole = next((one for one in sets if set(one.sensors) == set(sensors)), None)
    if whole is None:
        return None
    return whole.macro_f1 if whole.of == "estimate" else whole.estimated


def error_of(sets: Sequence[SensorSet]) -> str:
    """How far estimates were off where a student was trained, in a sentence; empty where no set has both.

    Args:
        sets: of a playback.
    """
    off = [
        round(one.macro_f1 - one.estimated, 2)
        for one in sets
        if one.of == "student" and one.macro_f1 is not None and one.estimated is not None
    ]
    if not off:
        return ""
    over = f"({len(off)} set{'s' * (len(off) > 1)})"
    return f"Where a student was trained {over}, the estimate was {_off(min(off), max(off))}."


def _off(least: float, most: float) -> str:
    """A span of errors; above 0 the estimate was too low."""
    if least < 0 < most:
        return f"between {-least:.2f} too high and {most:.2f} too low"
    low, high = sorted((abs(least), abs(most)))
    span = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
    return f"{span} too {'low' if most > 0 else 'high'}" if high else "right to a hundredth"
