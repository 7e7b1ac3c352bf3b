"""Drawings for paper: names are words, places are true, and nobody else's matplotlib is touched."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest

from stillroom.report.drawing import Sheet, Symbol, drawn, ticks, tints


def made() -> Sheet:
    sheet = Sheet("x", 120, 30, left=60)
    sheet.across(0, 1, [0, 0.5, 1], ["0", "0.5", "1"], "of $x$")
    sheet.rows(-0.5, 0.5)
    sheet.label(0, "$\\frac{1}{ <b>&\u202e 日本語")
    sheet.mark("m", 0.25, 0, Symbol.of("student"))
    return sheet


def test_names_are_neither_mathematics_nor_tags_nor_too_strange_to_draw() -> None:
    svg = drawn(made, 'says "<b>&"')
    words = ["".join(one.itertext()) for one in ET.fromstring(svg).iter() if one.tag == "text"]
    assert "of $x$" in words and any(word.startswith("$\\frac{1}{ <b>& ") for word in words)
    assert 'aria-label="says &quot;&lt;b>&amp;&quot;"' in svg


def test_equal_drawings_are_equal_bytes_and_leave_matplotlib_as_it_was() -> None:
    before = dict(mpl.rcParams)
    with mpl.rc_context({"font.size": 33, "savefig.bbox": "tight", "svg.fonttype": "path"}):
        strange = drawn(made, "same")
    assert drawn(made, "same") == strange and dict(mpl.rcParams) == before


def test_every_id_begins_with_the_drawings_name() -> None:
    root = ET.fromstring(drawn(made, "same"))
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    assert ids and all(one.startswith("x-") for one in ids) and "x--m" in ids


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (0.31, 0.97, [0.4, 0.6, 0.8]), (-0.2, 0.1, [-0.2, -0.1, 0.0, 0.1]),
     (0, 23_400, [0, 5_000, 10_000, 15_000, 20_000]), (0.5, 0.5, [0.5])],
)  # fmt: skip
def test_ticks_are_round_and_few(low: float, high: float, found: list[float]) -> None:
    assert ticks(low, high, 6) == pytest.approx(found)


def test_a_tint_of_nothing_is_paper_and_of_all_is_the_colour() -> None:
    assert tints("#ba3c06", 0) == "#ffffff" and tints("#ba3c06", 1) == "#ba3c06" and tints("#ba3c06", 9) == "#ba3c06"
