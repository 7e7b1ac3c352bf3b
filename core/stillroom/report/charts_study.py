"""Drawings of studies: sets of sensors by price, estimates against what was measured, gains of settings, ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.evaluation.front import front
from stillroom.report.charts import WIDE
from stillroom.report.drawing import INK, MUTED, Sheet, Symbol, drawn, ticks
from stillroom.report.parts import Chart, Table
from stillroom.report.wording import between, clean, listed, p_value, score, signed, spoken

Told = Mapping[str, Any]
_LEAST_ROOM, _LABELS = 0.02, 20


def named(sensors: Sequence[str]) -> str:
    """A set of sensors in words."""
    return listed([spoken(one) for one in sensors])


def by_price(rows: Sequence[Told], chosen: Told, wide: float) -> Chart:
    """Every measured set by its price points, the best for their price as steps, and the one that is told of.

    Args:
        rows: of `table.json` of a study of sensors.
        chosen: one of them.
        wide: of the drawing, in mm.
    """
    prices, scores = [row["price"] for row in rows], [row["truth"]["macro_f1"] for row in rows]
    best = front(prices, scores)
    xs, ys = [prices[at] for at in best], [scores[at] for at in best]
    low, high, room = min(scores), max(scores), max(max(scores) - min(scores), 0.05)
    colour = Symbol.of("alone").colour

    def make() -> Sheet:
        sheet = Sheet("price", wide, 50, left=14, right=4, top=3)
        last = 1.06 * max(prices)
        at = ticks(0, last, 7)
        sheet.across(0, last, at, [f"{one:g}" for one in at], "price points")
        sheet.up(low - 0.08 * room, high + 0.12 * room, ticks(low, high, 5), "measured macro-F1")
        sheet.step("front", [*xs, last], [*ys, ys[-1]], INK)
        for number, row in enumerate(rows):
            picked = row is chosen
            symbol = Symbol("#ba3c06" if picked else colour, "o", picked or number in best)
            sheet.mark(f"set{number}", row["price"], row["truth"]["macro_f1"], symbol, size=8 if picked else 4.5)
        return sheet

    alt = (
        f"{len(rows)} sets of sensors by price; told of is {named(chosen['sensors'])},"
        f" {score(chosen['truth']['macro_f1'])}"
    )
    note = "Filled: nothing as cheap was measured to score as well. Large: the set told of. Points are no money."
    return Chart("price", drawn(make, alt), "What each set of sensors reaches", alt, note)


def against_truth(rows: Sequence[Told], calibration: Told) -> Chart:
    """What one network estimated of each set, against what a student trained on it reached."""
    values = [row[of]["macro_f1"] for row in rows for of in ("truth", "estimate")]
    low, high = min(values) - 0.03, min(1.0, max(values) + 0.03)
    symbol = Symbol("#ba3c06", "o", True)

    def make() -> Sheet:
        sheet = Sheet("truth", WIDE, 92, left=24, right=WIDE - 24 - 80, top=3)
        at = ticks(low, high, 6)
        sheet.across(low, high, at, [f"{one:g}" for one in at], "estimated before anything was trained (macro-F1)")
        sheet.up(low, high, at, "measured (macro-F1)")
        sheet.line("equal", [low, high], [low, high], MUTED, dashed=True)
        for number, row in enumerate(rows):
            sheet.mark(f"set{number}", row["estimate"]["macro_f1"], row["truth"]["macro_f1"], symbol, size=5)
        return sheet

    ours = calibration["estimate"]
    alt = f"Over {ours['n']} sets the estimate misses what was measured by {score(ours['mae'], 3)} on average"
    note = "On the dashed line the estimate was right; above it more was measured than was estimated."
    return Chart("truth", drawn(make, alt), alt, alt, note, _reliability(calibration))


def _reliability(calibration: Told) -> Table:
    titles = {"estimate": "one network, any set", "forest": "a forest for each set", "count": "number of sensors"}
    rows = [
        [titles.get(name, clean(name)), _rho(one["rho_within"]), _rho(one["rho"]),
         "" if name == "count" else score(one["mae"], 3), score(one["mae_calibrated"], 3)]
        for name, one in calibration.items()
    ]  # fmt: skip
    head = ("estimator", ">rank correlation within a size", ">over all sets", ">mean error", ">calibrated")
    return Table(head, rows, caption="How far estimates can be believed")


def _rho(rho: Told) -> str:
    if rho["value"] is None:
        return "none"
    return score(rho["value"]) + ("" if rho["low"] is None else f" ({between(rho)})")


def gains(rows: Sequence[Told], wide: float, name: str = "gains") -> Chart:
    """What each setting adds to the first one's student: mean, interval, and every person.

    Args:
        rows: of `table.json`; the first is what the others are compared with.
        wide: of the drawing, in mm.
        name: that ids begin with.
    """
    shown = [(number, row) for number, row in enumerate(rows) if row["against_first"]]
    shown.sort(key=lambda pair: -pair[1]["against_first"]["mean"])
    people = [value for _, row in shown for value in row["against_first"]["per_person"].values()]
    edges = [row["against_first"][edge] for _, row in shown for edge in ("low", "high", "mean")]
    seen = [0.0, *people, *(edge for edge in edges if edge is not None)]
    room = max(max(seen) - min(seen), _LEAST_ROOM)
    low, high = min(seen) - 0.04 * room, max(seen) + 0.04 * room
    symbol = Symbol.of("student")

    def make() -> Sheet:
        sheet = Sheet(name, wide, 6.6 * len(shown) + 11, left=58, right=16)
        at = ticks(low, high, 7)
        sheet.across(low, high, at, [signed(one, 2) for one in at], "macro-F1 gained")
        sheet.rows(-0.6, len(shown) - 0.4)
        sheet.upright("zero", 0.0)
        for place, (number, row) in enumerate(shown):
            gain = row["against_first"]
            sheet.label(place, row["cell"])
            for person, value in enumerate(gain["per_person"].values()):
                sheet.dot(f"r{number}--p{person}", value, place + 0.27, symbol.colour)
            if gain["low"] is not None:
                sheet.span(f"r{number}--interval", gain["low"], gain["high"], place - 0.12, symbol.colour)
            sheet.mark(f"r{number}--mean", gain["mean"], place - 0.12, symbol, size=5.5)
            sheet.at_right(place, signed(gain["mean"]))
        return sheet

    first = rows[0]
    alt = "; ".join(f"{clean(row['cell'])} {signed(row['against_first']['mean'])}" for _, row in shown)
    note = (
        f"Against {clean(first['cell'], 60)} ({score(first['macro_f1'], 3)}), on the same people and seeds. Mark: mean;"
        " line: 95 % interval over people, not corrected for their number; dots: people."
    )
    return Chart(name, drawn(make, alt), "What each setting adds", alt, note, _gain_table(rows))


def _gain_table(rows: Sequence[Told]) -> Table:
    body = []
    for row in rows:
        gain = row["against_first"] or {"mean": None, "low": None, "high": None, "p_holm": None, "n": None}
        scored = row["macro_f1"] is not None
        body.append([
            clean(row["cell"]), score(row["macro_f1"], 3), between(row, 3) if scored else "not finished",
            "the first" if row is rows[0] else signed(gain["mean"]),
            "" if gain["mean"] is None else between(gain, 3, sign=True),
            "" if gain["mean"] is None else p_value(gain["p_holm"]), str(row["n"] or ""),
        ])  # fmt: skip
    head = ("setting", ">macro-F1", ">95 % interval", ">gain", ">95 % interval", ">p by Holm", ">n")
    return Table(head, body, caption="Settings")


def ranks(entries: Sequence[Told], wide: float) -> Chart:
    """Mean rank of each method over data sets, and its rank in each."""
    sets = list(entries[0]["scores"])
    symbol = Symbol("#173069", "s", True)

    def make() -> Sheet:
        sheet = Sheet("ranks", wide, 5.2 * len(entries) + 11, left=58, right=14)
        last = len(entries) + 0.5
        at = [one for one in ticks(1, last, 8) if one >= 1 and one == int(one)]
        sheet.across(0.5, last, at, [f"{one:g}" for one in at], "rank, 1 is best")
        sheet.rows(-0.6, len(entries) - 0.4)
        for place, entry in enumerate(entries):
            sheet.label(place, entry["method"])
            for number, task in enumerate(sets):
                sheet.dot(f"m{place}--d{number}", entry["ranks"][task], place + 0.24, symbol.colour)
            sheet.mark(f"m{place}--mean", entry["mean_rank"], place - 0.1, symbol, size=5.5)
            sheet.at_right(place, f"{entry['mean_rank']:.1f}")
        return sheet

    rows = [
        [clean(entry["method"]), f"{entry['mean_rank']:.1f}",
         *(f"{score(entry['scores'][task], 3)} ({_gained(entry['gains'][task])})" for task in sets)]
        for entry in entries
    ]  # fmt: skip
    head = ("method", ">mean rank", *(f">{clean(task)}: macro-F1 (gain)" for task in sets))
    alt = "Mean ranks: " + "; ".join(f"{clean(one['method'])} {one['mean_rank']:.1f}" for one in entries)
    note = "Mark: mean over data sets; dots: each one. A rank says which of two is better, not by how much."
    table = Table(head, rows, caption="Ranks", small=len(sets) > 2)
    return Chart("ranks", drawn(make, alt), "How the methods rank", alt, note, table)


def _gained(gain: Told | None) -> str:
    return "the first" if gain is None else f"{signed(gain['mean'])}, {between(gain, 3, sign=True)}"
