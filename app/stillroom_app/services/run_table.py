"""The list of runs as rows: filtered, told apart by what differs, or drawn together over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from stillroom.base.errors import StillroomError
from stillroom_app.services import jobs
from stillroom_app.services.listing import Listed
from stillroom_app.services.notes import Note

SCORES = ("teacher", "student", "alone")
_NOTE = Note()
_SEARCHED = ("recipe", "data", "protocol", "student_view", "teacher_view", "strategy")


def chosen(
    listed: Sequence[Listed],
    notes: Mapping[str, Note],
    *,
    states: Sequence[str] = (),
    recipes: Sequence[str] = (),
    data: Sequence[str] = (),
    text: str = "",
) -> list[Listed]:
    """The runs that fit every filter; an empty filter lets all through.

    Args:
        listed: every run.
        notes: whose words are searched, too.
        states: of the runs.
        recipes: names of recipes.
        data: short names of data sets (`data_name`).
        text: words that all stand in a run's name, settings, tags or note.
    """
    words = text.lower().split()
    return [
        one
        for one in listed
        if (not states or one.state in states)
        and (not recipes or one.asked.get("recipe") in recipes)
        and (not data or data_name(one) in data)
        and all(word in _all_words(one, notes.get(one.name, _NOTE)) for word in words)
    ]


def data_name(one: Listed) -> str:
    """A data set's name without the folder it lies in."""
    return str(one.asked.get("data") or "").rpartition("/")[2]


def rows(listed: Sequence[Listed], notes: Mapping[str, Note], *, differing: bool = False) -> list[dict[str, Any]]:
    """A row for each run.

    Args:
        listed: the runs.
        notes: by name.
        differing: what was asked differently stands in columns, and what was asked alike is left away.
    """
    apart = differing_names(listed) if differing else []
    found = []
    for one in listed:
        note = notes.get(one.name, _NOTE)
        asked = {name: said(one.asked.get(name)) for name in apart} if differing else _usual(one)
        noted = {"changed": one.changed[:16].replace("T", " "), "tags": list(note.tags), "note": note.text}
        found.append({"run": one.name, "state": one.state, **_scores(one), **asked, **noted})
    return found


def grouped(listed: Sequence[Listed]) -> list[dict[str, Any]]:
    """A row for all finished runs that were asked alike but for their seed: mean and spread over seeds."""
    groups: dict[str, list[Listed]] = defaultdict(list)
    for one in listed:
        if one.models:
            groups[one.but_seed].append(one)
    return [_group(group) for group in groups.values()]


def differing_names(listed: Sequence[Listed]) -> list[str]:
    """The settings that are not the same in all of these runs."""
    readable = [one for one in listed if one.asked]
    names = sorted({name for one in readable for name in one.asked})
    return [name for name in names if len({said(one.asked.get(name)) for one in readable}) > 1]


def command_of(one: Listed) -> tuple[str, str]:
    """The job that made a run and its command; both empty where no job of this workspace did.

    Args:
        one: of the person's own runs.
    """
    try:
        for row in jobs.rows():
            if one.folder.name in row["command"]:
                told = jobs.look(row["id"])
                if told["output"] and Path(told["output"]).resolve() == one.folder.resolve():
                    return str(told["job"]), str(told["command"])
    except StillroomError:
        pass
    return "", ""


def _usual(one: Listed) -> dict[str, Any]:
    student, taught = one.models.get("student"), one.models.get("alone")
    model = student or taught or {}
    return {
        "channels": model.get("channels"), "recipe": one.asked.get("recipe"), "data": data_name(one),
        "protocol": one.asked.get("protocol"), "seed": one.asked.get("seed"),
    }  # fmt: skip


def _scores(one: Listed) -> dict[str, float | None]:
    scores = {role: (one.models.get(role) or {}).get("macro_f1") for role in SCORES}
    return {**scores, "gain": (one.gain or {}).get("mean")}


def _group(group: Sequence[Listed]) -> dict[str, Any]:
    first = group[0]
    seeds = ", ".join(str(seed) for seed in sorted({int(one.asked.get("seed") or 0) for one in group}))
    found: dict[str, Any] = {"student_view": first.asked.get("student_view"), "runs": len(group), "seeds": seeds}
    for role in SCORES:
        values = [one.models[role]["macro_f1"] for one in group if role in one.models]
        found[role] = fmean(values) if values else None
        found[f"{role} ±"] = stdev(values) if len(values) > 1 else None
    return found | {name: value for name, value in _usual(first).items() if name != "seed"}


def _all_words(one: Listed, note: Note) -> str:
    asked = (str(one.asked.get(name) or "") for name in _SEARCHED)
    return " ".join((one.name, one.state, *asked, *note.tags, note.text)).lower()


def said(value: Any) -> str:
    """A setting's value, as a cell of a table holds it."""
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
