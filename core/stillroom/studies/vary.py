"""What a study varies: `KEY=V1,V2`, a setting of the recipe by its path, or an option of `distil`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from stillroom.base.config import Config
from stillroom.base.errors import InputError

OPTIONS = ("student_view", "teacher_view", "window_s", "stride_s", "purity")
RECIPE = "recipe"
_OPEN, _CLOSE = "[{(", "]})"


class Axis(Config):
    """One thing that is varied.

    Attributes:
        key: a path in the recipe, an option of `distil`, or `recipe`.
        values: as text, the first one being what the others are compared with.
    """

    key: str
    values: tuple[str, ...]

    @property
    def is_option(self) -> bool:
        """Whether it is an option of `distil` rather than a setting of the recipe."""
        return self.key in OPTIONS


def parse_axis(text: str) -> Axis:
    """Reads `KEY=V1,V2`; commas within brackets or quotes belong to a value.

    Raises:
        InputError: no key, fewer than two values, or one value twice.
    """
    where = f"--vary {text}"
    key, equals, rest = text.partition("=")
    values = tuple(value.strip() for value in _split(rest, where))
    if not equals or not key.strip() or not all(values):
        mend = "As --vary student.terms.attn_rep.weight=1,2,4"
        raise InputError("what is varied is KEY=V1,V2", where=where, mend=mend)
    if len(values) < 2:
        raise InputError("one value varies nothing", where=where, mend="Give two or more, separated by commas")
    if len(set(values)) < len(values):
        twice = next(value for value in values if values.count(value) > 1)
        raise InputError(f"{twice} is given twice", where=where, mend="Give each value once")
    plain = key.strip().lstrip("-").replace("-", "_")
    return Axis(key=plain if plain in (*OPTIONS, RECIPE) else key.strip(), values=values)


def cells(axes: Sequence[Axis]) -> list[dict[str, str]]:
    """Every combination, the last axis fastest; the first one is what the others are compared with."""
    return [
        dict(zip([axis.key for axis in axes], values, strict=True))
        for values in itertools.product(*(axis.values for axis in axes))
    ]


def label(settings: dict[str, str]) -> str:
    """A combination in few words: the last part of each path, or all of it where two would read alike."""
    ends = [key.rpartition(".")[2] for key in settings]
    short = {key: end if ends.count(end) == 1 else key for key, end in zip(settings, ends, strict=True)}
    return ", ".join(f"{short[key]}={value}" for key, value in settings.items())


def apply(settings: dict[str, str], recipe: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The recipe and the options of one combination."""
    direct = {key: value for key, value in settings.items() if key in OPTIONS}
    numbers = {key: _number(key, value) if key not in ("student_view", "teacher_view") else value
               for key, value in direct.items()}  # fmt: skip
    changes = [f"{key}={value}" for key, value in settings.items() if key not in (*OPTIONS, RECIPE)]
    merged = {**options, **numbers, "change": [*options.get("change", ()), *changes]}
    return settings.get(RECIPE, recipe), merged


def _number(key: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(f"{value!r} is no number", where=f"--vary {key}", mend="Give numbers") from None


def _split(text: str, where: str) -> list[str]:
    parts, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            if char == quote:
                quote = ""
                continue
        elif char in "\"'":
            quote = char
            continue
        elif char == "," and not depth:
            parts.append("")
            continue
        depth += (char in _OPEN) - (char in _CLOSE)
        parts[-1] += char
    if quote or depth:
        raise InputError("a bracket or a quotation mark is not closed", where=where, mend="Close it")
    return parts
