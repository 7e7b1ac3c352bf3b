"""What the answers of a playback have cost so far: time and energy of one answer, each with where it comes from.

Time is the net's alone, one window on one thread under ONNX Runtime, as `stillroom cost` measured it. Energy is what a
board has sent back, or the bracket that `cost` estimates. What nobody measured or estimated is said, and not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.base.errors import StillroomError
from stillroom.figures.amounts import measured, runtime_of
from stillroom.runs.store import COST
from stillroom_app.services import devices, latency, workspace
from stillroom_app.services.workspace import Entry, kept

_NO_TIME = "How long an answer takes was not measured: the Device page does it."
_NEITHER = "What an answer takes, in time and in energy, was not measured: the Device page does it."
_NO_ENERGY = "What an answer takes in energy was neither measured nor estimated: the Device page does it."
_DAMAGED = (
    "What an answer takes, in time and in energy, was kept in a file that is damaged: the Device page makes it anew."
)
Told = Mapping[str, Any] | None


def costs_of(entry: Entry, sets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Time and energy of one answer, of the teacher and of the student of each set.

    Args:
        entry: the run that is played.
        sets: as `playing.packed` lists them.

    Returns:
        `time` and `energy`, each with `teacher`, `students` (of each set), `origin` and `told`; where there is nothing
        to show, `why` says so and the others are left out. Time is in milliseconds, energy in millijoules, lowest
        and highest.
    """
    told = {"": kept(entry.run.folder / COST)}
    for name in {str(one["run"]) for one in sets if one["run"]}:
        told[name] = _of_run(entry, name)
    try:
        time, energy = _times(entry, told, sets), _energy(entry, told, sets)
    except (KeyError, TypeError, ValueError, AttributeError):  # a file that was changed by hand
        return {"time": {"why": _DAMAGED}, "energy": {"why": ""}}
    if "why" in time and "why" in energy:
        return {"time": {"why": _NEITHER}, "energy": {"why": ""}}
    return {"time": time, "energy": energy}


def _of_run(entry: Entry, name: str) -> dict[str, Any] | None:
    """What another run of the same place costs; None where it is gone, or nobody asked."""
    above, _, own = entry.name.removeprefix(workspace.DEMO_PREFIX).rpartition("/")
    if name == own:
        return kept(entry.run.folder / COST)
    prefix = workspace.DEMO_PREFIX if entry.whose == "demo" else ""
    try:
        return kept(workspace.entry(f"{prefix}{above}{'/' * bool(above)}{name}").run.folder / COST)
    except StillroomError:
        return None


def _times(entry: Entry, told: Mapping[str, Told], sets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    mine = told[""]
    each = latency.of_a_window(mine)
    if "teacher" not in each and "student" not in each:
        return {"why": _NO_TIME}
    students = []
    for one in sets:
        theirs = told.get(str(one["run"])) if one["measured"] else None
        same = theirs is mine or latency.same_computer(theirs, mine)
        found = latency.of_a_window(theirs).get("student") if same else None
        students.append([found["value"], found["value"]] if found else None)
    teacher = each.get("teacher")
    busy = ", machine busy" * any(one.get("busy") for one in each.values())
    return {
        "teacher": [teacher["value"], teacher["value"]] if teacher else None, "students": students,
        "origin": "measured",
        "told": f"The net alone, one window on one thread, ONNX Runtime; median, on"
                f" {latency.computer_of(mine, entry.whose)}{busy}.",
    }  # fmt: skip


def _energy(entry: Entry, told: Mapping[str, Told], sets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a board has measured comes first; then the narrowest bracket that there is for both."""
    found = _on_board(entry) or _bracket(told[""])
    if found is None:
        return {"why": _NO_ENERGY}
    figures, origin, said = found
    own = {"", entry.name.removeprefix(workspace.DEMO_PREFIX).rpartition("/")[2]}
    student = figures.get("student")
    return {
        "teacher": figures.get("teacher"), "origin": origin, "told": said,
        "students": [student if one["measured"] and one["run"] in own else None for one in sets],
    }  # fmt: skip


def _on_board(entry: Entry) -> tuple[dict[str, list[float]], str, str] | None:
    try:
        known = [one for one in devices.imported(entry) if one["quantity"] == "energy" and measured(one)]
    except StillroomError:
        return None
    if not known:
        return None
    first = known[0]
    alike = [one for one in known if all(one[key] == first[key] for key in _ALIKE)]
    figures = {str(one["model"]): [float(one["value"])] * 2 for one in alike if one["value"]}
    return figures, "device", f"Measured on {first['device']}, {_way(first)}."


def _bracket(told: Told) -> tuple[dict[str, list[float]], str, str] | None:
    found = [one for one in latency.figures_of(told) if one.get("quantity") == "energy" and not measured(one)]
    ways: dict[tuple[Any, ...], dict[str, list[float]]] = {}
    for one in found:
        if one.get("low") and one.get("high"):
            way = ways.setdefault(tuple(one[key] for key in _ALIKE), {})
            way[str(one["model"])] = [float(one["low"]), float(one["high"])]
    both = [(way, of) for way, of in ways.items() if {"teacher", "student"} <= set(of)]
    if not both:
        return None
    found_way, figures = min(both, key=lambda one: one[1]["student"][1] / one[1]["student"][0])
    first = dict(zip(_ALIKE, found_way, strict=True))
    board = devices.boards().get(first["device"])
    named = board.title if board else str(first["device"])
    return figures, "estimated", f"A bracket for {named}, {_way(first)}: from its power at rest to its cap."


def _way(one: Mapping[str, Any]) -> str:
    return f"{runtime_of(one['runtime'])} {one['precision']}, {one['mode']}"


_ALIKE = ("device", "mode", "runtime", "precision")
