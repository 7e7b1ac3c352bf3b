"""A run's report: its front page, its evidence in order, and what a script reads of it."""

from __future__ import annotations

from typing import Any

from stillroom.report import evidence, evidence_made, evidence_why, saving
from stillroom.report.assumptions import Assumptions
from stillroom.report.charts import WIDE
from stillroom.report.costs import device_of, titled
from stillroom.report.finding import goes, shown
from stillroom.report.front import front_of
from stillroom.report.parts import Front, Section
from stillroom.report.sources import RunSource


def front_and_sections(
    source: RunSource, device: str, assumed: Assumptions | None
) -> tuple[Front, list[Section], dict[str, Any]]:
    """All of it.

    Args:
        source: the run.
        device: that was asked for.
        assumed: about money.

    Raises:
        InputError: the run holds no figure of that device.
    """
    chosen = device_of(source.cost, device)
    kept, dropped = goes(source.report)
    money = saving.money_of(source, kept, assumed, chosen)
    front = front_of(source, chosen, money)
    sections = [*evidence.sections(source)]
    if source.cost is not None:
        sections.append(evidence_made.cost_section(source, chosen))
    sections += evidence_why.sections(source)
    if dropped:
        sections.append(saving.section(money, WIDE))
    sections += [
        evidence_made.untested_section(front.untested, evidence_made.basis(source)),
        evidence_made.folds_section(source),
        evidence_made.course_section(source),
        evidence_made.made_section(source),
    ]
    told = {
        "of": "run", "name": source.name, "model": shown(source.report), "kept": list(kept), "dropped": list(dropped),
        "device": titled(chosen, source.cost) if chosen else None, "money": money.saved.as_dict(),
    }  # fmt: skip
    return front, sections, told
