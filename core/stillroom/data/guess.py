"""What a column probably is: role, site, kind and axis from its name, its unit from the name or from magnitudes.

A guess is a proposal for a person to look over, never applied on its own. At rest an accelerometer shows 1 g, so the
median length of its vector tells g from m/s2; a hand turns faster than 20 rad/s hardly ever, faster than 20 deg/s
always.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillroom.data.recording import Floats
from stillroom.sensors.catalogue import KINDS, SITES

_KINDS = {
    "acc": "acc accel accelerometer acceleration accelero",
    "gyro": "gyro gyr gyroscope gyrometer rotation rot angular angvel omega",
    "mag": "mag magnetometer magnetic magn magneto",
    "quat": "quat quaternion",
    "capacitive": "cap capacitive capacitance",
    "bvp": "bvp ppg",
    "eda": "eda gsr",
    "temp": "temp temperature",
    "baro": "baro barometer pressure",
    "hr": "hr heartrate",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_LETTERS = {"a": "acc", "g": "gyro", "m": "mag", "q": "quat"}
_ROLES = {
    "time": "timestamp timestamps time unixtime datetime ts date clock elapsed epoch t",
    "label": "label labels activity activities class target gesture operation action behaviour behavior posture",
    "person": "subject person user participant volunteer worker subj patient pid uid userid subjectid",
    "session": "session trial recording exp experiment take rep repetition sequence",
}
_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words.split()}
_FILLERS = frozenset(
    "raw cal calibrated sensor data value rate velocity vel field body imu device axis the of".split()  # noqa: SIM905
)
_UNITS = {
    "g": "g",
    "mg": "mg",
    "m/s2": "m/s2",
    "m/s^2": "m/s2",
    "m/s²": "m/s2",
    "ms2": "m/s2",
    "mps2": "m/s2",
    "dps": "deg/s",
    "deg/s": "deg/s",
    "°/s": "deg/s",
    "mdps": "mdeg/s",
    "rad/s": "rad/s",
    "rads": "rad/s",
    "ut": "uT",
    "µt": "uT",
    "μt": "uT",
    "nt": "nT",
    "pf": "pF",
    "ff": "fF",
    "hpa": "hPa",
    "pa": "Pa",
    "us": "uS",
    "µs": "uS",
    "degc": "degC",
    "°c": "degC",
    "c": "degC",
}
_SIDES = {"right": "right", "r": "right", "rt": "right", "left": "left", "l": "left", "lt": "left"}
_SHORT = {
    f"{short}{part}": f"{side}_{name}"
    for short, side in (("r", "right"), ("l", "left"))
    for part, name in (("w", "wrist"), ("h", "hand"), ("a", "arm"), ("l", "leg"), ("ua", "upper_arm"), ("t", "thigh"))
}
_TOKEN = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")
_GLUED = re.compile(r"^(a|g|m|q|acc|accel|gyr|gyro|mag|quat)([xyzw]|(?<=q)[0-3]|(?<=quat)[0-3])$")
_BRACKETS = re.compile(r"[\[(]([^\])]*)[\])]")
UNKNOWN_SITE = "device"


@dataclass(frozen=True)
class Guess:
    """What a column's name says; empty where it says nothing."""

    role: str = ""
    site: str = UNKNOWN_SITE
    kind: str = ""
    axis: str = ""
    unit: str = ""


def of_name(name: str) -> Guess:
    """Reads a column's name, as `right_wrist_acc_x`, `GyroZ [deg/s]`, `ax` or `activity`."""
    bracket = _BRACKETS.search(name)
    unit = _UNITS.get(bracket[1].strip().lower(), "") if bracket else ""
    words = [word.lower() for word in _TOKEN.findall(_BRACKETS.sub(" ", name))]
    kind, axis, rest = "", "", []
    for word in words:
        glued = _GLUED.match(word)
        if glued and not kind:
            kind = _LETTERS.get(glued[1]) or _KIND_OF[glued[1]]
            axis = {"0": "w", "1": "x", "2": "y", "3": "z"}.get(glued[2], glued[2])
        elif word in _KIND_OF and not kind:
            kind = _KIND_OF[word]
        elif (re.fullmatch(r"[xyzw]|e\d", word) and not axis) or (kind == "quat" and word in "0123"):
            axis = {"0": "w", "1": "x", "2": "y", "3": "z"}.get(word, word)
        elif word not in _FILLERS:
            rest.append(word)
    if kind and axis and not unit and rest and rest[-1] in _UNITS and len(rest[-1]) > 1:
        unit = _UNITS[rest.pop()]
    if kind and kind != "quat" and not axis:
        axis = KINDS[kind].axes[0] if kind in KINDS and len(KINDS[kind].axes) == 1 else "v"
    if kind or axis:
        return Guess("", site_of(rest) or UNKNOWN_SITE, kind, axis, unit)
    roles = [_ROLE_OF[word] for word in words if word in _ROLE_OF]
    return Guess(role=roles[0] if roles else "")


def site_of(words: Sequence[str]) -> str:
    """A site from the words of a name: catalogued where it can be, else the words themselves, else ""."""
    plain = [word for word in words if not word.isdigit()]
    side = next((_SIDES[word] for word in plain if word in _SIDES), "")
    body = [word for word in plain if word not in _SIDES]
    known = sorted({name.removeprefix("right_").removeprefix("left_") for name in SITES}, key=len, reverse=True)
    joined = "_".join(body)
    part = next((name for name in known if re.search(rf"(^|_){name}(_|$)", joined)), "")
    if part:
        return f"{side}_{part}" if side and f"{side}_{part}" in SITES else part
    if len(body) == 1 and body[0] in _SHORT:
        return _SHORT[body[0]]
    return "_".join(filter(None, (side, *(word for word in words if word not in _SIDES))))


def site_in_path(path: str) -> tuple[str, str]:
    """A catalogued site that a file's path names, and the words that name it; ("", "") where none does."""
    text = path.lower()
    for site in sorted(SITES, key=len, reverse=True):
        if match := re.search(site.replace("_", "[ _-]?"), text):
            return site, match[0]
    return "", ""


def unit_of(kind: str, vectors: Floats) -> tuple[str, bool]:
    """The unit that magnitudes suggest, and whether they leave no doubt.

    Args:
        kind: the sensor's kind.
        vectors: `(axis, row)` raw values of one sensor; NaN allowed.
    """
    lengths = np.sqrt(np.square(vectors).sum(axis=0))
    lengths = lengths[np.isfinite(lengths)]
    middle = float(np.median(lengths)) if len(lengths) else 0.0
    if kind == "acc":
        return _between(middle, (("g", 0.7, 1.5), ("m/s2", 7.0, 15.0), ("mg", 700.0, 1500.0)), "m/s2")
    if kind == "gyro":
        peak = float(np.percentile(lengths, 99.5)) if len(lengths) else 0.0
        return ("deg/s", True) if peak > 20 else ("rad/s", peak > 0.5)
    if kind == "mag":
        return _between(middle, (("uT", 15.0, 90.0), ("mG", 150.0, 900.0), ("nT", 15e3, 90e3)), "uT")
    if kind == "baro":
        return _between(middle, (("hPa", 800.0, 1100.0), ("Pa", 80e3, 110e3)), "hPa")
    return (KINDS[kind].unit if kind in KINDS else "1"), True


def time_unit(stamps: NDArray[np.float64]) -> str:
    """The unit of numeric stamps: from their size where they count from 1970, else from their step."""
    first = abs(float(stamps[0]))
    for unit, low in (("ns", 1e17), ("us", 1e14), ("ms", 1e11), ("s", 1e8)):
        if first > low:
            return unit
    steps = np.diff(stamps)
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0
    return next((unit for unit, low in (("ns", 3e5), ("us", 3e2), ("ms", 0.9)) if step >= low), "s")


def nice_rate(rate_hz: float) -> float:
    """The usual rate within 3 %, else the rate with three digits."""
    usual = (
        1,
        2,
        4,
        5,
        8,
        10,
        12.5,
        16,
        20,
        25,
        30,
        32,
        40,
        50,
        52,
        60,
        64,
        100,
        104,
        119,
        128,
        200,
        208,
        256,
        400,
        500,
    )
    near = [rate for rate in usual if abs(rate / rate_hz - 1) < 0.03]
    return float(min(near, key=lambda rate: abs(rate - rate_hz)) if near else round(rate_hz, 3))


def _between(value: float, ranges: Sequence[tuple[str, float, float]], otherwise: str) -> tuple[str, bool]:
    for unit, low, high in ranges:
        if low <= value <= high:
            return unit, True
    return otherwise, False
