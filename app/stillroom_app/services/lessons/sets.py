"""What models with fewer and fewer sensors mix up: counts of the runs that were tested on the same windows.

The runs are the chosen one and those beside it that differ in their student's sensors alone, as the demo's five do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.evaluation.metrics import scores
from stillroom.runs.predictions import Predictions, predictions_of
from stillroom_app.services import listing, teaching
from stillroom_app.services.listing import KEYS, Listed
from stillroom_app.services.sensors import spoken
from stillroom_app.services.workspace import Entry

TEACHER, STUDENT, ALONE = ROLES = ("teacher", "student", "alone")
_MOST = 6


def fits(one: Listed) -> bool:
    """Whether a run has a teacher, a student, and one that was taught nothing."""
    return set(ROLES) <= set(one.models) and one.gain is not None and teaching.fits(one.folder)


def beside(one: Entry) -> list[Listed]:
    """The run and those that were tested alike, each with other sensors; fewest channels first."""
    listed = [other for other in listing.finished() if fits(other)]
    own = next((other for other in listed if other.name == one.name), None)
    if own is None:
        raise InputError("this run lacks a teacher, a student or one that was taught nothing", where=one.name)
    found: dict[str, Listed] = {_view(own): own}
    for other in listed:
        alike = all(other.facts.get(key) == own.facts.get(key) for key in KEYS)
        if alike and other.whose == own.whose and other.facts["teacher_view"] == own.facts["teacher_view"]:
            found.setdefault(_view(other), other)
    return sorted(list(found.values())[:_MOST], key=lambda other: (len(other.facts["student_view"]), other.name))


def data(one: Entry) -> dict[str, Any]:
    """Counts for each set of sensors, for everybody who was tested, one person at a time.

    Raises:
        InputError: a run keeps no answers, or other windows were tested.
    """
    runs, classes = beside(one), [str(name) for name in one.run.report["classes"]]
    teacher = predictions_of(one.run, TEACHER)
    people = [str(who) for who in np.unique(teacher.unit)]
    samples = [_set(other, teacher, classes, people) for other in runs]
    worst = max(samples, key=lambda sample: sample["pair"]["mixed"])
    every, units = _sensors(one.run.report["teacher_view"]), str(one.run.report["units"])
    return {
        "samples": samples,
        "classes": classes,
        "people": people,
        "sensors": [{"name": name, "said": spoken(name)} for name in every],
        "teacher": _counts(teacher, len(classes), people),
        "units": units,
        "origin": f"{len(teacher.ids)} tested windows of {len(people)} {units}, with their answers",
        "words": {
            "sensors": str(len(every)), "sets": str(len(samples)), "one": classes[worst["pair"]["a"]],
            "other": classes[worst["pair"]["b"]], "worst": worst["name"], "units": units,
        },
    }  # fmt: skip


def _set(other: Listed, teacher: Predictions, classes: list[str], people: list[str]) -> dict[str, Any]:
    said = {role: predictions_of(other.run, role) for role in (STUDENT, ALONE)}
    if any(not np.array_equal(one.ids, teacher.ids) for one in said.values()):
        raise InputError("its student was tested on other windows than the teacher", where=other.name)
    sensors, report, gain = _sensors(other.facts["student_view"]), other.run.report, other.gain or {}
    return {
        "name": _called(sensors),
        "run": other.name,
        "sensors": sensors,
        **{role: _counts(one, len(classes), people) for role, one in said.items()},
        "printed": {role: report[role]["macro_f1"] for role in ROLES},
        "gain": {name: gain.get(name) for name in ("mean", "low", "high", "p", "n")},
        "pair": _pair(said[STUDENT], {TEACHER: teacher, **said}, classes),
    }


def _counts(one: Predictions, classes: int, people: list[str]) -> list[list[list[int]]]:
    """`(person, true class, said class)`."""
    found = []
    for who in people:
        own = one.of(who)
        flat = np.bincount(own.truth * classes + own.said, minlength=classes**2)
        found.append(flat.reshape(classes, classes).tolist())
    return found


def _pair(student: Predictions, models: dict[str, Predictions], classes: list[str]) -> dict[str, Any]:
    """The two activities that the student takes for each other most, and each of their windows as a place between."""
    counts = scores(student.truth, student.said, classes).confusion
    mixed = np.triu((counts + counts.T) / np.maximum(1, np.add.outer(counts.sum(1), counts.sum(1))), 1)
    a, b = (int(at) for at in np.unravel_index(int(mixed.argmax()), mixed.shape))
    own = (student.truth == a) | (student.truth == b)
    return {
        "a": a,
        "b": b,
        "mixed": float(mixed[a, b]),
        "second": (student.truth[own] == b).astype(int).tolist(),
        **{role: _between(one.probabilities[own], a, b) for role, one in models.items()},
    }


def _between(probabilities: NDArray[np.float32], a: int, b: int) -> list[float]:
    """The share of b in what is said of a and b together, 0 to 1."""
    held = np.maximum(probabilities[:, [a, b]].astype(float), 1e-7)
    found: list[float] = np.round(held[:, 1] / held.sum(1), 3).tolist()
    return found


def _sensors(view: list[str]) -> list[str]:
    return list(dict.fromkeys(name.rsplit(".", 1)[0] for name in view))


def _called(sensors: list[str]) -> str:
    """Sensors by their sites, as "right wrist acc, gyro"."""
    sites: dict[str, list[str]] = {}
    for name in sensors:
        site, _, kind = name.rpartition(".")
        sites.setdefault(spoken(site), []).append(kind)
    return " and ".join(f"{site} {', '.join(kinds)}" for site, kinds in sites.items())


def _view(one: Listed) -> str:
    return ",".join(one.facts["student_view"])
