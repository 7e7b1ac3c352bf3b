"""Words and numbers as a report writes them: sensors by what they are called, scores, intervals, points.

Text of other people's own is made one line without control characters; the template escapes it, since it is text here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stillroom.figures.palette import face_of

DASH = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_CALLED = {
    "acc": "accelerometer", "gyro": "gyroscope", "mag": "magnetometer", "magn": "magnetometer",
    "quat": "orientation sensor", "capacitive": "capacitive sensor", "bvp": "pulse sensor",
    "eda": "skin conductance sensor", "temp": "thermometer", "baro": "barometer",
}  # fmt: skip
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ONE = {"people": "person", "stretches": "stretch"}


def clean(text: object, longest: int = 0) -> str:
    """One line that can be printed; cut with a sign where it is longer than asked.

    Args:
        text: anybody's words.
        longest: in letters; 0 for no end.
    """
    said = " ".join("".join(one if _shown(one) else " " for one in str(text)).split())
    return f"{said[: longest - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}" if longest and len(said) > longest else said


def _shown(letter: str) -> bool:
    """Whether a letter can be printed and steers nothing: no control sign, no half of a pair, no turn of direction."""
    return unicodedata.category(letter) not in ("Cc", "Cs", "Cf", "Co", "Cn")


def site_of(sensor: str) -> str:
    """Where a sensor `site.kind` is worn, in words."""
    return clean(sensor.rpartition(".")[0].replace("_", " "))


def kind_of(sensor: str) -> str:
    """What a sensor `site.kind` is, in words."""
    kind = sensor.rpartition(".")[2]
    return _CALLED.get(kind, clean(kind.replace("_", " ")))


def spoken(sensor: str) -> str:
    """As "right wrist accelerometer"."""
    return f"{site_of(sensor)} {kind_of(sensor)}".strip()


def sensors_of(channels: Iterable[str]) -> tuple[str, ...]:
    """The distinct `site.kind` of channels `site.kind.axis`, in order."""
    return tuple(dict.fromkeys(name.rpartition(".")[0] or name for name in channels))


def called(role: str) -> str:
    """A model's name within a sentence."""
    first, _, second = face_of(role).title.partition(", ")
    return f"{second} {first}" if second == "distilled" else f"{first} {second}".strip()


def title_of(role: str) -> str:
    """A model's name at the head of a row."""
    title = "semantic classifier" if role == "semantic" else face_of(role).title
    return upper(title)


def upper(sentence: str) -> str:
    """With a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def number(count: int) -> str:
    """A small number as a word."""
    return _SMALL[count] if 0 <= count < len(_SMALL) else f"{count:,}"


def many(count: int, what: str, more: str = "") -> str:
    """As "one sensor", "six sensors"."""
    return f"{number(count)} {what if count == 1 else more or f'{what}s'}"


def units(count: int, of: str) -> str:
    """As "10 people", "1 stretch"."""
    return f"{count} {_ONE.get(of, of) if count == 1 else of}"


def listed(names: Sequence[str], most: int = 0) -> str:
    """As "a, b and c"; what is beyond `most` is counted."""
    shown = [*names[:most], f"{len(names) - most} more"] if most and len(names) > most else list(names)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else "none"


def score(value: float | None, digits: int = 2) -> str:
    """A score between 0 and 1."""
    return DASH if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 3) -> str:
    """A difference with its sign; what rounds to nothing has none."""
    if value is None:
        return DASH
    rounded = round(value, digits) + 0.0
    return f"{rounded:+.{digits}f}".replace("-", _MINUS) if rounded else f"{0:.{digits}f}"


def points(value: float, digits: int = 1) -> str:
    """A difference of scores in points, of which 100 are a whole score; without a sign."""
    return f"{100 * abs(value):.{digits}f}"


def between(one: Mapping[str, Any], digits: int = 2, *, sign: bool = False) -> str:
    """The interval of something that holds `low` and `high`, as "0.63 to 0.92"."""
    if one["low"] is None or one["high"] is None:
        return "no interval"
    form = signed if sign else score
    return f"{form(one['low'], digits)} to {form(one['high'], digits)}"


def percent(share: float, digits: int = 0) -> str:
    """A share as "92 %"."""
    return f"{100 * share:.{digits}f} %"


def p_value(value: float | None) -> str:
    """Two digits of a p."""
    return DASH if value is None else f"{value:.2g}"
