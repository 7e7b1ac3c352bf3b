"""One real window of a finished run for the Teach switch: what teacher and student said, what each term gives for it.

The answers are those that the run kept; what a term gives is asked of the engine process, which runs the very losses
that train.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError, StillroomError
from stillroom.base.paths import read_json
from stillroom.runs.predictions import predictions_of
from stillroom_app.services import engine
from stillroom_app.services.recipes import title_of
from stillroom_app.services.workspace import Entry

OTHERS = ("semantic", "alone", "student-mixed", "alone-mixed")
_TAUGHT = ("teacher", "semantic")
_LEAST = 1e-7  # of a kept probability: they are float32, and a logarithm of nothing is none


@dataclass(frozen=True)
class OneWindow:
    """What a run's models said of one tested window.

    Attributes:
        number: in the run's window index.
        unit: whose it is.
        label: class index of what was done.
        classes: their names.
        log_probabilities: `(class,)` by role, as far as the run kept them: `teacher`, `student`, and of `OTHERS`.
        place: of it among those that can be chosen, and how many these are.
        rounded: a probability was kept as nothing, so that soft targets are no more than near.
    """

    number: int
    unit: str
    label: int
    classes: tuple[str, ...]
    log_probabilities: dict[str, list[float]]
    place: tuple[int, int]
    rounded: bool = False

    @property
    def truth(self) -> str:
        """What was done."""
        return self.classes[self.label]


def window_of(one: Entry, place: int = 0, *, disagreeing: bool = False) -> OneWindow:
    """A tested window of a finished run.

    Args:
        one: the run.
        place: which of those that can be chosen, counted round.
        disagreeing: only windows of which teacher and student say different things.

    Raises:
        InputError: the run keeps no answers, or no window is as asked.
    """
    report = one.run.report
    said = {role: predictions_of(one.run, role) for role in ("teacher", "student")}
    teacher, student = said["teacher"], said["student"]
    for role in OTHERS:
        with suppress(InputError):  # none were kept of it
            found = predictions_of(one.run, role)
            if np.array_equal(found.ids, teacher.ids):
                said[role] = found
    fits: NDArray[np.int64] = np.arange(len(teacher.ids))
    if disagreeing:
        fits = np.flatnonzero(teacher.said != student.said)
    if not len(fits):
        raise InputError("no window is as asked", where=one.name, mend="Look at all windows")
    at = int(fits[place % len(fits)])
    return OneWindow(
        int(teacher.ids[at]),
        str(teacher.unit[at]),
        int(teacher.truth[at]),
        tuple(report["classes"]),
        {role: _logs(found.probabilities[at]) for role, found in said.items()},
        (place % len(fits), len(fits)),
        any(bool((found.probabilities[at] <= 0).any()) for found in said.values()),
    )


def fits(folder: Path) -> bool:
    """Whether a finished run keeps what its teacher and its student said."""
    found = next(folder.glob("folds/*/student/predictions.npz"), None)
    return found is not None and (found.parent.with_name("teacher") / found.name).is_file()


def values(window: OneWindow, terms: Mapping[str, Mapping[str, Any]], learner: str) -> dict[str, float]:
    """What each term gives for a window, unweighted; those that have no value for it are left out (`why_none`).

    Args:
        window: a run's answers.
        terms: with their settings.
        learner: the role of the training that the terms teach; only that model's own answers will do.

    Raises:
        StillroomError: a setting that does not fit, or no answer.
    """
    logs = window.log_probabilities
    if learner not in logs:
        return {}
    told: dict[str, float] = engine.ask(
        "losses", terms={name: dict(one) for name, one in terms.items()}, student=logs[learner],
        taught={role: logs[role] for role in _TAUGHT if role in logs and role != learner}, label=window.label,
    )  # fmt: skip
    return told


def why_none(term: Mapping[str, Any], learner: str, window: OneWindow) -> str:
    """Why a term has no value for a window, in a sentence."""
    needs, of = term["needs"], term["settings"].get("of", "logits")
    if term["between"]:
        return "It compares windows, so it has no value for one of them."
    if any(not need.endswith(".logits") for need in needs) or not (needs or of == "logits"):
        return "It looks at more than final answers, and a run keeps no more."
    if learner not in window.log_probabilities:
        return "The run keeps no answers of the model that this training makes."
    if absent := sorted({need.partition(".")[0] for need in needs} - set(window.log_probabilities)):
        return f"The run keeps no answers of the {title_of(absent[0])[0].lower()}."
    return "It depends on the size of the raw logits, and a run keeps probabilities, which do not tell it."


def last_mean(one: Entry, role: str, term: str) -> float | None:
    """The mean of a term over the training windows in the last epoch of a run's first fold; None where unknown."""
    path = one.run.part(str(one.run.report["folds"][0]["fold"]), role) / "history.json"
    with suppress(StillroomError, KeyError, IndexError, TypeError):  # the demo keeps none, and old runs no such term
        return float(read_json(path)[-1]["losses"][term])
    return None


def _logs(probabilities: NDArray[np.float32]) -> list[float]:
    found: list[float] = np.log(np.maximum(probabilities.astype(np.float64), _LEAST)).tolist()
    return found
