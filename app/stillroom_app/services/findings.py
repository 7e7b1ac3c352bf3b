"""What can be said of a job at a glance: its state in a sentence, what to do about it, and what its curves show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillroom_app.services.training import Seen, best_of

_STATES = {
    "queued": "It waits for a free core, and starts by itself.",
    "starting": "It starts: its process loads what it needs.",
    "running": "It runs, also when this tab or the server is closed.",
    "paused": "It waits at its last step, and keeps its place.",
    "finishing": "It was asked to stop, and writes down where it is.",
    "done": "It is done.",
    "stopped": "It was stopped. What was made is kept, and it can go on from there.",
    "failed": "What was made is kept.",
    "lost": "What was made is kept.",
}
_CAUSES = (
    ("disk is full", "Free some space on the disk, then resume it."),
    ("quota is used up", "Free some space, then resume it."),
    ("want of memory", "Let fewer jobs run at once, or give the teacher fewer channels; then resume it."),
    ("no longer finite", "A loss became infinite: duplicate it with a smaller weight or learning rate."),
    ("machine was restarted", "Resume it: it goes on from its last checkpoint."),
    ("killed", "Resume it: it goes on from its last checkpoint."),
    ("data has changed", "The recordings are others now: start it anew."),
)
_PATIENT, _APART = 8, 0.05


def sentence(told: Mapping[str, Any]) -> tuple[str, str]:
    """How a job stands, and what to do: two sentences, the second one empty where nothing is to be done."""
    state, why = str(told["state"]), str(told["why"])
    said = _STATES.get(state, state)
    if state not in ("failed", "lost", "stopped"):
        return said, ""
    act = next((act for sign, act in _CAUSES if sign in why), "")
    if not act and state in ("failed", "lost"):
        act = "Resume it, or duplicate it with changes."
    return said, act


def cause(told: Mapping[str, Any]) -> str:
    """Why a job ended otherwise than well, as a sentence; what to do about it is the page's to say."""
    why = str(told["why"]).partition(". Take it up again with")[0] or "it ended, and did not say why"
    return why[:1].upper() + why[1:]


def findings(seen: Seen, fold: str, *, running: bool) -> list[str]:
    """What a fold's curves show that is worth a word."""
    found = []
    best = {role: best_of(entries)[1] for (where, role), entries in seen.epochs.items() if where == fold and entries}
    pupil = max((best[role] for role in ("student", "alone") if role in best), default=None)
    if "teacher" in best and pupil is not None and best["teacher"] < pupil - _APART:
        found.append(
            f"The teacher is worse than the student here: {best['teacher']:.2f} against {pupil:.2f} on these validation"
            " people. It may have little to teach; more epochs or more sensors can help."
        )
    if running and seen.now and seen.now[0] == fold and (entries := seen.epochs.get(seen.now)):
        at, score = best_of(entries)
        since, planned = entries[-1]["epoch"] - at, seen.planned.get(seen.now, 0)
        if since >= max(_PATIENT, 0.3 * planned):
            found.append(
                f"No better score for {since} epochs: a plateau. The best one, {score:.2f} at epoch {at}, is kept."
            )
    return found


def severity(line: str) -> str:
    """Whether a line of a log tells of an error, warns, or merely tells."""
    low = line.lower()
    if any(sign in low for sign in ("error", "traceback", "exception", "killed", "cannot")):
        return "error"
    return "warning" if "warn" in low else "note"
