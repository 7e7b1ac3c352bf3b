"""What a study of sensors found, in sentences that claim no more than was shown.

The set that is told of was chosen among many by the same scores that are printed: it reads better than it is, and no
interval here allows for that. Where sets that hold all its sensors and more score clearly less, trainings are what
differs, and that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stillroom.evaluation.gain import Gain, paired_gain
from stillroom.report.charts_study import named
from stillroom.report.finding import loss_of
from stillroom.report.sources import StudySource
from stillroom.report.study_made import over
from stillroom.report.wording import between, many, number, points, score, units, upper

_CHOSEN = (
    "The best of many sets looks better than it is: the noise of a training chose among them as well, and no interval"
    " here allows for that."
)

Told = dict[str, Any]


def whole_of(rows: Sequence[Told]) -> Told | None:
    """The row of all sensors that any measured set holds; None where that was not measured."""
    every = {name for row in rows for name in row["sensors"]}
    return next((row for row in rows if len(row["sensors"]) == len(every)), None)


def is_best(rows: Sequence[Told], chosen: Told) -> bool:
    """Whether no set scored higher than the one that is told of."""
    return bool(chosen["truth"]["macro_f1"] >= max(row["truth"]["macro_f1"] for row in rows))


def finding(source: StudySource, chosen: Told) -> str:
    """The answer in one sentence: which set, what it reached, and what all sensors reached."""
    rows, whole = source.table["table"], whole_of(source.table["table"])
    sets, told = many(len(rows), "set"), f"{upper(named(chosen['sensors']))}"
    if is_best(rows, chosen):
        said = f"{told} scored highest of {sets}: {_scored(chosen)}"
    else:
        best = max(rows, key=lambda row: row["truth"]["macro_f1"])
        said = f"{told} scored {_scored(chosen)}: the cheapest of {sets} within a point of the highest, {_scored(best)}"
    if whole is not None and whole is not chosen:
        what = "place" if source.plan["asked"].get("by") == "site" else "sensor"
        said += f"; all {many(len(whole['sensors']), what)} scored {_scored(whole)}"
    return f"{said}, over {units(len(chosen['truth']['per_person']), over(source))}."


def sentences(source: StudySource, chosen: Told) -> list[str]:
    """What bounds the answer: the paired loss, the choice among many, larger sets that score less, the estimate."""
    whole, found = whole_of(source.table["table"]), []
    if whole is not None and whole is not chosen and (lost := _paired(source, chosen, whole)):
        found.append(loss_of(lost, "this set", "all sensors"))
    found.append(_CHOSEN)
    found += _larger(source, chosen)
    ours = (source.calibration.get("calibration") or {}).get("estimate")
    if ours:
        missed = f"the sets were missed by {points(ours['mae'])} points on average"
        found.append(f"Estimated before any training, {missed}.")
    return found


def _larger(source: StudySource, chosen: Told) -> list[str]:
    """Sets that hold all of its sensors and more, and score clearly less: who sees more can hardly know less."""
    held = set(chosen["sensors"])
    larger = [row for row in source.table["table"] if set(row["sensors"]) > held]
    lost = [gain for row in larger if (gain := _paired(source, row, chosen)) and gain.low is not None and gain.low > 0]
    if not lost:
        return []
    verb = "scores" if len(lost) == 1 else "score"
    most = points(max(gain.mean for gain in lost))
    return [
        f"{upper(number(len(lost)))} of {many(len(larger), 'larger set')} with these sensors in it {verb} clearly less,"
        f" by up to {most} points. Who sees more can hardly know less: that points to too little training, or to"
        " luck; the order of the sets is not settled."
    ]


def _paired(source: StudySource, one: Told, other: Told) -> Gain | None:
    """How much more the other set scores; None where not the same people were tested."""
    before, after = one["truth"]["per_person"], other["truth"]["per_person"]
    if set(before) != set(after):
        return None
    return paired_gain(before, after, units=over(source))


def _scored(row: Told) -> str:
    truth = row["truth"]
    return score(truth["macro_f1"]) + (f" ({between(truth)})" if truth["low"] is not None else "")
