"""Words of other people's own inside Markdown that we write: nothing in them is read as a sign, a link or a cell.

Names of people, classes and data sets come from files that anybody may have written. Only what would be read as a sign
is escaped, so that an ordinary name stands in a text as it is.
"""

from __future__ import annotations

import re

# A colon before a letter begins an icon, a colour or an address; `@` and `www.` make addresses by themselves.
_SIGNS = re.compile(
    r"[\\`*\[\]<$@]|~(?=~)|(?<=~)~|(?<!\w)_|_(?!\w)|:(?=\S)|&(?=#?\w+;)|(?<=www)\.|^[#>+=-]", re.IGNORECASE
)
_COUNTED = re.compile(r"^(\d+)([.)])(?=\s|$)")
_TICKS = re.compile(r"`+")


def plain(text: object) -> str:
    """Text that is no Markdown, on one line, to stand in Markdown as it is; `|` is left to whoever makes a table."""
    said = _SIGNS.sub(lambda sign: f"\\{sign[0]}", " ".join(str(text).split()))
    return _COUNTED.sub(r"\1\\\2", said)


def code(text: object) -> str:
    """Text as code, on one line; ticks inside it do not end it."""
    said = " ".join(str(text).split())
    longest = max((len(ticks) for ticks in _TICKS.findall(said)), default=0)
    fence, space = "`" * (longest + 1), " " * bool(longest)
    return f"{fence}{space}{said}{space}{fence}"
