"""`python -m stillroom_app.engine`: the process that knows recipes and losses; pages ask it, and need no torch.

One question a line of JSON on stdin, one answer a line on stdout, in order: `{"ask": "describe", ...}` gives
`{"answer": ...}`, or `{"error": {what, where, mend}}`. It trains nothing: what takes longer than a moment is a job. It
ends when its stdin does, so that it never outlives the server.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from stillroom.base.errors import StillroomError
from stillroom.data.dataset import Dataset
from stillroom.data.source import open_source


def describe(recipe: str, fast: bool = False, change: list[str] | None = None) -> dict[str, Any]:
    """A recipe with changes in plain values (`recipes.described`)."""
    from stillroom.recipes.described import described
    from stillroom.recipes.recipe import RECIPES

    made = RECIPES[recipe]()
    return described((made.fast() if fast else made).with_changes(change or []))


def check(recipe: str, options: dict[str, Any], version: str = "") -> dict[str, Any]:
    """Whether `distil` would take these options, and what it would then do; see `facts` for what is told."""
    from stillroom.recipes.check import check as refuse
    from stillroom.recipes.options import experiment_of
    from stillroom.recipes.roles import roles_of

    data = str(options["data"])
    experiment = experiment_of(recipe, options, dataset=_opened(data, str(options.get("track", "")), version))
    refuse(experiment)
    index = experiment.index
    return {
        "windows": len(index.label),
        "people": len({*index.person.tolist()}),
        "classes": list(index.classes),
        "folds": len(experiment.folds),
        "unit": experiment.split.unit,
        "warning": experiment.split.warning,
        "trained_on": min(len(fold.train) for fold in experiment.folds),
        "teacher": list(experiment.teacher.layout.names),
        "student": list(experiment.student.layout.names),
        "models": len(roles_of(experiment.recipe)) * len(experiment.folds),
        "window_s": index.width / index.rate_hz,
        "rate_hz": index.rate_hz,
    }


def losses(
    terms: dict[str, dict[str, Any]], student: list[float], taught: dict[str, list[float]], label: int
) -> dict[str, float]:
    """What each term gives for one window (`losses.one_window`)."""
    import stillroom.losses  # noqa: F401  (registers every term)
    from stillroom.losses.one_window import values_of_one_window

    return values_of_one_window(terms, student=student, taught=taught, label=label)


def alive() -> dict[str, Any]:
    """A sign of life."""
    return {"pid": os.getpid()}


ASKED: Mapping[str, Callable[..., Any]] = {"describe": describe, "check": check, "losses": losses, "alive": alive}


def answered(question: dict[str, Any]) -> dict[str, Any]:
    """The answer to one question; whatever goes wrong is an answer, too."""
    own = dict(question)
    number, asked = own.pop("number", 0), own.pop("ask", "")
    try:
        return {"number": number, "answer": ASKED[asked](**own)}
    except StillroomError as error:
        return {"number": number, "error": error.as_dict()}
    except Exception as error:  # a page is told, and the next question is answered
        what = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        return {"number": number, "error": {"what": what, "where": f"the engine, {asked}", "mend": ""}}


def main() -> None:
    """Answers until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else is printed does not stand between the answers
    for line in sys.stdin:
        print(json.dumps(answered(json.loads(line))), file=answers, flush=True)


@lru_cache(maxsize=2)
def _opened(data: str, track: str, version: str) -> Dataset:
    """A data set, kept for the next question about it; another version is another one."""
    return open_source(data, track=track or None)


if __name__ == "__main__":
    main()
