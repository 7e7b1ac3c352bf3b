"""Words of the user's own on a page: Markdown reads signs in them, so they are escaped."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def plain(text: object) -> str:
    """Text of the user's own (names of people, classes, columns, files), to stand inside Markdown as it is."""
    return _SIGNS.sub(r"\\\1", " ".join(str(text).split()))
