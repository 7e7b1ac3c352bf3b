"""The money of a report: one sentence, one drawing, and every assumption in print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.report.charts_cost import tornado
from stillroom.report.money import CAVEATS, OURS, Assumptions, Savings, Swing, amount, savings, sentence
from stillroom.report.money import tornado as swings_of
from stillroom.report.parts import Chart, Section, Table
from stillroom.report.saved import saved_of
from stillroom.report.sources import Source
from stillroom.report.wording import clean, upper

READING = "Light: at its low end; full: at its high end. All assumptions: pages behind."
_ON_FRONT = 4


@dataclass(frozen=True)
class Money:
    """What fewer sensors save under some assumptions.

    Attributes:
        saved: part by part.
        swings: what moves it most comes first.
    """

    saved: Savings
    swings: Sequence[Swing]

    @property
    def sentence(self) -> str:
        """What is saved, in words."""
        return sentence(self.saved, self.swings)

    def front(self, wide: float) -> Chart | None:
        """The drawing of the front page; None where nothing moves it."""
        if not self.swings or not self.saved.dropped:
            return None
        return tornado(self.saved, self.swings, wide, most=_ON_FRONT, name="money")


def money_of(source: Source, kept: Sequence[str], assumed: Assumptions | None, device: str = "") -> Money:
    """What is saved where some sensors go.

    Args:
        source: what the report is about.
        kept: sensors that stay, where nothing can go.
        assumed: ours by default.
        device: where a measured energy decides how long batteries last.
    """
    saved = saved_of(source, assumed, device) or savings((), kept, assumed)
    return Money(saved, swings_of(saved))


def section(money: Money, wide: float) -> Section:
    """All of it: parts, swings, and each assumption with who made it."""
    saved, currency = money.saved, money.saved.assumptions.currency
    rows = [
        [upper(part.name), *(amount(value, currency) for value in (part.before, part.after, part.saved))]
        for part in (*saved.parts, saved.total)
    ]
    parts = Table(("part", ">with the teacher's sensors", ">with the student's", ">saved"), rows,
                  frozenset([len(rows) - 1]), caption="Costs by part")  # fmt: skip
    lines = [
        [line.name, f"{line.given.value:,g}", f"{line.given.low:,g} to {line.given.high:,g}", line.unit,
         OURS if line.ours else "given by the reader's side", line.key]
        for line in saved.lines
    ]  # fmt: skip
    assumed = Table(("assumption", ">value", ">low to high", "unit", "whose", "key"), lines, caption="Assumptions")
    charts = [tornado(saved, money.swings, wide, most=len(money.swings))] if money.swings and saved.dropped else []
    notes = [*CAVEATS, "Any of them can be changed: stillroom report RUN --to FILE --assume KEY=VALUE:LOW:HIGH."]
    if saved.energy is not None and saved.energy.source:
        notes.append(f"Battery life with the student follows from energies: {clean(saved.energy.source)}.")
    tables = [("What it costs over all years and workers", parts), ("Every assumption", assumed)]
    return Section("Money, under assumptions", "money", [money.sentence], charts, tables, notes)
