"""What a player is given: a run's playback, packed for the browser, and where each of its numbers comes from.

Signals are kept to 16 bits of their sensor's range. `playing_sets` says what is said with some of the sensors,
`playing_why` why, and `playing_costs` what it has cost. No model is asked here.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.export.measured import DEVICES
from stillroom.runs.playback import PLAYBACK, Playback, playback_of
from stillroom.runs.store import COST
from stillroom_app.services.explained import short_path
from stillroom_app.services.playing_bytes import SHARES, bytes_of, text_of
from stillroom_app.services.playing_sets import error_of, sets_of, told_of, with_all
from stillroom_app.services.playing_why import why_of
from stillroom_app.services.sensors import spoken
from stillroom_app.services.workspace import Entry

TEACHER, STUDENT, ALONE = "teacher", "student", "alone"
LEVELS = 65_535


def version(entry: Entry) -> int:
    """When a run's playback was last written; 0 where there is none."""
    try:
        return (entry.run.folder / PLAYBACK).stat().st_mtime_ns
    except OSError:
        return 0


def version_of_costs(entry: Entry) -> int:
    """When a run's cost was last written, or a board sent its measurements; 0 where nothing is known."""
    times = [0]
    for path in (entry.run.folder / COST, entry.run.folder / DEVICES):
        with suppress(OSError):
            times.append(path.stat().st_mtime_ns)
    return max(times)


def words(entry: Entry) -> list[str]:
    """The command that makes a run's playback, with every set of sensors, after `stillroom`."""
    return ["runs", "playback", short_path(entry.run.folder), "--sets"]


def caveats(report: Mapping[str, Any]) -> list[str]:
    """How far a run's result goes, in few words each."""
    said = ["simulated"] * bool(report["simulated"]) + ["fast setting"] * bool(report["fast"])
    said += ["a pilot, not a proof"] * bool(report["pilot"])
    return said + [str(report["warning"])] * bool(report["warning"])


def lacks(show: Mapping[str, Any]) -> str:
    """What a playback could hold and does not, in a sentence; empty where it holds all."""
    alone = len(show["sets"]) <= 1 < len(show["sensors"]) and show["switched"]
    missing = ["what it says with other sensors"] * bool(alone) + ["why"] * (show["why"] is None)
    return f"Its models were not asked {' and '.join(missing)}." if missing else ""


def show_of(entry: Entry) -> dict[str, Any] | None:
    """What the player of a run is given; None where nobody made its playback yet.

    Raises:
        InputError: the file is damaged, or of another version.
    """
    played = playback_of(entry.run)
    return None if played is None else packed(played, entry.run.report)


def packed(played: Playback, report: Mapping[str, Any]) -> dict[str, Any]:
    """A playback as the browser decodes it.

    Args:
        played: what is played.
        report: of its run, for the scores of the run's own models.
    """
    low, high = _ranges(played)
    role = switched(played)
    sets, said, share = sets_of(played, role, report.get(role) or {})
    return {
        "recording": played.recording, "unit": played.unit, "startS": played.start_s, "chosen": played.chosen,
        "rateHz": played.rate_hz, "windowS": played.window_s, "stepS": played.step_s, "seconds": played.seconds,
        "classes": list(played.classes), "units": str(report.get("units", "people")), "n": int(report.get("n", 0)),
        "channels": [{"name": one.name, "unit": one.unit, "sensor": played.sensors.index(one.sensor)}
                     for one in _drawn(played)],
        "sensors": [{"name": name, "said": spoken(name), "low": float(low[place]), "high": float(high[place])}
                    for place, name in enumerate(played.sensors)],
        "own": [played.sensors.index(name) for name in played.own if name in played.sensors],
        "signal": text_of(_levels(played, low, high)),
        "starts": [round(float(one), 4) for one in played.windows_s],
        "truth": text_of(played.truth.astype("<i2")),
        "answers": {role: _answers(one) for role, one in played.answers.items()},
        "switched": role, "scores": _scores(report), "switches": bool(role) and len(sets) > 1,
        "sets": [told_of(one, played.sensors) for one in sets], "said": text_of(said), "share": text_of(share),
        "withAll": with_all(sets, played.sensors), "error": error_of(sets),
        "why": why_of(played),
    }  # fmt: skip


def switched(played: Playback) -> str:
    """The role whose lane follows the sensors that are switched; empty where there is only a teacher."""
    others = [role for role in played.answers if role != TEACHER]
    return next((role for role in (STUDENT, ALONE) if role in others), others[0] if others else "")


def table_of(show: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What is played as a table: window by window what was done, and what each model said of it."""
    names = [*show["classes"], ""]  # -1 is nothing
    truth = np.frombuffer(base64.b64decode(show["truth"]), "<i2")
    found: dict[str, list[Any]] = {"from, s": list(show["starts"]), "done": [names[code] for code in truth]}
    for role, one in show["answers"].items():
        said = np.frombuffer(base64.b64decode(one["said"]), "<i2")
        share = np.frombuffer(base64.b64decode(one["share"]), np.uint8)
        found[role.replace("_", " ")] = [names[code] for code in said]
        found[f"{role.replace('_', ' ')}, sure"] = [round(float(value) / SHARES, 2) for value in share]
    return found


def _drawn(played: Playback) -> list[Any]:
    """The channels of sensors that can be switched; no other has a lane."""
    return [one for one in played.channels if one.sensor in played.sensors]


def _ranges(played: Playback) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each sensor the lowest and the highest value that is drawn: its channels share a scale."""
    low, high = np.zeros(len(played.sensors)), np.ones(len(played.sensors))
    for place, name in enumerate(played.sensors):
        rows = [number for number, one in enumerate(played.channels) if one.sensor == name]
        values = played.signal[rows].astype(np.float64)
        known = values[np.isfinite(values)]
        if len(known):
            low[place], high[place] = known.min(), known.max()
    return low, np.where(high > low, high, low + 1.0)


def _levels(played: Playback, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.uint16]:
    """`(channel, time)`: 0 to 65535 over the sensor's range; a value that is missing stays at the one before."""
    rows = [number for number, one in enumerate(played.channels) if one.sensor in played.sensors]
    of = np.array([played.sensors.index(played.channels[number].sensor) for number in rows], dtype=int)
    scaled = (played.signal[rows].astype(np.float64) - low[of, None]) / (high - low)[of, None]
    missing = ~np.isfinite(scaled)
    if missing.any():
        last = np.maximum.accumulate(np.where(missing, 0, np.arange(scaled.shape[1])), axis=1)
        scaled = np.nan_to_num(np.take_along_axis(scaled, last, axis=1))
    return np.rint(np.clip(scaled, 0, 1) * LEVELS).astype("<u2")


def _answers(probabilities: NDArray[Any]) -> dict[str, str]:
    """What a model says of each window, and how sure it is."""
    if not len(probabilities):
        return {"said": "", "share": ""}
    return {
        "said": text_of(probabilities.argmax(axis=1).astype("<i2")),
        "share": text_of(bytes_of(probabilities.max(axis=1))),
    }


def _scores(report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each model's macro-F1 with its interval, as the run measured it."""
    known = {role: report[role] for role in (TEACHER, STUDENT, ALONE) if isinstance(report.get(role), dict)}
    return {role: {"score": one.get("macro_f1"), "low": one.get("low"), "high": one.get("high")}
            for role, one in known.items()}  # fmt: skip
