"""What was found, in plain sentences that claim no more than was shown.

The first sentence tells the point estimates; the others the paired difference person by person, with its interval, and
what distillation itself added. Few people make a pilot, and stretches of a recording say nothing of other people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillroom.evaluation.caveats import strangers
from stillroom.evaluation.gain import Gain, paired_gain
from stillroom.figures.amounts import count
from stillroom.report.parts import Badge
from stillroom.report.wording import (
    between,
    called,
    clean,
    kind_of,
    many,
    number,
    percent,
    points,
    score,
    sensors_of,
    signed,
    site_of,
    spoken,
    units,
    upper,
)

TEACHER, STUDENT, ALONE = "teacher", "student", "alone"
_ORDER = (STUDENT, ALONE, "small_teacher", "reference", "forest", TEACHER, "semantic")

_NEAR = 1.5  # times what guessing scores
_NEARLY = 0.995  # of the teacher's score: a share that would be rounded to all of it has one more digit

Told = dict[str, Any]


def shown(report: Told) -> str:
    """The model that the report is about: the distilled student, else the one that comes nearest to it."""
    return next(role for role in _ORDER if report.get(role))


def leaks(report: Mapping[str, Any]) -> bool:
    """Whether windows were split at random, so that what is tested was seen in training as good as whole."""
    return str(report["protocol"]).partition(":")[0] == "random"


def tested(report: Told) -> str:
    """Over whom the scores are, as "10 people nobody trained on"."""
    many_units = units(report["n"], report["units"])
    if report["units"] != "people":
        return f"{many_units} of recording that were held out"
    return f"{many_units} {'nobody trained on' if strangers(report) else 'who were trained on too'}"


def paired(report: Told, before: str, after: str) -> Gain | None:
    """How much more one model scores than another, person by person; None where one of them is not there."""
    if not report.get(before) or not report.get(after):
        return None
    scores = (report[role]["per_person"] for role in (before, after))
    return paired_gain(*scores, units=report["units"], level=report.get("level") or 0.95)


def loss_in_short(lost: Gain) -> str:
    """As "6.4 points lost (-5.0 to +17.8)"."""
    said = f"{points(lost.mean)} points {'lost' if lost.mean > 0 else 'gained'}"
    return said if lost.low is None or lost.high is None else f"{said} ({_edges(lost)})"


def finding(report: Told) -> str:
    """The answer in one sentence."""
    role = shown(report)
    own = report[role]
    value = score(own["macro_f1"])
    bounds = f" ({between(own)})" if own["low"] is not None else ""
    if role == TEACHER or not report.get(TEACHER):
        sensors = sensors_of(report["student_view"] if role != TEACHER else report["teacher_view"])
        worn = _one(sensors) if len(sensors) == 1 else many(len(sensors), "sensor")
        return f"{upper(worn)} score{'s' * (len(sensors) == 1)} {value}{bounds} of 1, over {tested(report)}."
    teacher = report[TEACHER]
    wide = f" ({between(teacher)})" if teacher["low"] is not None else ""
    verb, scored = _verdict(report, role), f"{value}{bounds} against {score(teacher['macro_f1'])}{wide}"
    begun, over = f"{upper(_instead(report, role))} ", f", over {tested(report)}"
    if not verb:
        lost = paired(report, role, TEACHER)
        why = "a loss was neither shown nor excluded" if lost and lost.low is not None else "one alone shows nothing"
        return f"{begun}score{'s' * _singular(report)} {scored}{over}: {why}."
    return f"{begun}{verb.replace(' ', 's ', 1) if _singular(report) else verb}: {scored}{over}."


def _verdict(report: Told, role: str) -> str:
    """What the paired interval shows, as said of several; empty where zero lies inside or there is no interval."""
    lost, teacher = paired(report, role, TEACHER), report[TEACHER]["macro_f1"]
    if lost is None or lost.low is None or lost.high is None:
        return ""
    if lost.high < 0:
        return "score more than the teacher"
    share = report[role]["macro_f1"] / teacher if teacher else 0.0
    return f"keep {percent(share, int(share > _NEARLY))} of the score" if lost.low > 0 else ""


def sentences(report: Told) -> list[str]:
    """What bounds the answer: what its split cannot say, the paired loss, and what distillation added."""
    role, said = shown(report), [clean(report["warning"])] * bool(report["warning"])
    if role != TEACHER and (lost := paired(report, role, TEACHER)) is not None:
        said.append(loss_of(lost, f"the {called(role)}", headlined=True))
    if gain := report.get("gain"):
        said.append(_added(report, gain))
    if report[role]["macro_f1"] < _NEAR * (guess := 1 / len(report["classes"])):
        said.append(
            f"That is near guessing: one of {len(report['classes'])} activities at random scores {score(guess)}."
        )
    return said


def badges(report: Told, *, demo: bool = False) -> list[Badge]:
    """What holds of everything on the page.

    Args:
        report: as in `report.json`.
        demo: it came with Stillroom.
    """
    found = [Badge("demo", "These results came with Stillroom.")] * demo
    if report["simulated"]:
        found.append(Badge("simulated data", "It shows how the workbench works, not what people do."))
    if report["fast"]:
        found.append(Badge("fast setting", "A longer training may score otherwise."))
    if report["pilot"]:
        found.append(Badge("a pilot, not a proof", f"{units(report['n'], report['units'])} tested."))
    if report["warning"]:
        found.append(Badge(str(report["warning"]).partition(":")[0], str(report["warning"])))
    return found


def goes(report: Told) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sensors that stay and those that go; none go where there is no teacher to take them from."""
    kept = sensors_of(report["student_view"])
    if shown(report) == TEACHER:
        return sensors_of(report["teacher_view"]), ()
    before = sensors_of(report["teacher_view"]) if report.get(TEACHER) else kept
    return kept, tuple(name for name in before if name not in kept)


def _instead(report: Told, role: str) -> str:
    """What stands for what, as "one right wrist accelerometer instead of six sensors"."""
    kept, before = sensors_of(report["student_view"]), sensors_of(report["teacher_view"])
    if len(kept) < len(before):
        if len(kept) == 1:
            return f"{_one(kept)} instead of {many(len(before), 'sensor')}"
        return f"{many(len(kept), 'sensor')} instead of {number(len(before))}"
    teacher, student = report[TEACHER], report[role]
    if student["channels"] < teacher["channels"]:
        return f"{student['channels']} channels instead of {teacher['channels']}"
    return f"a network of {count(student['params'])} parameters instead of {count(teacher['params'])}"


def _singular(report: Told) -> bool:
    """Whether what stands for the teacher's sensors is one thing: a sensor, or a network."""
    kept, before = sensors_of(report["student_view"]), sensors_of(report["teacher_view"])
    return (
        len(kept) == 1 if len(kept) < len(before) else report[shown(report)]["channels"] == report[TEACHER]["channels"]
    )


def _one(sensors: tuple[str, ...]) -> str:
    only = sensors[0]
    return f"one {site_of(only)} {kind_of(only)}".replace("  ", " ") if site_of(only) else f"one {spoken(only)}"


def loss_of(lost: Gain, who: str, against: str = "", *, headlined: bool = False) -> str:
    """A paired loss in points: over whom, with its interval where there is one, and what that shows.

    Args:
        lost: how much more the other one scores.
        who: loses it, as "the distilled student".
        against: what, where that is not plain.
        headlined: the sentence before has said that nothing was shown.
    """
    verb = "loses" if lost.mean > 0 else "gains"
    over = "Person by person" if lost.units == "people" else "Stretch by stretch"
    head = f"{over} {who} {verb} {points(lost.mean)} points{f' against {against}' if against else ''}"
    if lost.low is None or lost.high is None:
        return f"{head}; one only, so no interval."
    said = f"{head} (95 % interval {_edges(lost)})"
    if lost.low > 0 or lost.high < 0:
        return f"{said}{': a pilot, not a proof' if lost.pilot else ''}."
    return f"{said}: zero lies inside{'' if headlined else ', so neither a loss nor its absence was shown'}."


def _edges(lost: Gain) -> str:
    """The interval in points, turned to the side that the mean is told for."""
    assert lost.low is not None and lost.high is not None
    edges = (lost.low, lost.high) if lost.mean > 0 else (-lost.high, -lost.low)
    return " to ".join(signed(100 * edge, 1) for edge in edges)


def _added(report: Told, gain: Told) -> str:
    """What the teacher was worth, against the same student trained alone."""
    alone = f"The same student without a teacher scores {score(report[ALONE]['macro_f1'])}"
    if gain["low"] is None:
        return f"{alone}, a difference of {signed(gain['mean'], 2)}; one only, so nothing is shown."
    bounds = f"{signed(gain['low'], 2)} to {signed(gain['high'], 2)}"
    if gain["low"] > 0 or gain["high"] < 0:
        word = "added" if gain["low"] > 0 else "cost"
        return f"{alone}: distillation {word} {abs(gain['mean']):.2f} ({bounds}{', a pilot' if gain['pilot'] else ''})."
    return f"{alone}: that distillation added anything was not shown ({signed(gain['mean'], 2)}, {bounds})."
