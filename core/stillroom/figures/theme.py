"""One look for every figure: type, grounds and lines; a title, and below it where the numbers come from.

A `Look` says on which ground and for which width a figure is drawn; a narrow one breaks its lines earlier and gives
labels less room. Text of the user's own (names of people, classes, files) is escaped: Plotly reads tags in it.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

FONT = "Inter, 'Segoe UI', 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
BETWEEN = "\N{NO-BREAK SPACE}· "
_MARK_PX, _LETTER_PX, _NARROW_PX = 42, 6.6, 320  # of a legend
_TITLE_PX, _TEXT_PX, _SMALL_PX, _ABOVE_PX = 18, 13, 12, 14
_DEMO, _ONE = "demo:", {"people": "person", "stretches": "stretch"}


@dataclass(frozen=True)
class Look:
    """How a figure is drawn.

    Attributes:
        dark: on a dark ground.
        narrow: for a column or a telephone, about 360 to 560 pixels wide.
    """

    dark: bool = False
    narrow: bool = False

    @property
    def columns(self) -> int:
        """Characters on a line below the title."""
        return 52 if self.narrow else 138


LIGHT, DARK = Look(), Look(dark=True)


@dataclass(frozen=True)
class Ink:
    """What is not a model: grounds, text and lines; `muted` keeps a contrast of 4.5 to the ground."""

    paper: str
    plot: str
    text: str
    muted: str
    line: str
    faint: str


_INKS = {
    False: Ink(paper="#fbfaf7", plot="#fbfaf7", text="#1b2330", muted="#59616e", line="#c9c6bd", faint="#e9e6de"),
    True: Ink(paper="#15181d", plot="#15181d", text="#eef0f3", muted="#a5adb9", line="#444b57", faint="#272c35"),
}


def ink_of(look: Look) -> Ink:
    """The grounds, text and lines of a look."""
    return _INKS[look.dark]


def template(look: Look) -> go.layout.Template:
    """The look as a Plotly template, for figures of one's own."""
    ink = ink_of(look)
    axis = {
        "gridcolor": ink.faint, "linecolor": ink.line, "tickcolor": ink.line, "zerolinecolor": ink.line,
        "zerolinewidth": 1, "ticks": "", "automargin": True, "ticklabelstandoff": 4,
        "title": {"font": {"color": ink.muted, "size": _SMALL_PX}, "standoff": 10},
    }  # fmt: skip
    layout: dict[str, Any] = {
        "font": {"family": FONT, "size": _TEXT_PX, "color": ink.text},
        "paper_bgcolor": ink.paper,
        "plot_bgcolor": ink.plot,
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"font": {"family": FONT, "size": _TEXT_PX, "color": ink.text}, "bgcolor": ink.paper},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "font": {"size": _SMALL_PX}},
        "margin": {"l": 12, "r": 16, "b": 12, "t": 12},
        "bargap": 0.2,
        "dragmode": False,
    }  # fmt: skip
    return go.layout.Template(layout=layout)


def plain(text: object) -> str:
    """Text of the user's own, so that no part of it is read as a tag."""
    return html.escape(str(text), quote=False)


def finish(
    figure: go.Figure, *, title: str, origin: str, look: Look, height: int, note: str = "", alt: str = ""
) -> go.Figure:
    """Gives a figure the look, its title, and where its numbers come from.

    Args:
        figure: changed in place.
        title: one line, what is shown.
        origin: where the numbers come from; never empty.
        look: ground and width.
        height: of the plot itself in pixels; the title's lines are added.
        note: a sentence on how to read it, before the origin.
        alt: what it says, for somebody who cannot see it; kept in `layout.meta`.

    Raises:
        ValueError: a figure that does not say where its numbers come from.
    """
    if not origin:
        raise ValueError("a figure must say where its numbers come from")
    ink = ink_of(look)
    heading = textwrap.wrap(title, round(0.6 * look.columns))
    below = [line for part in (note, origin) for line in textwrap.wrap(part, look.columns)]
    named = [str(trace.name or "") for trace in figure.data if trace.showlegend is not False]
    legend = len(named) > 1
    above = _ABOVE_PX + 0.75 * _TITLE_PX * (len(heading) - 1)  # Plotly hangs a title of several lines higher
    top = round(
        above
        + 1.3 * (_TITLE_PX * len(heading) + _SMALL_PX * len(below))
        + (30 + 20 * _rows(named, look) if legend else 22)
    )
    figure.update_layout(
        template=template(look),
        title={
            "text": "<br>".join(f"<b>{plain(line)}</b>" for line in heading),
            "font": {"size": _TITLE_PX, "color": ink.text},
            "subtitle": {"text": "<br>".join(map(plain, below)), "font": {"size": _SMALL_PX, "color": ink.muted}},
            "x": 0, "xref": "container", "xanchor": "left", "pad": {"l": 14},
            "y": 1 - above / (height + top), "yref": "container", "yanchor": "top",
        },
        meta={"alt": alt or title, "origin": origin},
        height=height + top,
        margin={"t": top},
        showlegend=legend,
        legend={"y": 1, "yanchor": "bottom"},
    )  # fmt: skip
    return figure


def _rows(names: Sequence[str], look: Look) -> int:
    """How many lines a legend takes in a narrow figure: each entry gets the longest one's width."""
    if not look.narrow:
        return 1
    entry = _MARK_PX + _LETTER_PX * max(map(len, names))
    return -(-len(names) // max(1, int(_NARROW_PX // entry)))


def made(how: str, name: str) -> str:
    """As "Measured here", or "Measured for the demo" where it was: the name of its run or study begins so.

    Args:
        how: numbers were come by, as "Measured".
        name: of the run or study; the demo's begin with `demo:`.
    """
    return f"{how} {'for the demo' if name.startswith(_DEMO) else 'here'}"


def origin_of(report: dict[str, Any], how: str = "Measured") -> str:
    """Where a report's numbers come from, as one line.

    Args:
        report: as in `report.json`.
        how: they were come by, as "Measured" or "Estimated".
    """
    said = [str(report["data_title"])]
    if report["simulated"] and "simulated" not in said[0].lower():
        said.append("simulated")
    tested = f"{report['n']} {report['units'] if report['n'] != 1 else _ONE[report['units']]} tested"
    said += [f"{report['recipe']}, {report['protocol']}, seed {report['seed']}", tested]
    if report["fast"]:
        said.append("fast setting")
    if report["warning"]:
        said.append(str(report["warning"]).split(":")[0].lower())
    if report["pilot"]:
        said.append("a pilot, not a proof")
    name = str(report["run"])
    last = name.removeprefix(_DEMO).replace("\\", "/").rsplit("/", 1)[-1]
    return f"{made(how, name)}: {BETWEEN.join([*said, f'run {last}'])}"
