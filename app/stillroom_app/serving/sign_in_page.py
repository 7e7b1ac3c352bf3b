"""The sign-in page as text: no script, nothing loaded, the pages' own colours in light and dark."""

from __future__ import annotations

import base64
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

_HERE = Path(__file__)
_PICTURES = _HERE.parents[1] / "pictures"


def form(to: str, said: str = "") -> str:
    """The page that asks for the password.

    Args:
        to: where to go on afterwards.
        said: what was wrong with the last attempt.
    """
    wrong = f'<p class="wrong" id="wrong" role="alert">{escape(said)}</p>' if said else ""
    more = ' aria-invalid="true" aria-describedby="wrong"' if said else ""
    return _template().substitute(
        picture=_still(),
        icon=_icon(),
        wrong=wrong,
        more=more,
        to=escape(urlencode({"to": to})),
    )


def again(url: str) -> str:
    """A page that asks for an address once more, so that the browser brings the cookie of this site."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stillroom</title>'
        f'<meta http-equiv="refresh" content="0; url={escape(url)}"></head>'
        f'<body><p><a href="{escape(url)}">Go on to Stillroom</a></p></body></html>'
    )


@cache
def _template() -> Template:
    return Template(_HERE.with_suffix(".html").read_text(encoding="utf-8"))


@cache
def _still() -> str:
    return (_PICTURES / "still.svg").read_text(encoding="utf-8")


@cache
def _icon() -> str:
    return base64.b64encode((_PICTURES / "still.png").read_bytes()).decode()
