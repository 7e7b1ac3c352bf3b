"""Drawings of what is saved: how many times less the student takes, and which assumption moves the money most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from stillroom.figures.amounts import MODELS, amount, count, runtime_of, size, times
from stillroom.report.costs import titled
from stillroom.report.drawing import INK, LINE, MUTED, SMALL_PT, Sheet, Symbol, drawn, ticks, tints
from stillroom.report.money import Savings, Swing
from stillroom.report.money import amount as money
from stillroom.report.pairs import pairs
from stillroom.report.parts import Chart, Table

_COUNTED = {
    "params": ("parameters", count), "macs": ("multiply-accumulates", count), "size_bytes": ("file", size),
    "activation_bytes": ("working memory", size),
}  # fmt: skip
_MOST = 7

Told = dict[str, Any]


def reduction(cost: Told, device: str, wide: float) -> Chart | None:
    """How many times as much the teacher takes, counts first, then the time on the device; None without both models.

    Args:
        cost: as `stillroom cost` told it.
        device: whose times are shown.
        wide: of the drawing, in mm.
    """
    rows = _ratios(cost, device)
    if not rows:
        return None
    high = max(ratio for *_, ratio in rows)

    def make() -> Sheet:
        sheet = Sheet("reduction", wide, 7.2 * len(rows) + 11, left=46, right=48)
        top = max(2.0, high) * 1.15
        steps = [10.0**power for power in range(int(math.log10(top)) + 1)]
        steps = steps if len(steps) > 2 else [1.0, *(one for one in (2, 5, 10, 20, 50, 100) if one <= top)]
        sheet.axes.set_xscale("log")
        sheet.axes.minorticks_off()
        sheet.across(0.9, top, steps, [f"{times(one)} ×" for one in steps])
        sheet.rows(-0.6, len(rows) - 0.4)
        for place, (key, title, how, said, ratio) in enumerate(rows):
            sheet.label(place, title, under=how)
            sheet.span(f"{key}--way", 1, ratio, place, LINE)
            sheet.mark(f"{key}--teacher", ratio, place, Symbol.of("teacher"))
            sheet.mark(f"{key}--student", 1, place, Symbol.of("student"))
            sheet.at_right(place, f"{times(ratio)} ×   ", what=f"{key}--times")
            sheet.axes.text(1.13, place, said, transform=sheet.axes.get_yaxis_transform(), va="center", color=MUTED,
                            size=SMALL_PT, clip_on=False)  # fmt: skip
        return sheet

    alt = "Teacher over student: " + "; ".join(f"{title} {times(ratio)}" for _, title, _, _, ratio in rows)
    lines = [[f"{title}, {how}" if how else title, said, times(ratio)] for _, title, how, said, ratio in rows]
    table = Table(("", ">teacher to student", ">times less"), lines, caption="Ratios")
    note = f"The student is 1. Times are those on {titled(device, cost)}; they need not follow the counts."
    return Chart("reduction", drawn(make, alt), "How many times less the student takes", alt, note, table)


def _ratios(cost: Told, device: str) -> list[tuple[str, str, str, str, float]]:
    found = []
    for key, (title, written) in _COUNTED.items():
        before, after = ((cost.get(model) or {}).get(key) for model in MODELS)
        if before and after:
            found.append((key, title, "", f"{written(before)} to {written(after)}", before / after))
    for pair in pairs(cost, device, "latency"):
        before, after = pair.values
        if before and after:
            said = f"{amount(before)} to {amount(after)} {pair.student['unit']}"
            title = f"time, {runtime_of(pair.runtime)}"
            found.append((f"latency-{pair.runtime}", title, pair.how, said, before / after))
    return found


def tornado(saved: Savings, swings: Sequence[Swing], wide: float, *, most: int = _MOST, name: str = "tornado") -> Chart:
    """One assumption at a time from its low to its high end: how far it moves what is saved.

    Args:
        saved: what is saved as assumed.
        swings: what moves most comes first.
        wide: of the drawing, in mm.
        most: so many are drawn, the others told in the table.
        name: that ids begin with.
    """
    shown, currency, base = swings[:most], saved.assumptions.currency, saved.total.saved
    ends = [base, 0.0, *(end for swing in shown for end in (swing.at_low, swing.at_high))]
    room = max(max(ends) - min(ends), 1.0)
    low, high = min(ends) - 0.03 * room, max(ends) + 0.03 * room

    def make() -> Sheet:
        sheet = Sheet(name, wide, 7.0 * len(shown) + 10.5, left=0.47 * wide, right=5, top=5, bottom=5.5)
        at = ticks(low, high, 4)
        sheet.across(low, high, at, [_short(one) for one in at])
        sheet.rows(-0.6, len(shown) - 0.4)
        sheet.upright("base", base, INK, dashed=False)
        sheet.text(base, -0.85, f"as assumed: {money(base, currency)}", size=SMALL_PT)
        for place, swing in enumerate(shown):
            line = swing.line
            sheet.label(place, line.name, under=f"{line.given.low:,g} to {line.given.high:,g} {line.unit}")
            colour = Symbol.of("student").colour
            sheet.bar(f"s{place}--low", base, swing.at_low, place, tints(colour, 0.35))
            sheet.bar(f"s{place}--high", base, swing.at_high, place, tints(colour, 0.8))
        return sheet

    alt = "; ".join(
        f"{one.line.name}: {money(one.at_low, currency)} to {money(one.at_high, currency)}" for one in swings
    )
    rows = [
        [one.line.name, f"{one.line.given.low:,g} to {one.line.given.high:,g} {one.line.unit}",
         money(one.at_low, currency), money(one.at_high, currency)]
        for one in swings
    ]  # fmt: skip
    head = ("assumption", "from its low to its high end", ">saved at its low end", ">saved at its high end")
    note = "Light: at the assumption's low end; full: at its high end; all others stand as assumed."
    return Chart(name, drawn(make, alt), "What moves the saving, one assumption at a time", alt, note,
                 Table(head, rows, caption="Savings at the ends of each assumption"))  # fmt: skip


def _short(value: float) -> str:
    """Money at a tick, in thousands or millions where it is much."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:g} M".replace("-", "\N{MINUS SIGN}")
    said = f"{value / 1e3:g} k" if abs(value) >= 1e4 else f"{value:,g}"
    return said.replace("-", "\N{MINUS SIGN}")
