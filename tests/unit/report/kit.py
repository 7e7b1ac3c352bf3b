"""Reading a report as a stranger would: its tables by caption, and its drawings' marks as values on their own axes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from math import log10

_SVG = re.compile(r'<svg class="(?:drawing|outline)".*?</svg>', re.DOTALL)
_WITHIN = ("b", "i", "em", "a")  # tags inside a sentence
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


@dataclass
class _Tables(HTMLParser):
    """Cells of every table, as text."""

    found: dict[str, list[list[list[str]]]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._caption: str | None = None
        self._rows: list[list[str]] = []
        self._inside, self._hidden = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._caption, self._rows = "", []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
            self._inside = "cell"
        elif tag == "caption":
            self._inside = "caption"
        self._hidden += tag in ("style", "svg")
        self.words += [" "] * (tag not in _WITHIN)

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "svg")
        self.words += [" "] * (tag not in _WITHIN)
        if tag in ("td", "th", "caption"):
            self._inside = ""
        elif tag == "table":
            self.found.setdefault(self._caption or "", []).append(self._rows)
            self._caption = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.words.append(data)
        if self._inside == "cell":
            self._rows[-1][-1] += data
        elif self._inside == "caption":
            self._caption = (self._caption or "") + data


@dataclass(frozen=True)
class Drawing:
    """A chart, with its marks by id and its axes as the numbers at their ticks tell them."""

    root: ET.Element
    name: str

    @cached_property
    def marks(self) -> dict[str, ET.Element]:
        """By what stands behind the chart's name in their ids."""
        return {one.attrib["id"].removeprefix(f"{self.name}--"): one for one in self.root.iter()
                if one.attrib.get("id", "").startswith(f"{self.name}--")}  # fmt: skip

    def x(self, what: str) -> list[float]:
        """The values at which a mark begins and ends, from left to right; once where it is a point."""
        return sorted(self._value(at, self._across) for at in self._places(what, 0))

    def y(self, what: str) -> float:
        """The value of a point on the axis from bottom to top."""
        return self._value(self._places(what, 1)[0], self._up)

    def said(self, what: str) -> str:
        """The words of a mark."""
        return "".join(self.marks[what].itertext()).strip()

    def _places(self, what: str, axis: int) -> list[float]:
        group = self.marks[what]
        used = [one for one in group.iter() if one.tag.endswith("use")]
        if used:
            return [float(used[0].attrib["xy"[axis]])]
        path = next(one for one in group.iter() if one.tag.endswith("path"))
        numbers = [float(one) for one in _NUMBER.findall(path.attrib["d"])]
        return sorted({numbers[axis::2][0], *numbers[axis::2]})

    @cached_property
    def _across(self) -> list[tuple[float, float]]:
        found = []
        for one in self.root.iter():
            if re.fullmatch(rf"{re.escape(self.name)}-xtick_\d+", one.attrib.get("id", "")):
                text = next(inner for inner in one.iter() if inner.tag.endswith("text"))
                said = "".join(text.itertext()).replace("\N{MINUS SIGN}", "-").replace(",", "")
                value = float(_NUMBER.findall(said)[0]) * (1000 if said.rstrip().endswith("k") else 1)
                found.append((float(text.attrib["x"]), value / (100 if "%" in said else 1)))
        return found

    @cached_property
    def _up(self) -> list[tuple[float, float]]:
        levels = {name: one for name, one in self.marks.items() if name.startswith("level--")}
        return [(self._places(name, 1)[0], float(name.removeprefix("level--"))) for name in levels]

    def _value(self, at: float, ticks: list[tuple[float, float]]) -> float:
        (first, low), (last, high) = ticks[0], ticks[-1]
        share = (at - first) / (last - first)
        if self.name == "reduction":  # a scale of ratios
            return float(10 ** (log10(low) + share * (log10(high) - log10(low))))
        return low + share * (high - low)


@dataclass(frozen=True)
class Page:
    """A report's HTML."""

    html: str

    @cached_property
    def _read(self) -> _Tables:
        reader = _Tables()
        reader.feed(self.html)
        return reader

    @property
    def words(self) -> str:
        """All text that is seen."""
        return " ".join("".join(self._read.words).split())

    @property
    def captions(self) -> set[str]:
        """Of all tables."""
        return set(self._read.found)

    def table(self, caption: str, number: int = 0) -> list[list[str]]:
        """The rows under the headings."""
        return self._read.found[caption][number][1:]

    @cached_property
    def drawings(self) -> dict[str, Drawing]:
        """By name; one that stands on the front and again behind counts once."""
        found = {}
        for text in _SVG.findall(self.html):
            root = ET.fromstring(text)
            ids = [one.attrib["id"] for one in root.iter() if "--" in one.attrib.get("id", "")]
            name = ids[0].partition("--")[0]
            found[name] = Drawing(root, name)
        return found

    @property
    def marks(self) -> set[str]:
        """Every mark of every drawing, as `CHART--WHAT`."""
        return {f"{name}--{what}" for name, one in self.drawings.items() for what in one.marks}
