"""Drawings of what a run's models reach: by model, by person, by activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.evaluation.gain import Gain
from stillroom.report.drawing import LINE, Sheet, Symbol, drawn, ticks
from stillroom.report.parts import Chart, Table
from stillroom.report.wording import between, called, clean, score, sensors_of, signed, title_of

WIDE = 180.0  # of a page's column, in mm
_LEAST_ROOM = 0.05
_ROW = 11.2  # of a model among the scores, in mm

Told = dict[str, Any]


def scores(report: Told, roles: Sequence[str], *, wide: float, name: str = "scores") -> Chart:
    """What each model reaches: mean, interval, and every person as a dot.

    Args:
        report: as in `report.json`.
        roles: from top to bottom.
        wide: of the drawing, in mm.
        name: that ids begin with.
    """
    low, high = _reach(report, roles)

    def make() -> Sheet:
        sheet = Sheet(name, wide, _ROW * len(roles) + 10, left=36, right=11)
        sheet.across(low, high, ticks(low, high, 6), [f"{at:g}" for at in ticks(low, high, 6)], "score (macro-F1)")
        sheet.rows(-0.5, len(roles) - 0.5)
        for place, role in enumerate(roles):
            model, symbol = report[role], Symbol.of(role)
            sheet.label(place, title_of(role), under=_of_what(report, role))
            for number, value in enumerate(model["per_person"].values()):
                sheet.dot(f"{role}--p{number}", value, place + 0.24, symbol.colour)
            if model["low"] is not None:
                sheet.span(f"{role}--interval", model["low"], model["high"], place - 0.1, symbol.colour)
            sheet.mark(f"{role}--mean", model["macro_f1"], place - 0.1, symbol)
            sheet.at_right(place - 0.1, score(model["macro_f1"]))
        return sheet

    alt = "; ".join(f"{called(role)} {score(report[role]['macro_f1'])} ({between(report[role])})" for role in roles)
    rows = [[title_of(role), score(report[role]["macro_f1"], 3), between(report[role], 3)] for role in roles]
    note = f"Mark: mean; line: its 95 % interval; dots: {report['units']}."
    return Chart(name, drawn(make, alt), "What each model reaches", alt, note,
                 Table(("model", ">macro-F1", ">95 % interval"), rows, caption="Scores by model"))  # fmt: skip


def people(report: Told, roles: Sequence[str], differences: Mapping[str, Gain]) -> Chart:
    """A row for each person, a mark for each model; who loses most by the first one's going stands on top.

    Args:
        report: as in `report.json`.
        roles: whose marks; rows are ordered by the first's lead over the last.
        differences: paired ones that stand as columns beside the scores, by their heading.
    """
    by = {role: report[role]["per_person"] for role in roles}
    names = sorted(by[roles[0]], key=lambda who: (by[roles[-1]][who] - by[roles[0]][who], str(who)))
    order = {who: number for number, who in enumerate(by[roles[0]])}
    low, high = _room([value for scores in by.values() for value in scores.values()])

    def make() -> Sheet:
        sheet = Sheet("people", WIDE, 5.6 * len(names) + 11, left=32, right=17)
        sheet.across(low, high, ticks(low, high, 8), [f"{at:g}" for at in ticks(low, high, 8)], "macro-F1")
        sheet.rows(-0.6, len(names) - 0.4)
        for place, who in enumerate(names):
            sheet.label(place, who)
            first, last = by[roles[0]][who], by[roles[-1]][who]
            if len(roles) > 1:
                sheet.span(f"p{order[who]}--way", first, last, place, LINE)
                sheet.at_right(place, signed(last - first), what=f"p{order[who]}--change")
            for role in reversed(roles):
                sheet.mark(f"{role}--p{order[who]}", by[role][who], place, Symbol.of(role))
        return sheet

    unit = "stretch" if report["units"] == "stretches" else "person"
    head = (unit, *(f">{called(role)}" for role in roles), *(f">{name}" for name in differences))
    rows = [
        [clean(who), *(score(by[role][who], 3) for role in roles),
         *(signed(gain.per_person.get(who)) for gain in differences.values())]
        for who in names
    ]  # fmt: skip
    alt = _alt_people(names, by, roles)
    ends = f" At the right: the {called(roles[-1])}'s score less the {called(roles[0])}'s." if len(roles) > 1 else ""
    return Chart("people", drawn(make, alt), f"Each {unit}'s score", alt, f"{legend(roles)}{ends}",
                 Table(head, rows, caption=f"Scores of each {unit}"))  # fmt: skip


def _alt_people(names: Sequence[str], by: Mapping[str, Mapping[str, float]], roles: Sequence[str]) -> str:
    if len(roles) < 2:
        return "; ".join(f"{clean(who)} {score(by[roles[0]][who])}" for who in names)
    worse = sum(by[roles[-1]][who] < by[roles[0]][who] for who in names)
    return f"{worse} of {len(names)} score less with the {called(roles[-1])} than with the {called(roles[0])}"


def activities(report: Told, roles: Sequence[str]) -> Chart:
    """F1 of each activity, the one that loses most on top."""
    by = {role: report[role]["per_class"] for role in roles}
    names = [name for name in report["classes"] if all(by[role].get(name) is not None for role in roles)]
    names.sort(key=lambda name: by[roles[-1]][name] - by[roles[0]][name])
    order = {name: number for number, name in enumerate(report["classes"])}
    counts = report["windows"]["per_class"]

    def make() -> Sheet:
        sheet = Sheet("activities", WIDE, 5.6 * len(names) + 11, left=44, right=17)
        sheet.across(0, 1, ticks(0, 1, 6), [f"{at:g}" for at in ticks(0, 1, 6)], "F1, mean over " + report["units"])
        sheet.rows(-0.6, len(names) - 0.4)
        for place, name in enumerate(names):
            sheet.label(place, name)
            first, last = by[roles[0]][name], by[roles[-1]][name]
            if len(roles) > 1:
                sheet.span(f"c{order[name]}--way", first, last, place, LINE)
                sheet.at_right(place, signed(last - first, 2))
            for role in reversed(roles):
                sheet.mark(f"{role}--c{order[name]}", by[role][name], place, Symbol.of(role))
        return sheet

    head = ("activity", ">windows", *(f">{called(role)}" for role in roles))
    rows = [
        [clean(name), f"{counts.get(name, 0):,}", *(score(by[role].get(name), 3) for role in roles)]
        for name in report["classes"]
    ]
    alt = f"Most is lost on {clean(names[0])}" if names and len(roles) > 1 else "F1 of each activity"
    return Chart("activities", drawn(make, alt), "Which activities need the sensors that are gone"
                 if len(roles) > 1 else "Each activity", alt, legend(roles),
                 Table(head, rows, caption="F1 of each activity"))  # fmt: skip


def legend(roles: Sequence[str]) -> str:
    """What the marks are, in words, since a drawing on paper has no hover."""
    marks = {"s": "square", "o": "disc", "D": "diamond", "^": "triangle"}
    said = []
    for role in roles:
        symbol = Symbol.of(role)
        shape = marks.get(symbol.marker, "mark")
        said.append(f"{called(role)}: {'filled' if symbol.filled else 'open'} {shape}")
    sentence = "; ".join(said)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _of_what(report: Told, role: str) -> str:
    view = report["teacher_view"] if role in ("teacher", "semantic") else report["student_view"]
    sensors = len(sensors_of(view))
    return f"{sensors} sensor{'s' * (sensors != 1)}, {report[role]['channels']} channels"


def _reach(report: Told, roles: Sequence[str]) -> tuple[float, float]:
    seen = [
        value
        for role in roles
        for value in (report[role]["low"], report[role]["high"], *report[role]["per_person"].values())
        if value is not None
    ]
    return _room([*seen, *(report[role]["macro_f1"] for role in roles)])


def _room(seen: Sequence[float]) -> tuple[float, float]:
    room = max(max(seen) - min(seen), _LEAST_ROOM)
    return max(0.0, min(seen) - 0.06 * room), min(1.0, max(seen) + 0.06 * room)
