"""A report as HTML: one file that needs nothing beside it, written by Jinja2 with everything escaped.

The templates and the style lie beside this file. A drawing is the only thing that is taken as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stillroom.report.parts import Front, Section
from stillroom.report.wording import clean

_HERE = Path(__file__).with_name("templates")


def page(front: Front, sections: Sequence[Section], *, title: str, said: str) -> str:
    """The whole file.

    Args:
        front: its first page.
        sections: the evidence.
        title: of the file, for the browser's tab and the PDF.
        said: which version of Stillroom wrote it.
    """
    template = _templates().get_template("page.html")
    style = Markup((_HERE / "style.css").read_text(encoding="utf-8"))
    foot = Markup(_css(f"{said}, {front.foot}"))
    return template.render(front=front, sections=sections, title=title, said=said, style=style, foot=foot) + "\n"


def _shown(value: Any) -> Any:
    """Whatever a template writes, without signs that steer; drawings and the style are ours, and stay as they are."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _css(text: str) -> str:
    """Text inside a string of CSS: all but plain letters and digits as numbers, so that nothing ends it."""
    return "".join(one if one.isascii() and (one.isalnum() or one in " .,-") else f"\\{ord(one):x} " for one in text)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["drawing"] = Markup
    return made
