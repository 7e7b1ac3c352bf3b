"""What was measured for a set of sensors, and the commands that would measure it.

The truth of a set is what a student scored that was trained on it: in a study of sensors, alone; in a run whose
student sees these channels and no others, alone and with its teacher.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stillroom.evaluation.significance import Interval
from stillroom_app.services import listing, workspace
from stillroom_app.services.estimates import Estimates, same_data
from stillroom_app.services.sensor_studies import SensorStudy
from stillroom_app.services.sensors import Sensor, spoken, view_of, words_of
from stillroom_app.services.workspace import Entry, Whose

_AT_MOST, _LONGEST = 31, 40
_STUDENTS = {"student": "student, distilled", "alone": "student, alone"}


@dataclass(frozen=True)
class Measured:
    """A score that a trained student reached with a set of sensors.

    Attributes:
        role: whose: `alone`, or `student` with its teacher.
        score: macro-F1 over people.
        where: the run or study, as in an address.
        kind: which of the two.
        whose: the person's own, or the demo's.
        fast: it was made with the fast setting.
    """

    role: Literal["alone", "student"]
    score: Interval
    where: str
    kind: Literal["run", "study"]
    whose: Whose
    fast: bool


def of_set(
    kept: Collection[str], sensors: Sequence[Sensor], studies: Sequence[SensorStudy], runs: Sequence[Entry]
) -> list[Measured]:
    """All that was measured for a set of sensors, in studies and runs on the same data, studies first.

    The demo's are left out where there is something of one's own.
    """
    found = [_of_study(one, kept, sensors) for one in studies]
    told = [score for run in runs for score in _of_run(run, kept)]
    there = [*(one for one in found if one is not None), *told]
    return [one for one in there if one.whose == "yours"] or there


def trained(source: str, studies: Sequence[SensorStudy]) -> list[Entry]:
    """The finished runs on a data set that trained a student; those that a study of sensors made are its own."""
    inside = tuple(f"{one.name}/" for one in studies)
    listed = [one for one in listing.finished() if not one.name.startswith(inside) and "alone" in one.models]
    return [one.entry for one in listed if same_data(one.asked["data"], source)]


def distil_words(
    kept: Collection[str], sensors: Sequence[Sensor], source: str, like: Estimates | None, *, fast: bool
) -> list[str]:
    """The words that distil a student with a set, made as the run that the estimate comes from.

    Args:
        kept: the set.
        sensors: of the data set.
        source: SOURCE.
        like: whose protocol and seed are taken over, and whose teacher where it is the person's own TSAK.
        fast: the small setting.
    """
    words = ["distil", "tsak", "--data", source, "--teacher-view", "*", "--student-view", view_of(kept, sensors)]
    asked: dict[str, Any] = dict(like.asked) if like else {}
    if protocol := asked.get("protocol"):
        words += ["--protocol", str(protocol)]
    words += ["--fast"] * fast
    same = asked.get("recipe") == "tsak" and bool(asked.get("fast")) == fast and asked.get("teacher_view") == "*"
    if like and like.kind == "run" and like.whose == "yours" and same:
        words += ["--seed", str(asked.get("seed", 0)), "--teacher", str(workspace.entry(like.name).run.folder)]
    return [*words, "--run", str(_free(workspace.root() / f"tsak-{_slug(kept, sensors)}"))]


def study_words(
    data: str, source: str, sensors: Sequence[Sensor], by: str, like: Estimates | None, *, fast: bool
) -> list[str]:
    """The words that measure many sets of a data set, each by a training of its own.

    Args:
        data: its name.
        source: SOURCE.
        sensors: its sensors.
        by: what is left out together, `sensor` or `site`.
        like: whose protocol is taken over.
        fast: the small setting.
    """
    groups = {sensor.name if by == "sensor" else sensor.site for sensor in sensors}
    words = ["study", "sensors", "--data", source, "--by", by]
    if like and (protocol := like.asked.get("protocol")):
        words += ["--protocol", str(protocol)]
    if (least := 2 * len(groups) + 1) > _AT_MOST:  # each one alone, each one left out, and all of them
        words += ["--at-most", str(least)]
    folder = f"sensors-{_plain(data)}-by-{by}{'-fast' if fast else ''}"
    return [*words, *(["--fast"] * fast), "--out", str(workspace.root() / folder)]


def explain_words(run: Entry, by: str = "sensor", also: Collection[str] = ()) -> list[str]:
    """The words that ask a finished run about sets of its sensors, and about one further set."""
    more = ["--also", ",".join(sorted(also))] if also else []
    return ["explain", str(run.run.folder), "--part", "sets", "--by", by, *more]


def ask_words(like: Estimates, group: Collection[str]) -> list[str]:
    """The words that estimate one set; none where the estimates' network is not the person's own run's."""
    if like.kind != "run" or like.whose != "yours":
        return []
    return explain_words(workspace.entry(like.name), like.by, group)


def _of_study(one: SensorStudy, kept: Collection[str], sensors: Sequence[Sensor]) -> Measured | None:
    group = frozenset(kept)
    if one.by == "site":
        group = frozenset(sensor.site for sensor in sensors if sensor.name in kept)
        if {sensor.name for sensor in sensors if sensor.site in group} != set(kept):
            return None
    row = one.row(group)
    if row is None:
        return None
    return Measured("alone", _score(row["truth"]), one.name, "study", one.whose, bool(one.asked.get("fast")))


def _of_run(one: Entry, kept: Collection[str]) -> list[Measured]:
    report = one.run.report
    seen = {".".join(name.split(".")[:2]) for name in report.get("student_view") or []}
    if seen != set(kept):
        return []
    return [
        Measured("student" if role == "student" else "alone", _score(report[role]), one.name, "run", one.whose,
                 bool(report["fast"]))
        for role in _STUDENTS
        if report.get(role)
    ]  # fmt: skip


def _score(one: dict[str, Any] | Any) -> Interval:
    return Interval(one["macro_f1"], one["low"], one["high"])


def _slug(kept: Collection[str], sensors: Sequence[Sensor]) -> str:
    return _plain("-".join(spoken(name).replace(" ", "-") for name in words_of(kept, sensors)))[:_LONGEST].strip("-")


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "data"


def _free(folder: Path) -> Path:
    """The folder, or the first of its kind that is not there yet."""
    if not folder.exists():
        return folder
    return next(path for number in range(2, 1000) if not (path := folder.with_name(f"{folder.name}-{number}")).exists())
