"""Drawings of what is taken for what, and of where two models differ in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.report.charts import WIDE
from stillroom.report.drawing import INK, MUTED, PAPER, SMALL_PT, Sheet, Symbol, drawn, tints
from stillroom.report.parts import Chart, Table
from stillroom.report.wording import called, clean, signed

_BY_NAME, _BY_NUMBER, _LARGEST = 12, 26, 40
_LONGEST = 40  # letters of a name at the head of a row: the table of activities has it whole

Told = dict[str, Any]


def confusion(report: Told, role: str) -> Chart:
    """What a model takes for what: shares of each row's windows, and the counts as a table."""
    counts = np.asarray(report[role]["confusion"], dtype=np.float64)
    shares = _shares(counts)
    name, colour = f"confusion-{role}", Symbol.of(role).colour
    alt = f"Confusion of the {called(role)}: {_worst(counts, report['classes'])}"
    svg = drawn(lambda: _matrix(name, shares, report["classes"], lambda value: tints(colour, value), "{:.0f}"), alt)
    table = _grid(report["classes"], counts, lambda value: f"{int(value)}", "Counts of windows")
    return Chart(name, svg, f"What the {called(role)} takes for what", alt, "Per cent of each row's windows; rows are"
                 " what was done, columns what it said.",
                 table)  # fmt: skip


def change(report: Told, before: str, after: str) -> Chart:
    """Where one model says something else than another, in points of each row."""
    first, last = (_shares(np.asarray(report[role]["confusion"], dtype=np.float64)) for role in (before, after))
    moved = last - first
    name = f"change-{after}-{before}"
    most, least = Symbol.of(after).colour, Symbol.of(before).colour

    def shade(value: float) -> str:
        return tints(most if value > 0 else least, min(1.0, abs(value) / 0.3) * 0.85)

    alt = f"How much more of each activity's windows the {called(after)} calls so than the {called(before)}"
    svg = drawn(lambda: _matrix(name, moved, report["classes"], shade, "{:+.0f}"), alt)
    table = _grid(report["classes"], moved, lambda value: signed(100 * value, 1), "Differences in points")
    return Chart(name, svg, f"What the {called(after)} says otherwise than the {called(before)}", alt,
                 "Points of each row: above zero said more often, below zero less often. Off the diagonal, more is"
                 " worse.", table)  # fmt: skip


def _matrix(name: str, shares: NDArray[np.float64], classes: Sequence[str], shade: Any, form: str) -> Sheet:
    many = len(classes)
    cell = min(8.5, (WIDE - 66) / many)
    sheet = Sheet(name, WIDE, 24 + cell * many, left=44, right=WIDE - 44 - cell * many, top=22, bottom=2)
    sheet.axes.set_xlim(-0.5, many - 0.5)
    sheet.axes.set_xticks([])
    sheet.rows(-0.5, many - 0.5)
    size = min(SMALL_PT, 0.75 * cell / 25.4 * 72 / 2)
    for row, done in enumerate(classes):
        sheet.label(row, done)
        sheet.text(row - 0.15, -0.75, clean(done, 20), align="left", size=SMALL_PT, turned=True, colour=MUTED)
        for column in range(many):
            value = float(shares[row, column])
            sheet.cell(f"r{row}--c{column}", column, row, shade(value))
            if abs(value) >= 0.005:
                ink = PAPER if abs(value) > (0.55 if form == "{:.0f}" else 0.25) else INK
                sheet.text(column, row, form.format(100 * value).replace("-", "\N{MINUS SIGN}"), size=size, colour=ink,
                           what=f"r{row}--c{column}--said")  # fmt: skip
    return sheet


def _grid(classes: Sequence[str], values: NDArray[np.float64], said: Callable[[float], str], caption: str) -> Table:
    """The matrix as a table; of many classes the columns bear numbers, of very many the largest cells are listed."""
    if len(classes) > _BY_NUMBER:
        cells = [(row, column) for row in range(len(classes)) for column in range(len(classes)) if row != column]
        cells.sort(key=lambda cell: -abs(float(values[cell])))
        names = [clean(one, _LONGEST) for one in classes]
        rows = [[names[a], names[b], said(float(values[a, b]))] for a, b in cells[:_LARGEST]]
        return Table(("done", "said", f">the {_LARGEST} largest"), rows, caption=caption, small=True)
    many = len(classes) > _BY_NAME
    names = [str(number) if many else clean(one, 14) for number, one in enumerate(classes, start=1)]
    rows = [
        [f"{number} {clean(one, _LONGEST)}" if many else clean(one, _LONGEST), *map(said, line)]
        for number, (one, line) in enumerate(zip(classes, values.tolist(), strict=True), start=1)
    ]
    head = ("done, below; said, right", *(f">{name}" for name in names))
    return Table(head, rows, caption=caption, small=True)


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    totals = counts.sum(axis=1, keepdims=True)
    found: NDArray[np.float64] = counts / np.where(totals > 0, totals, 1)
    return found


def _worst(counts: NDArray[np.float64], classes: Sequence[str]) -> str:
    off = counts - np.diag(np.diag(counts))
    if not off.sum():
        return "no window was taken for anything else"
    done, said = divmod(int(off.argmax()), len(off))
    return f"most often {clean(classes[done])} is taken for {clean(classes[said])}, {off[done, said]:.0f} windows"
