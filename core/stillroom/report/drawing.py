"""The house's way to draw for paper: matplotlib's SVG as one part of a page, the same bytes each time.

Words stay words (a page's own type sets them), every mark has an id `CHART--WHAT--WHICH` by which it is traced to its
number, and nothing of a clock or of a version is left in it. A drawing is made at its size on paper, so that type is as
large as asked. Names of other people's own are text: neither mathematics nor tags are read in them.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from stillroom.figures.palette import face_of, faded
from stillroom.report.wording import clean

INK, MUTED, LINE, FAINT, PAPER = "#1b2330", "#59616e", "#c9c6bd", "#e9e6de", "#ffffff"
TEXT_PT, SMALL_PT = 8.0, 7.0
_MM = 25.4
_LINE_MM = 3.1
_LETTER_PT = 0.56  # of a letter's width to its height, of ordinary type
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "stillroom",
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so that places are the same everywhere
    "font.size": TEXT_PT,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": SMALL_PT,
    "xtick.color": MUTED,
    "xtick.labelsize": SMALL_PT,
    "axes.unicode_minus": True,
    "path.simplify": False,
}
_SYMBOLS = {
    "square": "s", "circle": "o", "diamond": "D", "triangle-up": "^", "x": "X", "cross": "P", "star": "*",
    "hexagon": "h", "pentagon": "p",
}  # fmt: skip
_ID, _LINKED = re.compile(r'\bid="([^"]+)"'), re.compile(r'(url\(#|xlink:href="#)([^")]+)')
_TYPE = re.compile(r"font-family: [^;\"]+; ?")
_SHEET = re.compile(r"<svg [^>]*viewBox=\"0 0 ([\d.]+) ([\d.]+)\"[^>]*>")
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>|\s*<style type=\"text/css\">.*?</style>", re.DOTALL)
_TURNED = re.compile(r' transform="rotate\(-0 [^)]*\)"')


@dataclass(frozen=True)
class Symbol:
    """How a model's marks look.

    Attributes:
        colour: of them.
        marker: matplotlib's.
        filled: otherwise an outline.
    """

    colour: str
    marker: str
    filled: bool

    @classmethod
    def of(cls, role: str) -> Symbol:
        """A model's, as in every figure of the house."""
        face = face_of(role)
        return cls(face.light, _SYMBOLS[face.symbol.removesuffix("-open")], not face.symbol.endswith("-open"))


class Sheet:
    """One drawing: a field of values from left to right, rows from top to bottom, and margins in millimetres.

    Args:
        name: that ids begin with.
        wide: of the sheet, in mm.
        high: of the sheet, in mm.
        left: of the field's left edge, in mm from the sheet's.
        right: likewise, from the sheet's right edge.
        top: likewise.
        bottom: likewise.
    """

    def __init__(
        self, name: str, wide: float, high: float, *, left: float, right: float = 4, top: float = 2, bottom: float = 9
    ) -> None:
        self.name, self.wide, self.high, self.left = name, wide, high, left
        self.figure = Figure(figsize=(wide / _MM, high / _MM), dpi=72)
        field = (left / wide, bottom / high, (wide - left - right) / wide, (high - top - bottom) / high)
        self.axes: Axes = self.figure.add_axes(field)
        self.axes.set_facecolor("none")
        self.figure.patch.set_visible(False)
        for spine in self.axes.spines.values():
            spine.set_visible(False)
        self.axes.tick_params(length=0, pad=3)
        self.axes.set_yticks([])

    def across(self, low: float, high: float, ticks: Sequence[float], said: Sequence[str], title: str = "") -> None:
        """The values' axis, with a thin line at each tick."""
        self.axes.set_xlim(low, high)
        self.axes.set_xticks(list(ticks), labels=[clean(one) for one in said])
        self.axes.grid(axis="x", color=FAINT, linewidth=0.7, zorder=0)
        if title:
            self.axes.set_xlabel(title, labelpad=2)

    def up(self, low: float, high: float, ticks: Sequence[float], title: str) -> None:
        """The other values' axis, where rows are values too: low below, a thin line at each tick."""
        self.axes.set_ylim(low, high)
        left = self.axes.get_xlim()[0]
        for one in ticks:
            line = self.axes.axhline(one, color=FAINT, linewidth=0.7, zorder=0)
            line.set_gid(self._id(f"level--{one:g}"))
            self.axes.annotate(f"{one:g}", (left, one), xytext=(-3, 0), textcoords="offset points", ha="right",
                               va="center", color=MUTED, size=SMALL_PT, annotation_clip=False)  # fmt: skip
        self.axes.set_ylabel(title, labelpad=20)

    def rows(self, first: float, last: float) -> None:
        """From which place to which the rows go, the first on top."""
        self.axes.set_ylim(last, first)

    def label(self, place: float, text: str, *, under: str = "", bold: bool = False) -> None:
        """A row's name, left of the field; cut where there is no room, since the table has it whole."""
        room = int((self.left - 2) / _MM * 72 / (_LETTER_PT * TEXT_PT))
        at: dict[str, Any] = {"transform": self.axes.get_yaxis_transform(), "ha": "right", "clip_on": False}
        shift = _LINE_MM / 2 / self._pitch if under else 0.0
        weight = "bold" if bold else "normal"
        self.axes.text(-0.02, place - shift, clean(text, room), va="center", weight=weight, **at)
        if under:
            self.axes.text(-0.02, place + shift, clean(under, room + 4), va="center", color=MUTED, size=SMALL_PT, **at)

    @property
    def _pitch(self) -> float:
        """Of a row, in mm."""
        last, first = self.axes.get_ylim()
        return float(self.axes.get_position().height) * self.high / (last - first)

    def mark(self, what: str, x: float, y: float, symbol: Symbol, *, size: float = 6.5) -> None:
        """A mark at a value."""
        fill = symbol.colour if symbol.filled else PAPER
        self._line(what, [x], [y], color=symbol.colour, marker=symbol.marker, markersize=size, markeredgewidth=1.4,
                   markerfacecolor=fill, linestyle="none", zorder=4)  # fmt: skip

    def dot(self, what: str, x: float, y: float, colour: str) -> None:
        """A small faded one, as of one person."""
        soft = _rgba(faded(colour, 0.42))
        self._line(what, [x], [y], marker="o", markersize=3.6, markeredgewidth=0, markerfacecolor=soft,
                   linestyle="none", zorder=3)  # fmt: skip

    def span(self, what: str, low: float, high: float, y: float, colour: str, *, thick: float = 1.8) -> None:
        """An interval, or a way from one value to another."""
        self._line(what, [low, high], [y, y], color=colour, linewidth=thick, solid_capstyle="round", zorder=2)

    def upright(self, what: str, x: float, colour: str = MUTED, *, dashed: bool = True) -> None:
        """A line from top to bottom, to compare with."""
        low, high = self.axes.get_ylim()
        self._line(what, [x, x], [low, high], color=colour, linewidth=0.9, linestyle="dashed" if dashed else "solid",
                   zorder=1)  # fmt: skip

    def step(self, what: str, xs: Sequence[float], ys: Sequence[float], colour: str) -> None:
        """A line of steps."""
        made = self.axes.step(xs, ys, where="post", color=colour, linewidth=1.6, zorder=2, clip_on=False)
        made[0].set_gid(self._id(what))

    def line(self, what: str, xs: Sequence[float], ys: Sequence[float], colour: str, *, dashed: bool = False) -> None:
        """A line through some points."""
        style = "dashed" if dashed else "solid"
        self._line(what, list(xs), list(ys), color=colour, linewidth=1.4, linestyle=style, zorder=2)

    def bar(self, what: str, low: float, high: float, y: float, colour: str, *, thick: float = 0.62) -> None:
        """A bar from one value to another."""
        box = Rectangle((min(low, high), y - thick / 2), abs(high - low), thick, color=colour, linewidth=0, zorder=3)
        box.set_gid(self._id(what))
        self.axes.add_patch(box).set_clip_on(False)

    def cell(self, what: str, x: float, y: float, colour: str) -> None:
        """A cell of a matrix, one wide and one high."""
        box = Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, facecolor=colour, linewidth=0, zorder=2)
        box.set_gid(self._id(what))
        self.axes.add_patch(box)

    def text(
        self, x: float, y: float, said: str, *, colour: str = INK, size: float = TEXT_PT, align: str = "center",
        bold: bool = False, what: str = "", turned: bool = False,
    ) -> None:  # fmt: skip
        """Words in the field."""
        made = self.axes.text(x, y, clean(said), color=colour, size=size, ha=align, va="center", clip_on=False,
                              weight="bold" if bold else "normal", zorder=5)  # fmt: skip
        if turned:
            made.set(rotation=45, rotation_mode="anchor")
        if what:
            made.set_gid(self._id(what))

    def at_right(self, place: float, said: str, *, colour: str = INK, bold: bool = True, what: str = "") -> None:
        """Words at the right edge of the field."""
        made = self.axes.text(1.015, place, clean(said), transform=self.axes.get_yaxis_transform(), va="center",
                              ha="left", color=colour, weight="bold" if bold else "normal", clip_on=False)  # fmt: skip
        if what:
            made.set_gid(self._id(what))

    def svg(self, alt: str) -> str:
        """The drawing as a part of a page.

        Args:
            alt: what it says.
        """
        kept = io.StringIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a sign that this font lacks: the page's own type has it, or another
            self.figure.savefig(kept, format="svg", metadata={"Date": None, "Creator": None})
        return _part(kept.getvalue(), self.name, alt)

    def _line(self, what: str, xs: list[float], ys: list[float], **how: Any) -> None:
        made = self.axes.plot(xs, ys, clip_on=False, **how)
        made[0].set_gid(self._id(what))

    def _id(self, what: str) -> str:
        return f"--{what}"


def drawn(make: Callable[[], Sheet], alt: str) -> str:
    """A drawing in the house's look; whatever matplotlib was told elsewhere is neither heard nor changed.

    Args:
        make: draws.
        alt: what it says.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        return make().svg(alt)


def tints(colour: str, share: float) -> str:
    """A colour laid thinly over paper: 0 is paper, 1 the colour itself."""
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(255 + (part - 255) * min(max(share, 0.0), 1.0)):02x}" for part in parts)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers between two ends, at most so many."""
    span = max(high - low, 1e-9)
    for step in (size * 10.0**power for power in range(-4, 13) for size in (1, 2, 5)):
        first = -(-low // step) * step
        if span / step <= most - 1:
            count = int((high - first) / step + 1e-9) + 1
            return [round(first + number * step, 10) + 0.0 for number in range(count)]
    return [low, high]


def _rgba(said: str) -> tuple[float, float, float, float]:
    red, green, blue, share = (float(one) for one in said[5:-1].split(","))
    return red / 255, green / 255, blue / 255, share


def _part(svg: str, name: str, alt: str) -> str:
    """Without what only a file of its own needs, ids begin with the drawing's name, its type is the page's."""
    svg = _METADATA.sub("", svg[svg.index("<svg") :])
    svg = _ID.sub(lambda found: f'id="{_named(name, found[1])}"', svg)
    svg = _LINKED.sub(lambda found: f"{found[1].replace('xlink:', '')}{_named(name, found[2])}", svg)
    svg = _TURNED.sub("", _TYPE.sub("", svg))
    head = _SHEET.search(svg)
    assert head is not None
    said = clean(alt).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    opened = f'<svg class="drawing" viewBox="0 0 {head[1]} {head[2]}" role="img" aria-label="{said}">'
    return f"{opened}{svg[head.end() :]}".strip()


def _named(name: str, old: str) -> str:
    return f"{name}{old}" if old.startswith("--") else f"{name}-{old.removeprefix('matplotlib.')}"
