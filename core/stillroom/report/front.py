"""The front page of a run's report: what was found, for the person who decides."""

from __future__ import annotations

from stillroom.figures.amounts import size
from stillroom.report import private
from stillroom.report.body import body, by_site
from stillroom.report.charts import scores
from stillroom.report.costs import COUNTED, MEASURED, front_table, one_unit, source_note, time_tile
from stillroom.report.finding import (
    ALONE,
    STUDENT,
    TEACHER,
    badges,
    finding,
    goes,
    loss_in_short,
    paired,
    sentences,
    shown,
)
from stillroom.report.parts import Front, Tile
from stillroom.report.saving import READING, Money
from stillroom.report.sources import RunSource
from stillroom.report.untested import untested
from stillroom.report.wording import between, clean, score, sensors_of, units

_HALF = 88.0  # of a column on the front page, in mm


def front_of(source: RunSource, device: str, money: Money) -> Front:
    """The front page.

    Args:
        source: the run.
        device: that costs are told for; empty where nothing was measured.
        money: what is saved, under assumptions.
    """
    report = source.report
    kept, dropped = goes(report)
    roles = [role for role in (TEACHER, STUDENT, ALONE) if report.get(role)] or [shown(report)]
    own = shown(report)
    roles = roles if own in roles else [*roles, own]
    both = bool(report.get(TEACHER)) and own != TEACHER
    return Front(
        kicker="Which sensors can go, and what it costs",
        title=clean(report["data_title"], 80),
        finding=finding(report),
        more=sentences(report),
        badges=badges(report, demo=source.demo),
        tiles=_tiles(source, device),
        body=body(kept, dropped),
        kept=by_site(kept),
        dropped=by_site(dropped),
        scores=scores(report, roles, wide=_HALF),
        cost=front_table(report, source.cost, device, own) if both else None,
        cost_note=source_note(source.cost, device) if both else "One model only: nothing to compare its cost with.",
        money=money.sentence if dropped else "No sensor goes, so none is saved.",
        tornado=money.front(_HALF),
        privacy=private.line(dropped, kept, source.explained.get("privacy")),
        untested=untested(source, device),
        money_note=READING if money.swings else "",
        foot=f"run {clean(source.name, 60)}",
    )


def _tiles(source: RunSource, device: str) -> list[Tile]:
    """Sensors, score, file and time: the teacher's beside the student's."""
    report, role = source.report, shown(source.report)
    own, teacher = report[role], report.get(TEACHER) if role != TEACHER else None
    sensors = sensors_of(report["student_view"] if role != TEACHER else report["teacher_view"])
    first = teacher or {}
    before = str(len(sensors_of(report["teacher_view"]))) if teacher else ""
    many = f"{first['channels']} channels to {own['channels']}" if teacher else f"{own['channels']} channels"
    tiles = [Tile("Sensors", before, str(len(sensors)), many, COUNTED)]
    lost = paired(report, role, TEACHER) if teacher else None
    note = f"{loss_in_short(lost)}, {units(lost.n, lost.units)}" if lost else f"macro-F1, {between(own)}"
    tiles.append(Tile("Score", score(first["macro_f1"]) if teacher else "", score(own["macro_f1"]), note, MEASURED))
    heavy = one_unit(size(first["size_bytes"]), size(own["size_bytes"])) if teacher else ("", size(own["size_bytes"]))
    tiles.append(Tile("File", *heavy, "weights, 32-bit", COUNTED))
    time = time_tile(source.cost, device) if teacher else None
    return [*tiles, time] if time else tiles
