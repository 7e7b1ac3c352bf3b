"""Students that may be compared, as points: what each costs, how well it recognises, and why others are left out.

A point is the student of a finished run, one of its pruned steps, or a set of sensors that a study measured. Only what
was tested on the same windows of the same people stands together; a latency counts only where it was measured on the
same computer as the anchor's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stillroom.evaluation.front import cheapest_within, front
from stillroom.evaluation.gain import paired_gain
from stillroom.runs.store import COST
from stillroom_app.services import latency, run_table
from stillroom_app.services.listing import KEYS, Listed, ListedStudy
from stillroom_app.services.workspace import HEADLINE, kept

STUDENT, ALONE, TEACHER = "student", "alone", "teacher"
COSTS = {
    "channels": "channels",
    "sensors": "sensors",
    "size_kb": "kB of weights",
    "macs": "MACs of a window",
    "params": "parameters",
    "latency_ms": "ms for a window",
}
CALLED = {
    "channels": "channels",
    "sensors": "sensors",
    "size_kb": "size",
    "macs": "MACs",
    "params": "parameters",
    "latency_ms": "latency",
}  # in lists and addresses
_PERCENT = 100


@dataclass(frozen=True)
class Point:
    """A student with its costs.

    Attributes:
        name: of the run, or of the study and its set of sensors.
        title: for people.
        role: `student` where it was taught, `alone` where it was not.
        whose: `yours` or `demo`.
        score: macro-F1.
        low: of its interval; None without one.
        high: of its interval.
        per_person: macro-F1 of each.
        costs: by the keys of `COSTS`; what is not known is missing.
        fast: made by the small setting.
        seeds: how many stand behind its score.
        run: the run's name, where the point is a run's student.
    """

    name: str
    title: str
    role: str
    whose: str
    score: float
    low: float | None
    high: float | None
    per_person: Mapping[str, float]
    costs: Mapping[str, float]
    fast: bool
    seeds: int = 1
    run: str = ""


@dataclass(frozen=True)
class Field:
    """What may stand in one picture.

    Attributes:
        anchor: the run whose data, windows, protocol and people the others share.
        points: the students.
        left_out: names of runs and studies with a reason each.
        computer: whose it was that latencies were measured on, in words.
    """

    anchor: Listed
    points: list[Point]
    left_out: dict[str, str] = field(default_factory=dict)
    computer: str = ""

    def axis(self, cost: str) -> str:
        """A cost as an axis names it: a latency is one computer's."""
        return f"{COSTS[cost]}, on {self.computer}" if cost == "latency_ms" and self.computer else COSTS[cost]


@dataclass(frozen=True)
class Pick:
    """The cheapest student that is nearly as good as the best.

    Attributes:
        place: of the point that was picked, among those within the budget.
        best: of the best one.
        rivals: how many are as close to the best.
        apart: the paired difference to the best, over people, in a sentence; empty where it is the best itself.
    """

    place: int
    best: int
    rivals: int
    apart: str


def comparable(listed: Sequence[Listed]) -> list[Listed]:
    """The finished runs that teach a student."""
    return [one for one in listed if STUDENT in one.models]


def anchor_of(listed: Sequence[Listed], chosen: Sequence[str]) -> Listed | None:
    """The first of the chosen runs; else the person's own latest that taught a student; else the demo's."""
    able = {one.name: one for one in comparable(listed)}
    wanted = next((able[name] for name in chosen if name in able), None)
    own = (one for one in able.values() if one.whose == "yours" and not one.study)
    return wanted or next(own, None) or able.get(HEADLINE) or next(iter(able.values()), None)


def field_of(anchor: Listed, listed: Sequence[Listed], studies: Sequence[ListedStudy]) -> Field:
    """Everything that was tested on what a run was tested on, and why the rest was not taken."""
    points: list[Point] = []
    left: dict[str, str] = {}
    cost = kept(anchor.folder / COST)
    measured = {study.name for study in studies if study.table and study.kind == "sensors"}
    for one in comparable(listed):
        if one.study in measured:
            continue
        if why := apart(anchor, one):
            left[one.name] = why
        else:
            points += _of_run(one, _latency_ms(one, anchor, cost))
    for study in studies:
        if study.kind == "sensors" and study.table:
            found, why = _of_study(anchor, study)
            points += found
            left |= {study.name: why} if why else {}
    return Field(anchor, points, left, latency.computer_of(cost, anchor.whose))


def origin(facts: Mapping[str, Any], fast: Sequence[bool]) -> str:
    """Where the numbers of a picture come from: data, protocol, who was tested, and what stands against them.

    Args:
        facts: of the run that the others share them with.
        fast: of each student whether it was made by the fast setting.
    """
    units = facts["units"] if facts["n"] != 1 else {"people": "person", "stretches": "stretch"}[facts["units"]]
    said = [facts["data_title"], facts["protocol"], f"{facts['n']} {units} tested"]
    if any(fast):
        said.append("fast setting" if all(fast) else "some by the fast setting")
    if facts.get("warning"):
        said.append(str(facts["warning"]).split(":")[0].lower())
    said += ["a pilot, not a proof"] * bool(facts.get("pilot"))
    return f"Measured: {', '.join(said)}"


def apart(one: Listed, other: Listed) -> str:
    """Why two runs cannot be compared; empty where they can (as `runs.query.differences` tells it)."""
    said = {
        "data_key": f"it was made with other recordings: {other.asked.get('data')}",
        "protocol": f"its protocol is {other.facts['protocol']}, not {one.facts['protocol']}",
        "index_key": "its windows were cut or labelled in another way",
    }
    for key in ("data_key", "protocol", "index_key"):
        if one.facts.get(key) != other.facts.get(key):
            return said[key]
    ours, theirs = (set(run.models[STUDENT]["per_person"]) for run in (one, other))
    return f"only one of them tested {min(ours ^ theirs)}" if ours ^ theirs else ""


def known_costs(points: Sequence[Point]) -> list[str]:
    """The costs that at least two points have; those of a single one where there is no other."""
    least = min(2, len(points))
    return [cost for cost in COSTS if sum(cost in point.costs for point in points) >= least]


def within(points: Sequence[Point], most: Mapping[str, float]) -> list[bool]:
    """Of each point whether it keeps to a budget; a cost that is not known is over it."""
    return [all(point.costs.get(cost, float("inf")) <= limit for cost, limit in most.items()) for point in points]


def picked(points: Sequence[Point], cost: str, reach_points: float, units: Any = "people") -> Pick | None:
    """The cheapest within so many points of the best.

    Args:
        points: that may be picked, each with that cost.
        cost: of `COSTS`.
        reach_points: hundredths of macro-F1.
        units: what was paired.
    """
    costs, scores = [point.costs[cost] for point in points], [point.score for point in points]
    place = cheapest_within(costs, scores, reach_points / _PERCENT)
    if place is None:
        return None
    best = max(range(len(points)), key=scores.__getitem__)
    near = sum(score >= scores[best] - reach_points / _PERCENT - 1e-12 for score in scores)
    said = ""
    if place != best and set(points[place].per_person) == set(points[best].per_person):
        said = paired_gain(points[best].per_person, points[place].per_person, units=units).sentence("taking it")
    return Pick(place, best, near, said)


def on_front(points: Sequence[Point], cost: str) -> list[Point]:
    """The points that no other beats, the cheapest first."""
    return [points[place] for place in front([p.costs[cost] for p in points], [p.score for p in points])]


def differing_settings(chosen: Sequence[Listed]) -> list[dict[str, Any]]:
    """What was asked differently, a row a setting: `setting`, and each run's value under its name."""
    return [
        {"setting": name, **{one.name: run_table.said(one.asked.get(name)) for one in chosen}}
        for name in run_table.differing_names(chosen)
    ]


def _of_run(one: Listed, latency_ms: float | None) -> list[Point]:
    """The student, and each pruned step of it."""
    sensors = len({name.rpartition(".")[0] for name in one.facts.get("student_view") or []})
    roles = [role for role in one.models if role == STUDENT or (role.startswith("pruned_") and "_int8" not in role)]
    points = []
    for role in roles:
        model = one.models[role]
        costs = _costs(model) | {"sensors": float(sensors)}
        if role == STUDENT and latency_ms:
            costs["latency_ms"] = latency_ms
        left = f", {role.removeprefix('pruned_')} % of it" if role != STUDENT else ""
        points.append(
            Point(
                name=one.name if role == STUDENT else f"{one.name} {role}", title=f"{one.name}{left}", role=STUDENT,
                whose=one.whose, score=model["macro_f1"], low=model["low"], high=model["high"],
                per_person=model["per_person"], costs=costs, fast=bool(one.facts["fast"]),
                seeds=len(model.get("seeds") or [0]), run=one.name if role == STUDENT else "",
            )
        )  # fmt: skip
    return points


def _of_study(anchor: Listed, study: ListedStudy) -> tuple[list[Point], str]:
    """A point for each set of sensors that was measured, or why there is none."""
    if not study.on:
        return [], "the study was made before it kept what it was measured on; run it again to see it here"
    for key in KEYS:
        if study.on.get(key) != anchor.facts.get(key):
            made = f"{study.on.get('data')}, {study.on.get('protocol')}"
            return [], f"the study was made on {made}, with other windows or people"
    people, points = set(anchor.models[STUDENT]["per_person"]), []
    for row in study.table:
        truth = row["truth"]
        if set(truth["per_person"]) != people:
            return [], "the study tested other people"
        points.append(
            Point(
                name=f"{study.name} {row['cell']}", title=row["cell"].replace("_", " ").replace(".", " "), role=ALONE,
                whose=study.whose, score=truth["macro_f1"], low=truth["low"], high=truth["high"],
                per_person=truth["per_person"], costs=_costs(row) | {"sensors": float(row["size"])},
                fast=bool(study.on.get("fast")),
            )
        )  # fmt: skip
    return points, ""


def _costs(model: Mapping[str, Any]) -> dict[str, float]:
    found = {name: float(model[name]) for name in ("channels", "macs", "params") if model.get(name)}
    return found | ({"size_kb": model["size_bytes"] / 1e3} if model.get("size_bytes") else {})


def _latency_ms(one: Listed, anchor: Listed, cost: Mapping[str, Any] | None) -> float | None:
    """The student's, where the computer that measured it is the anchor's."""
    told = cost if one is anchor else kept(one.folder / COST)
    if one.whose != anchor.whose or not latency.same_computer(told, cost):
        return None
    found = latency.of_a_window(told).get(STUDENT)
    return float(found["value"]) if found else None
