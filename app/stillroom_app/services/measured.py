"""What was measured for a set of sensors, and the commands that would measure it.

The truth of a set is what a student scored that was trained on it: in a study of sensors, alone; in a run whose
student sees these channels and no others, alone and with its teacher. Only what was tested on the same windows of the
same people stands beside an estimate, and nothing of the demo's beside one's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from stillroom.evaluation.significance import Interval
from stillroom.jobs.words import words_of as words_with
from stillroom_app.services import listing, workspace
from stillroom_app.services.estimates import Estimates, same_data
from stillroom_app.services.listing import Listed
from stillroom_app.services.sensor_studies import SensorStudy, tested_on
from stillroom_app.services.sensors import Sensor, channels_of, spoken, view_of, words_of
from stillroom_app.services.workspace import DEMO_PREFIX, Entry, Whose

_AT_MOST, _LONGEST = 31, 40
_STUDENTS: tuple[Literal["student", "alone"], ...] = ("student", "alone")
_TAKEN_OVER = {
    "protocol": "", "folds": 0, "window_s": 0, "stride_s": 0, "purity": 0.5, "min_windows": 10, "drop_class": [],
    "track": None,
}  # fmt: skip
# of the options of `distil`: those that decide what is tested, with their defaults


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
        units: what its interval is over.
        on: the same for what was tested on the same windows of the same people (`sensor_studies.tested_on`).
    """

    role: Literal["alone", "student"]
    score: Interval
    where: str
    kind: Literal["run", "study"]
    whose: Whose
    fast: bool
    units: str = "people"
    on: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def source(self) -> str:
        """The run or study in words, as "fast run mine" or "demo study sensors"."""
        name = self.where.rpartition("/")[2].removeprefix(DEMO_PREFIX)
        return f"{'demo ' * (self.whose == 'demo')}{'fast ' * self.fast}{self.kind} {name}"


def of_set(
    kept: Collection[str],
    sensors: Sequence[Sensor],
    studies: Sequence[SensorStudy],
    runs: Sequence[Listed],
    like: Estimates | None = None,
) -> list[Measured]:
    """What was measured for a set of sensors and may stand beside its estimate, studies first.

    It was tested on the same windows of the same people. The demo's are left out beside estimates of one's own, and
    where there is something of one's own.

    Args:
        kept: the set.
        sensors: of the data set.
        studies: on it.
        runs: on it.
        like: the estimates; without any, what was measured last sets what the others must share.
    """
    found = _all(kept, sensors, studies, runs)
    same = [one for one in found if _together(one, like or found[0])]
    own = [one for one in same if one.whose == "yours"]
    return own if own or (like and like.whose == "yours") else same


def set_aside(
    kept: Collection[str],
    sensors: Sequence[Sensor],
    studies: Sequence[SensorStudy],
    runs: Sequence[Listed],
    like: Estimates | None = None,
) -> list[str]:
    """One's own runs and studies that measured the set on other windows, people or protocol, in words."""
    found = _all(kept, sensors, studies, runs)
    apart = [one for one in found if one.whose == "yours" and not _together(one, like or found[0])]
    return list(dict.fromkeys(one.source for one in apart))


def trained(source: str, studies: Sequence[SensorStudy]) -> list[Listed]:
    """The finished runs on a data set that trained a student; those that a study of sensors made are its own."""
    inside = tuple(f"{one.name}/" for one in studies)
    listed = [one for one in listing.finished() if not one.name.startswith(inside) and "alone" in one.models]
    return [one for one in listed if same_data(str(one.asked.get("data", "")), source)]


def distil_words(
    kept: Collection[str], sensors: Sequence[Sensor], source: str, like: Estimates | None, *, fast: bool
) -> list[str]:
    """The words that distil a student with a set, made as the run that the estimate comes from.

    Args:
        kept: the set.
        sensors: of the data set.
        source: SOURCE.
        like: whose windows, classes, protocol and seed are taken over, and whose teacher where it is the person's own
            TSAK of the same setting.
        fast: the small setting.
    """
    asked: dict[str, Any] = dict(like.asked) if like else {}
    options = {"data": source, "teacher_view": "*", "student_view": view_of(kept, sensors), **_taken_over(asked)}
    options |= {"fast": fast} | {name: asked[name] for name in ("seed",) if name in asked}
    same = asked.get("recipe") == "tsak" and bool(asked.get("fast")) == fast and asked.get("teacher_view") == "*"
    if like and like.kind == "run" and like.whose == "yours" and same and "windows" in asked:
        options["teacher"] = str(workspace.entry(like.name).run.folder)
    folder = _free(workspace.root() / f"tsak-{_slug(kept, sensors)}", _never)
    return [*words_with("tsak", options), "--run", str(folder)]


def study_words(
    data: str, source: str, sensors: Sequence[Sensor], by: str, like: Estimates | None, *, fast: bool
) -> list[str]:
    """The words that measure many sets of a data set, each by a training of its own.

    Args:
        data: its name.
        source: SOURCE.
        sensors: its sensors.
        by: what is left out together, `sensor` or `site`.
        like: whose windows, classes and protocol are taken over.
        fast: the small setting.
    """
    groups = {sensor.name if by == "sensor" else sensor.site for sensor in sensors}
    options: dict[str, Any] = {"data": source, "by": by, **_taken_over(dict(like.asked) if like else {})}
    if (least := 2 * len(groups) + 1) > _AT_MOST:  # each one alone, each one left out, and all of them
        options["at_most"] = least
    options |= {"fast": True} if fast else {}
    folder = workspace.root() / f"sensors-{_plain(data)}-by-{by}{'-fast' if fast else ''}"
    words = words_with("", options)[2:]
    return ["study", "sensors", *words, "--out", str(_free(folder, partial(_asked_so, options)))]


def explain_words(run: Listed | Entry, by: str = "sensor", also: Collection[str] = ()) -> list[str]:
    """The words that ask a finished run about sets of its sensors, and about one further set."""
    more = ["--also", ",".join(sorted(also))] if also else []
    return ["explain", str(run.run.folder), "--part", "sets", "--by", by, *more]


def ask_words(like: Estimates, group: Collection[str]) -> list[str]:
    """The words that estimate one set; none where the estimates' network is not the person's own run's."""
    if like.kind != "run" or like.whose != "yours":
        return []
    return explain_words(workspace.entry(like.name), like.by, group)


def _all(
    kept: Collection[str], sensors: Sequence[Sensor], studies: Sequence[SensorStudy], runs: Sequence[Listed]
) -> list[Measured]:
    """All that was measured for a set, the person's own first, of studies before that of runs."""
    of_studies = [found for one in studies if (found := _of_study(one, kept, sensors)) is not None]
    of_runs = [found for one in runs for found in _of_run(one, kept, sensors)]
    return sorted([*of_studies, *of_runs], key=lambda one: one.whose == "demo")


def _together(one: Measured, like: Estimates | Measured) -> bool:
    """Whether they were tested alike; what did not keep on what it was tested stands beside its own alone."""
    name = like.name if isinstance(like, Estimates) else like.where
    return one.where == name or (one.on == like.on and None not in one.on)


def _of_study(one: SensorStudy, kept: Collection[str], sensors: Sequence[Sensor]) -> Measured | None:
    group = frozenset(kept)
    if one.by == "site":
        group = frozenset(sensor.site for sensor in sensors if sensor.name in kept)
        if {sensor.name for sensor in sensors if sensor.site in group} != set(kept):
            return None
    row = one.row(group)
    if row is None:
        return None
    score = _score(row["truth"])
    return Measured("alone", score, one.name, "study", one.whose, one.fast, one.units, one.tested(row))


def _of_run(one: Listed, kept: Collection[str], sensors: Sequence[Sensor]) -> list[Measured]:
    view = one.facts.get("student_view") or []
    seen = {".".join(name.split(".")[:2]) for name in view}
    if seen != set(kept) or len(view) != channels_of(kept, sensors):  # a student may see an axis of a sensor only
        return []
    fast, units = bool(one.facts.get("fast")), str(one.facts.get("units") or "people")
    found = []
    for role in _STUDENTS:
        if model := one.models.get(role):
            on = tested_on(one.facts, model["per_person"])
            found.append(Measured(role, _score(model), one.name, "run", one.whose, fast, units, on))
    return found


def _score(one: Mapping[str, Any]) -> Interval:
    return Interval(one["macro_f1"], one["low"], one["high"])


def _taken_over(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What decides which windows of whom are tested, as options of `distil`; what is as by default is left out.

    Args:
        asked: of a run, which keeps how windows were cut below `windows`, or of a study, which keeps options.
    """
    told = {**asked, **(asked.get("windows") or {})}
    found = {name: told[name] for name, usual in _TAKEN_OVER.items() if told.get(name) not in (None, usual)}
    leaks = bool(asked.get("leaks_known") or asked.get("i_know_it_leaks"))
    return found | ({"i_know_it_leaks": True} if leaks else {})


def _slug(kept: Collection[str], sensors: Sequence[Sensor]) -> str:
    return _plain("-".join(spoken(name).replace(" ", "-") for name in words_of(kept, sensors)))[:_LONGEST].strip("-")


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "data"


def _free(folder: Path, ours: Callable[[Path], bool]) -> Path:
    """The folder, or the first of its kind that is not there yet or may be gone on with."""
    paths = (folder.with_name(f"{folder.name}-{number}") if number > 1 else folder for number in range(1, 1000))
    return next(path for path in paths if not path.exists() or ours(path))


def _never(folder: Path) -> bool:
    return False


def _asked_so(options: Mapping[str, Any], folder: Path) -> bool:
    """Whether a study there was asked for just so, and the same command goes on with it."""
    asked = (workspace.kept(folder / "plan.json") or {}).get("asked")
    return isinstance(asked, dict) and asked == {"protocol": "persons:3", "seeds": 1, "at_most": _AT_MOST, **options}
