"""Words of the user's own: Markdown reads signs in them, so they are escaped; in an address they are texts."""

from __future__ import annotations

import math
import re

_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def plain(text: object) -> str:
    """Text of the user's own (names of people, classes, columns, files), to stand inside Markdown as it is."""
    return _SIGNS.sub(r"\\\1", " ".join(str(text).split()))


def number(text: str) -> float | None:
    """A number that a widget can show; None for another text, and for what has no end."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
