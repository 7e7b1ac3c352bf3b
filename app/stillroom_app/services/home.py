"""What Home shows first: one run in a sentence and four tiles, and what has happened lately.

The run is the person's own latest that taught a student; until there is one, the demo's.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stillroom.base.errors import StillroomError
from stillroom.evaluation.gain import Gain, paired_gain
from stillroom.jobs.record import ENDED
from stillroom.runs.playback import Playback, playback_of
from stillroom.runs.predictions import glimpse_of
from stillroom.runs.store import COST, DONE
from stillroom_app.services import jobs, latency
from stillroom_app.services.listing import DAMAGED, Listed
from stillroom_app.services.workspace import HEADLINE, Whose, kept

_LATELY_S, _SHOWN = 7 * 86_400.0, 3
_PERCENT, _THOUSAND = 100, 1000


@dataclass(frozen=True)
class Tile:
    """One number of the teacher beside the student's.

    Attributes:
        label: what it is.
        value: teacher's to student's.
        change: in few words; empty where there is nothing to say.
        better: whether the change is for the better; None where it is neither.
        note: how it was found.
    """

    label: str
    value: str
    change: str
    better: bool | None
    note: str


@dataclass(frozen=True)
class Step:
    """One step of the way that a newcomer takes.

    Attributes:
        question: that it answers, or what is done.
        label: of the link.
        icon: beside it.
        page: a screen's name.
        query: of its address.
    """

    question: str
    label: str
    icon: str
    page: str
    query: dict[str, str]


def shown(listed: list[Listed]) -> Listed | None:
    """The run that Home is about, of those that can be read; a study's cell is no result of its own.

    Args:
        listed: every run, the person's own first.
    """
    own = (one for one in listed if one.whose == "yours" and not one.study and _taught(one))
    return next(own, None) or next((one for one in listed if one.name == HEADLINE and _taught(one)), None)


def way(one: Listed) -> list[Step]:
    """Play, take a sensor away, ask why, bring one's own.

    Args:
        one: the run that Home is about; where it cannot play without a sensor, the demo's plays.
    """
    told = _playback(one)
    run = {"run": one.name if told and told.sets else HEADLINE}
    label = "Play the demo" if run["run"] == HEADLINE else "Play my run"
    less = {**run, "keep": ",".join(_missed(told))} if told and told.sets else run
    return [
        Step("See both at work", label, ":material/play_arrow:", "playback", run),
        Step("What if a sensor goes?", "Take a sensor away", ":material/sensors_off:", "playback", less),
        Step("Why does it say so?", "Ask why", ":material/psychology_alt:", "playback", {**run, "why": "true"}),
        Step("And on my own line?", "Try my data", ":material/upload_file:", "datasets", {}),
    ]


def headline(report: Mapping[str, Any]) -> str:
    """From how many channels to how many, and how much of the teacher's score is left."""
    teacher, student = report["teacher"], report["student"]
    many = f"From {teacher['channels']} channels to {student['channels']}"
    if teacher["channels"] == student["channels"]:
        many = f"From {_count(teacher['params'])} parameters to {_count(student['params'])}"
    return f"{many}, keeping {_share(student['macro_f1'], teacher['macro_f1'])} of the teacher’s score"


def tiles(report: Mapping[str, Any], cost: Mapping[str, Any] | None, whose: Whose = "yours") -> list[Tile]:
    """Channels, score, file and, where it was measured, latency: of the teacher and of the student.

    Args:
        report: of a run with both.
        cost: as `stillroom cost` told it; None where nobody asked.
        whose: the run is, and so the computer that it was measured on.
    """
    teacher, student = report["teacher"], report["student"]
    found = [
        Tile(
            "Channels",
            f"{teacher['channels']} → {student['channels']}",
            *_fewer(teacher, student, "channels", "fewer"),
            _worn(report),
        ),
        Tile("Macro-F1", f"{teacher['macro_f1']:.2f} → {student['macro_f1']:.2f}", *_lost(report), _interval(report)),
        Tile(
            "File",
            _pair(teacher["size_bytes"] / 1e3, student["size_bytes"] / 1e3, "kB", "MB"),
            *_fewer(teacher, student, "size_bytes", "smaller"),
            "Weights of the first fold’s models, 32-bit.",
        ),
    ]  # fmt: skip
    return [*found, *_latency(cost, whose)]


def points_lost(report: Mapping[str, Any]) -> str:
    """The points of macro-F1 that the student is behind, with their interval and over how many, in one phrase."""
    said, _ = _lost(report)
    return f"{said.replace('points', 'points of macro-F1', 1)}, {report['n']} {report['units']} tested"


def without_teacher(report: Mapping[str, Any]) -> str:
    """What distillation itself added, in one sentence; empty where the run has no student alone."""
    alone, gain = report.get("alone"), report.get("gain")
    if not alone or not gain:
        return ""
    same = f"The same student without a teacher scores {alone['macro_f1']:.2f}"
    if gain["low"] is None or gain["pilot"]:
        return f"{same}: a difference of {gain['mean']:+.2f}, too few {gain['units']} for a claim."
    if gain["low"] > 0 or gain["high"] < 0:
        return f"{same}: distillation {'added' if gain['low'] > 0 else 'cost'} {abs(gain['mean']):.2f}" + (
            f" ({gain['low']:+.2f} to {gain['high']:+.2f} over {gain['n']} {gain['units']})."
        )
    return f"{same}: that distillation added anything could not be shown ({gain['low']:+.2f} to {gain['high']:+.2f})."


def cost_of(one: Listed) -> dict[str, Any] | None:
    """What `stillroom cost` measured of a run; None where nobody asked yet."""
    return kept(one.folder / COST)


def glimpse(one: Listed) -> dict[str, Any] | None:
    """Half a minute of somebody who was tested; None where the run does not hold it, or it is damaged."""
    try:
        return glimpse_of(one.run)
    except StillroomError:
        return None


def lately(now_s: float | None = None) -> list[dict[str, Any]]:
    """The jobs that ended within a week, the latest first: `job`, `state`, `command`, `why`, `ago`."""
    now = now_s or time.time()
    ended = [row for row in jobs.rows(ENDED) if not row["belongs"] and row["ended_s"]]
    recent = sorted((row for row in ended if now - row["ended_s"] < _LATELY_S), key=lambda row: -row["ended_s"])
    return [{**jobs.look(row["id"]), "ago": ago(now - row["ended_s"])} for row in recent[:_SHOWN]]


def unfinished(listed: list[Listed]) -> list[Listed]:
    """The person's own runs that were stopped or failed, or that something ended: they can be gone on with."""
    waiting = (one for one in listed if one.whose == "yours" and one.state not in (DONE, DAMAGED))
    return list(waiting)[:_SHOWN]


def ago(seconds: float) -> str:
    """How long ago, in one unit."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := int(seconds // size)) >= 1:
            return f"{count} {unit}{'s' * (count > 1)} ago"
    return "just now"


def _playback(one: Listed) -> Playback | None:
    """What a run has to play; None where nothing was made, or it is damaged."""
    try:
        return playback_of(one.run)
    except StillroomError:
        return None


def _missed(told: Playback) -> tuple[str, ...]:
    """All sensors but the one that is missed most, as far as any of these sets was scored."""
    fewer = [one for one in told.sets if len(one.sensors) == len(told.sensors) - 1 and one.macro_f1 is not None]
    return min(fewer, key=lambda one: one.macro_f1 or 0.0).sensors if fewer else told.own


def _taught(one: Listed) -> bool:
    return "teacher" in one.models and "student" in one.models


def _share(part: float, whole: float) -> str:
    return f"{_PERCENT * part / whole:.0f} %" if whole else "nothing"


def _fewer(teacher: Mapping[str, Any], student: Mapping[str, Any], key: str, word: str) -> tuple[str, bool | None]:
    """How much less the student has of something."""
    if not student[key] or teacher[key] == student[key]:
        return "the same", None
    times = teacher[key] / student[key]
    return (f"{_times(times)} {word}", True) if times > 1 else (f"{_times(1 / times)} as much", False)


def _times(number: float) -> str:
    return f"{number:,.0f} times" if number >= 10 or number == round(number) else f"{number:.1f} times"


def _lost(report: Mapping[str, Any]) -> tuple[str, bool | None]:
    """The points that the student is behind, with the paired interval; neither better nor worse where 0 lies in it."""
    behind = _behind(report)
    said = f"{_PERCENT * abs(behind.mean):.1f} points {'lost' if behind.mean > 0 else 'more'}"
    if behind.low is None or behind.high is None:
        return said, None
    edges = (behind.low, behind.high) if behind.mean > 0 else (-behind.high, -behind.low)
    low, high = (_points(_PERCENT * edge) for edge in edges)
    better = False if behind.low > 0 else True if behind.high < 0 else None
    return f"{said} ({low} to {high})", better


def _points(points: float) -> str:
    """Short, since a tile is narrow: whole from 10 on."""
    return f"{round(points, 1) + 0.0:.{int(abs(points) < 10)}f}".replace("-", "−")


def _behind(report: Mapping[str, Any]) -> Gain:
    """Teacher minus student, person by person."""
    student, teacher = (report[role]["per_person"] for role in ("student", "teacher"))
    return paired_gain(student, teacher, units=report["units"], level=report.get("level") or 0.95)


def _interval(report: Mapping[str, Any]) -> str:
    """How the points' interval was found, and each model's own, or that there is none."""
    said = []
    for role in ("teacher", "student"):
        one = report[role]
        between = "no interval" if one["low"] is None else f"{one['low']:.2f} to {one['high']:.2f}"
        said.append(f"{role} {between}")
    level = f"{_PERCENT * (report.get('level') or 0.95):.0f} %"
    pilot = " A pilot, not a proof." * bool(report["pilot"])
    return (
        f"In brackets: the {level} interval of the points, paired over {report['n']} {report['units']}."
        f" Each model's own: {', '.join(said)}.{pilot}"
    )


def _worn(report: Mapping[str, Any]) -> str:
    """How many sensors the channels belong to."""
    sensors = {role: {name.rpartition(".")[0] for name in report[f"{role}_view"]} for role in ("teacher", "student")}
    kept = ", ".join(sorted(name.replace("_", " ").replace(".", " ") for name in sensors["student"]))
    return f"Of {len(sensors['teacher'])} sensors the student needs {len(sensors['student'])}: {kept}."


def _latency(cost: Mapping[str, Any] | None, whose: Whose) -> list[Tile]:
    """One window, one thread, ONNX Runtime."""
    of = {model: one["value"] for model, one in latency.of_a_window(cost).items()}
    if not {"teacher", "student"} <= set(of):
        return []
    sooner = of["teacher"] / of["student"]
    computer = latency.computer_of(cost, whose)
    note = f"Median of one window on one thread under ONNX Runtime, on {computer}."
    change = (f"{_times(sooner)} faster", True) if sooner > 1 else (f"{_times(1 / sooner)} slower", False)
    return [Tile("Latency", _pair(1e3 * of["teacher"], 1e3 * of["student"], "µs", "ms"), *change, note)]


def _pair(before: float, after: float, unit: str, thousand: str) -> str:
    """Two numbers of one unit; each with its own where they lie far apart."""
    small, large = after < _THOUSAND, before >= _THOUSAND
    if small and large:
        return f"{before / _THOUSAND:.1f} {thousand} → {after:.0f} {unit}"
    if small:
        return f"{before:.0f} → {after:.0f} {unit}"
    return f"{before / _THOUSAND:.1f} → {after / _THOUSAND:.1f} {thousand}"


def _count(number: int) -> str:
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number / 1e3:.0f} k" if number >= 1e4 else str(number)
