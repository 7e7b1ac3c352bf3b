"""What a lesson is: steps of plain words, a thing to guess, two checks, and knobs that are turned on real windows.

A lesson is a value, `LESSON`, in a file of its own beside this one; `shelf.LESSONS` names them in order. Its pictures
are a file `components/lesson_stage/SLUG.js`, which computes everything in the browser. All that a reader does stands in
the address: `lesson`, `step`, `guess`, `check1`, `check2`, and each knob by its name. Nothing here draws.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from stillroom.sensors.catalogue import kind_of
from stillroom_app.services.listing import Listed
from stillroom_app.services.workspace import Entry

Value = float | str
_MARK = re.compile(r"[\w.,:;+\-]{0,300}", re.ASCII)
SAMPLE = "sample"


@dataclass(frozen=True)
class Knob:
    """Something that is turned; the browser draws it and answers within a frame.

    Attributes:
        name: in the address, as `T`; unlike any key that the app binds there.
        title: for people, as "Temperature".
        kind: `slider`; `steps`, a count of training steps with play and one step; `choice`, one of some words;
            `sample`, one of the lesson's windows; `mark`, a short text that the picture itself keeps.
        least: of a slider or of steps.
        most: of the same.
        step: between values.
        start: at first.
        choices: of a choice, each with its words; the first is where it starts.
        unit: behind the value.
    """

    name: str
    title: str
    kind: Literal["slider", "steps", "choice", "sample", "mark"] = "slider"
    least: float = 0
    most: float = 1
    step: float = 1
    start: float = 0
    choices: tuple[tuple[str, str], ...] = ()
    unit: str = ""

    @property
    def first(self) -> Value:
        """Its value before anybody turned it."""
        if self.kind == "choice":
            return self.choices[0][0]
        return "" if self.kind == "mark" else self.start

    def read(self, text: object, samples: int) -> Value:
        """A value out of an address, held inside what there is; the first value where it is none."""
        said = str(text)
        if self.kind == "choice":
            return said if said in dict(self.choices) else self.first
        if self.kind == "mark":
            return said if _MARK.fullmatch(said) else ""
        try:
            number = float(said)
        except ValueError:
            return self.first
        if not math.isfinite(number):
            return self.first
        least, most = (0.0, float(max(0, samples - 1))) if self.kind == "sample" else (self.least, self.most)
        step = 1.0 if self.kind in ("sample", "steps") else self.step
        held = min(most, max(least, number))
        return round(min(most, least + round((held - least) / step) * step), 6)


@dataclass(frozen=True)
class Question:
    """A question with one right answer.

    Attributes:
        asked: the question.
        choices: the answers.
        right: which of them is.
        why: in a sentence, told with the right answer.
        hint: told with a wrong one.
    """

    asked: str
    choices: tuple[str, ...]
    right: int
    why: str
    hint: str = "Not this one. Look once more."


@dataclass(frozen=True)
class Step:
    """One thing at a time.

    Attributes:
        title: a word or two.
        words: a few sentences in Markdown; `[[name]]` is replaced by the lesson's own measured `words`.
        view: which of the lesson's pictures is drawn.
        knobs: that can be turned here.
        sets: knobs that this step starts with at another value.
        formula: in LaTeX, lines as short as a column is wide; the picture shows it with the sample's numbers.
        guess: asked before the knobs can be turned and the picture shows the answer; one in a lesson.
        begins: a name in the data's `begins`: values of knobs, found in the run, that it starts with.
        needs: whether it is left out of a run that has no such beginning.
    """

    title: str
    words: str
    view: str
    knobs: tuple[str, ...] = ()
    sets: Mapping[str, Value] = field(default_factory=dict)
    formula: str = ""
    guess: Question | None = None
    begins: str = ""
    needs: bool = False


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes:
        number: 1 to 8.
        slug: in the address, and of its file of pictures.
        title: for people.
        question: it answers.
        minutes: it takes.
        steps: in order; the checks come behind the last.
        checks: two questions.
        knobs: all of them.
        sources: where it is written, a line each.
        data: the real windows of a run, as plain values that become JSON: `samples` (a list of dicts, each with a
            `name`), `classes` where there are any, `origin` (a sentence), `words`, and what `fitted` reads.
        fits: whether a run keeps what the lesson needs.
        scripts: further files of `lesson_stage/` that its pictures need, before its own.
        reading: what of it is our reading and not a paper's; empty where nothing is.
        notebook: file below `notebooks/` that goes on from here.
    """

    number: int
    slug: str
    title: str
    question: str
    minutes: int
    steps: tuple[Step, ...]
    checks: tuple[Question, Question]
    knobs: tuple[Knob, ...]
    sources: tuple[str, ...]
    data: Callable[[Entry], dict[str, Any]]
    fits: Callable[[Listed], bool]
    scripts: tuple[str, ...] = ()
    reading: str = ""
    notebook: str = ""

    def read(self, address: Mapping[str, Any], samples: int) -> dict[str, Value]:
        """The value of every knob: the address's, else what its step starts with, else the first."""
        at = self.step_of(address)
        sets = self.steps[at].sets if at < len(self.steps) else {}
        wanted = {one.name: address.get(one.name, sets.get(one.name, one.first)) for one in self.knobs}
        return {one.name: one.read(wanted[one.name], samples) for one in self.knobs}

    def step_of(self, address: Mapping[str, Any]) -> int:
        """Which step an address is at; the checks are the one behind the last."""
        said = str(address.get("step", "1"))
        return min(len(self.steps), max(0, int(said) - 1)) if said.isdecimal() and len(said) < 4 else 0


def answered(address: Mapping[str, Any], name: str, question: Question) -> int | None:
    """Which answer an address gives to a question: `guess=2` is the second."""
    said = str(address.get(name, ""))
    place = int(said) - 1 if said.isdecimal() and len(said) < 3 else -1
    return place if 0 <= place < len(question.choices) else None


def told(text: str, words: Mapping[str, str]) -> str:
    """Words with what was measured in their places."""
    for name, said in words.items():
        text = text.replace(f"[[{name}]]", said)
    return text


def written(values: Mapping[str, Value]) -> dict[str, str]:
    """Knobs as an address holds them."""
    return {name: value if isinstance(value, str) else f"{value:g}" for name, value in values.items()}


def samples_of(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The windows that a lesson can be turned on."""
    found: Sequence[Mapping[str, Any]] = data["samples"]
    return found


def rounded(values: NDArray[Any], digits: int = 5) -> list[float]:
    """Numbers short enough to be sent: so many significant digits."""
    return [float(f"{value:.{digits}g}") for value in values.tolist()]


def unit_of(kind: str) -> str:
    """The unit of a kind of sensor, as people write it."""
    return kind_of(kind).unit.replace("s2", "s\N{SUPERSCRIPT TWO}")
