"""What sets of sensors are estimated to score, as `stillroom explain --part sets` and studies of sensors keep it.

An estimate is read, never made: a set that nobody asked about has none, and says so. Costs are differences person by
person; their intervals are over people. Groups are sensors or whole sites, as they were asked about. One damaged run
takes nothing from the others: it is left out, and named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from stillroom.base.errors import InputError, StillroomError
from stillroom.base.paths import read_json
from stillroom.evaluation.significance import Interval, interval
from stillroom.figures.theme import origin_of
from stillroom_app.services import workspace
from stillroom_app.services.sensor_studies import SensorStudy, tested_on
from stillroom_app.services.sensors import Kept, Sensor
from stillroom_app.services.workspace import Entry, Whose, kept, report_of

SETS = "explain/sets.json"
By = Literal["sensor", "site"]
_BOUNDS = ("mean", "low", "high")
_DAMAGED = (StillroomError, KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Estimates:
    """Estimates of sets of sensors of one data set.

    Attributes:
        name: of the run or study that holds them, as in an address.
        whose: the person's own, or the demo's.
        kind: `run` or `study`.
        by: what was left out together.
        names: of all sensors or sites that were asked about.
        means: of each set that was asked about, over people.
        scores: each person's, where they are kept.
        units: what intervals are over.
        n: how many of these.
        origin: where the estimates come from, in a line.
        beside: the same of what was measured with them: how far the signals repeat each other.
        on: the same for what was tested on the same windows of the same people (`sensor_studies.tested_on`).
        part: all that `explain` told of sets; of a study what it has in common with that.
        asked: how the run or study was made (`protocol`, `fast`, `seed`, `recipe`).
    """

    name: str
    whose: Whose
    kind: Literal["run", "study"]
    by: By
    names: tuple[str, ...]
    means: Mapping[Kept, Interval]
    scores: Mapping[Kept, Mapping[str, float]]
    units: str
    n: int
    origin: str
    beside: str
    on: tuple[Any, ...]
    part: Mapping[str, Any] = field(repr=False)
    asked: Mapping[str, Any] = field(repr=False)

    @property
    def whole(self) -> Kept:
        """All that was asked about."""
        return frozenset(self.names)

    @property
    def exact(self) -> bool:
        """Whether every set was asked about."""
        return len(self.means) >= (1 << len(self.names)) - 1

    def group(self, kept: Collection[str], sensors: Sequence[Sensor]) -> Kept | None:
        """A choice of sensors as these estimates know sets; None where it cuts a site, or has what they never saw."""
        if self.by == "sensor":
            return frozenset(kept) if set(kept) <= self.whole else None
        sites = {sensor.site for sensor in sensors if sensor.name in kept}
        whole = {sensor.name for sensor in sensors if sensor.site in sites}
        return frozenset(sites) if whole == set(kept) and sites <= self.whole else None

    def seen(self, sensors: Sequence[Sensor]) -> Kept:
        """The sensors that were asked about."""
        return frozenset(one.name for one in sensors if (one.name if self.by == "sensor" else one.site) in self.whole)

    def worth(self, group: Kept) -> Interval | None:
        """What a set is estimated to score; None where nobody asked."""
        return self.means.get(group)

    def cost(self, group: Kept) -> Interval | None:
        """What going down from all to a set is estimated to cost, person by person; above 0 where the score falls."""
        if group == self.whole or group not in self.means or self.whole not in self.means:
            return None
        if group in self.scores and self.whole in self.scores:
            before, after = self.scores[self.whole], self.scores[group]
            return interval([before[person] - after[person] for person in sorted(after)])
        gone = self.whole - group
        known = {one["name"]: one for one in self.part.get("dropped", [])} if len(gone) == 1 else {}
        if one := known.get(next(iter(gone))):
            return Interval(one["mean"], one["low"], one["high"])
        return Interval(self.means[self.whole].mean - self.means[group].mean, None, None)


class Known(NamedTuple):
    """What is known of a data set: the estimates, and what cannot be read: each run's or study's name, and why."""

    estimates: list[Estimates]
    left: dict[str, str]


def of_run(one: Entry) -> Estimates:
    """The estimates that a run holds.

    Raises:
        InputError: what it kept cannot be read.
        KeyError: something is missing in it; TypeError, ValueError or AttributeError where it is something else.
    """
    found, report = kept(one.run.folder / SETS), report_of(one)
    told = (found or {}).get("told")
    if not isinstance(told, dict):
        raise InputError("the answer cannot be read", where=SETS)
    _check(told)
    asked = one.run.facts["asked"]
    return Estimates(
        name=one.name,
        whose=one.whose,
        kind="run",
        by=told["by"],
        names=tuple(told["names"]),
        means={frozenset(row["subset"]): Interval(row["mean"], row["low"], row["high"]) for row in told["subsets"]},
        scores=_scores(one.run.folder, told["by"]),
        units=report["units"],
        n=report["n"],
        origin=origin_of(report, "Estimated"),
        beside=origin_of(report),
        on=tested_on(asked, _people(report)),
        part=told,
        asked={**asked, "recipe": report["recipe"]},
    )


def of_study(one: SensorStudy) -> Estimates | None:
    """The estimates of the sets that a study measured; None where it has none yet."""
    rows = {frozenset(row["sensors"]): row["estimate"] for row in one.rows}
    if not rows:
        return None
    whole = max(rows, key=len)
    scores = {subset: row["per_person"] for subset, row in rows.items()}
    dropped = [_dropped(name, scores[whole], scores[whole - {name}]) for name in whole if whole - {name} in scores]
    return Estimates(
        name=one.name,
        whose=one.whose,
        kind="study",
        by=one.by,
        names=tuple(sorted(whole)),
        means={subset: Interval(row["macro_f1"], row["low"], row["high"]) for subset, row in rows.items()},
        scores=scores,
        units=one.units,
        n=len(scores[whole]),
        origin=one.origin("Estimated"),
        beside=one.origin(),
        on=one.tested(one.rows[0]),
        part={"dropped": dropped, "suggested": one.suggested, "shapley": one.shapley.get("estimate")},
        asked={**one.asked, "recipe": "any_subset"},
    )


def for_data(source: str, studies: Sequence[SensorStudy]) -> Known:
    """Every estimate of a data set: the person's own before the demo's, each of runs before those of studies."""
    found, left = [], {}
    for name in asked_runs():
        try:
            one = workspace.entry(name)
            if one.done and same_data(one.data, source):
                found.append(of_run(one))
        except _DAMAGED as error:
            left[name] = error.sentence() if isinstance(error, StillroomError) else f"a file of it is damaged ({error})"
    left |= {study.name: study.flaw for study in studies if study.flaw}
    of_studies = [of_study(study) for study in studies if not study.flaw]
    there = [*found, *(told for told in of_studies if told is not None)]
    return Known(sorted(there, key=lambda one: one.whose == "demo"), left)


def asked_runs() -> list[str]:
    """Names of the runs that were asked about sets of sensors, the latest answer first in each group."""
    found: list[str] = []
    for prefix, base in (("", workspace.root()), (workspace.DEMO_PREFIX, workspace.DEMO)):
        paths = [path for depth in ("", "*/", "*/*/") for path in base.glob(f"{depth}*/{SETS}")]
        latest = sorted(paths, key=_time_ns, reverse=True)
        found += [prefix + path.parents[1].relative_to(base).as_posix() for path in latest]
    return found


def same_data(asked: str, source: str) -> bool:
    """Whether two SOURCEs name the same data: the same word, or the same folder."""
    (one, _, path), (other, _, beside) = asked.partition(":"), source.partition(":")
    if path and beside:
        return one == other and Path(path).absolute() == Path(beside).absolute()
    return asked == source or ("/" in asked and Path(asked).absolute() == Path(source).absolute())


def version() -> tuple[tuple[str, int], ...]:
    """Changes whenever a file does that estimates or measured scores are read from."""
    names = ("run.json", "report.json", SETS, "plan.json", "table.json", "calibration.json")
    paths = (
        path
        for base in (workspace.root(), workspace.DEMO)
        for depth in ("", "*/", "*/*/")
        for name in names
        for path in base.glob(f"{depth}*/{name}")
    )
    return tuple(sorted((str(path), _time_ns(path)) for path in paths))


def _time_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # it was taken away meanwhile
        return 0


def _check(told: Mapping[str, Any]) -> None:
    """Reads once what pages read of an answer about sets, so that a damaged one shows here and not halfway down."""
    shares = (told.get("shapley") or {}).get("shares", [])
    for key, rows in (("name", told["dropped"]), ("group", shares), ("subset", told["subsets"])):
        for row in rows:
            if missing := {key, *_BOUNDS} - set(row):
                raise KeyError(min(missing))
            float(row["mean"])
            [float(row[bound]) for bound in _BOUNDS if row[bound] is not None]
    for points in ("price", "discomfort") if told.get("suggested") else ():
        [float(told["suggested"][points]["of"][name]) for name in told["names"]]


def _people(report: Mapping[str, Any]) -> list[str]:
    """Who was tested, or which stretches: of a run all models are tested on the same."""
    made = (report[role] for role in report["models"] if "per_person" in (report.get(role) or {}))
    return sorted(next(made, {"per_person": {}})["per_person"])


def _scores(folder: Path, by: str) -> dict[Kept, dict[str, float]]:
    """Each person's scores of each set, which the network for any subset keeps beside itself."""
    for path in (folder / f"explain/estimator/estimates-{by}.json", folder / f"estimates-{by}.json"):
        try:
            return {frozenset(one["subset"]): dict(one["scores"]) for one in read_json(path)}
        except (StillroomError, TypeError, KeyError, ValueError):
            continue
    return {}


def _dropped(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, Any]:
    return {"name": name, **interval([before[person] - after[person] for person in sorted(after)])._asdict()}
