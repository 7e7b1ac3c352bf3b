"""The one table of a study: a row for each combination, compared with the first person by person.

A combination's score is the mean over people of the student's macro-F1, each person's seeds averaged first; it is
compared on the seeds and the people that both have. Intervals go over people, p values are the exact sign-flip test's,
corrected by Holm over all combinations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.evaluation.gain import Gain, paired_gain
from stillroom.evaluation.significance import holm, interval
from stillroom.studies.plan import Plan
from stillroom.studies.scores import Found

Row = dict[str, Any]
_SIZES = ("channels", "params", "macs", "size_bytes")


def build_rows(plan: Plan, reports: Mapping[str, dict[str, Any]]) -> list[Row]:
    """The table.

    Args:
        plan: of the study.
        reports: by the run's name; one that is missing has failed.
    """
    found = found_by_cell(plan, reports)
    planned = Counter(run.cell for run in plan.runs)
    compared = _against_first(found)
    rows = []
    for number, (cell, one) in enumerate(zip(plan.cells, found, strict=True)):
        counts = {"runs": planned[number], "done": len(one.reports), "seeds": sorted(one.reports)}
        head = {"cell": cell.name, "settings": cell.settings, **counts}
        rows.append({**head, **_scores(one), "against_first": compared[number]})
    front = _front(rows)
    return [{**row, "on_front": number in front} for number, row in enumerate(rows)]


def found_by_cell(plan: Plan, reports: Mapping[str, dict[str, Any]]) -> list[Found]:
    """The finished runs of each combination."""
    return [
        Found({run.seed: reports[run.id] for run in plan.runs if run.cell == number and run.id in reports})
        for number in range(len(plan.cells))
    ]


def _scores(found: Found) -> Row:
    names = ("n", "units", "macro_f1", "low", "high", "per_person", "seed_sd", "teacher", "alone", "gain", *_SIZES)
    if not found.reports:
        return dict.fromkeys(names)
    first = found.first
    people = found.of("student")
    mean, low, high = interval(list(people.values()), possible=(0.0, 1.0))
    gain = paired_gain(found.of("alone"), people, units=first["units"])
    values = [len(people), first["units"], mean, low, high, people, found.spread_over_seeds("student")]
    values += [_mean(found.of("teacher")), _mean(found.of("alone")), gain.as_dict()]
    return dict(zip(names, [*values, *(first["student"][name] for name in _SIZES)], strict=True))


def _against_first(found: Sequence[Found]) -> list[Row | None]:
    """Each combination's student against the first one's; None for the first, and where no seed is common."""
    gains: dict[int, Gain] = {}
    for number, one in enumerate(found):
        seeds = sorted(set(one.reports) & set(found[0].reports))
        if number and seeds:
            first, other = found[0].of("student", seeds), one.of("student", seeds)
            both = sorted(set(first) & set(other))
            if both:
                pair = ({name: first[name] for name in both}, {name: other[name] for name in both})
                gains[number] = paired_gain(*pair, units=one.first["units"])
    adjusted = dict(zip(gains, holm([gain.p for gain in gains.values()]), strict=True))
    return [
        {**gains[number].as_dict(), "sentence": gains[number].sentence("it"), "p_holm": adjusted[number]}
        if number in gains
        else None
        for number in range(len(found))
    ]


def _front(rows: Sequence[Row]) -> set[int]:
    """Rows that no other beats: as good a score with as few channels, MACs and bytes, and better in one of them."""
    points = {
        number: (-row["macro_f1"], row["channels"], row["macs"], row["size_bytes"])
        for number, row in enumerate(rows)
        if row["macro_f1"] is not None
    }
    return {
        number
        for number, ours in points.items()
        if not any(all(a <= b for a, b in zip(theirs, ours, strict=True)) and theirs != ours
                   for theirs in points.values())
    }  # fmt: skip


def _mean(people: Mapping[str, float]) -> float:
    return sum(people.values()) / len(people)
