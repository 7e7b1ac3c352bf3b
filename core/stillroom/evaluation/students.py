"""Students of several runs beside each other: each against the first, person by person, with Holm over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stillroom.base.errors import InputError
from stillroom.evaluation.gain import Gain, paired_gain
from stillroom.evaluation.significance import holm
from stillroom.runs.query import differences
from stillroom.runs.store import Run

STUDENT = "student"
_TOLD = ("macro_f1", "low", "high", "channels", "params", "macs")


def compare_students(runs: Sequence[Run]) -> dict[str, Any]:
    """What a script reads: `baseline`, and a row for each run with its `against_first`; None for the first.

    Args:
        runs: finished ones, two or more; the first is what the others are compared with.

    Raises:
        InputError: fewer than two, one that is not done or has no student, or runs that tested different people,
            windows or data.
    """
    if len(runs) < 2:
        raise InputError("comparing takes two runs or more", mend="Name their folders one after the other")
    reports = [run.report for run in runs]
    for run, report in zip(runs, reports, strict=True):
        if report[STUDENT] is None:
            raise InputError(
                "this run has no student to compare", where=str(run.folder), mend="Compare runs that teach one"
            )
    for run in runs[1:]:
        if apart := differences(runs[0], run):
            raise InputError(
                f"the runs tested different people or windows: {apart[0]}",
                where=f"{runs[0].folder} and {run.folder}",
                mend="Compare runs of the same data, windows and protocol",
            )
    first, *others = reports
    gains = [paired_gain(first[STUDENT]["per_person"], r[STUDENT]["per_person"], units=r["units"]) for r in others]
    adjusted = holm([gain.p for gain in gains])
    rows = [_row(first, None, None)]
    rows += [_row(*found) for found in zip(others, gains, adjusted, strict=True)]
    return {"baseline": first["run"], "runs": rows}


def _row(report: dict[str, Any], gain: Gain | None, adjusted: float | None) -> dict[str, Any]:
    student = report[STUDENT]
    told = gain.as_dict() | {"p_holm": adjusted, "sentence": gain.sentence("it")} if gain else None
    return {
        "run": report["run"],
        "recipe": report["recipe"],
        "student_view": report["student_view"],
        **{key: student[key] for key in _TOLD},
        "against_first": told,
    }
