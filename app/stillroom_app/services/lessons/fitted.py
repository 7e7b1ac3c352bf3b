"""A lesson as one run lets it be told: where its steps begin, which of them and which choices there are.

What a run's data says of that stands in `begins` (values of knobs, by a name that a step names) and in `choices` (the
values of a knob that the run has something to show for). Both are optional, and neither is sent to the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stillroom_app.services.lessons.frame import Knob, Lesson, Step, Value

FITTING = ("begins", "choices")


def told_on(lesson: Lesson, data: Mapping[str, Any]) -> Lesson:
    """The lesson without what the run cannot show, and with the run's own beginnings.

    Args:
        lesson: as it is written.
        data: the lesson's, of a run.
    """
    begins, only = data.get("begins", {}), data.get("choices", {})
    steps = tuple(_begun(one, begins) for one in lesson.steps if not one.needs or one.begins in begins)
    wanted = {name: [one.sets[name] for one in steps if name in one.sets] for name in {k.name for k in lesson.knobs}}
    first = begins.get(lesson.steps[0].begins, {})
    knobs = [replace(one, start=first.get(one.name, one.start)) for one in lesson.knobs]
    knobs = [_chosen(one, only[one.name]) if one.name in only else one for one in knobs]
    return replace(lesson, steps=steps, knobs=tuple(_holding(one, wanted[one.name]) for one in knobs))


def _begun(step: Step, begins: Mapping[str, Mapping[str, Value]]) -> Step:
    return replace(step, sets={**step.sets, **begins.get(step.begins, {})})


def _chosen(knob: Knob, values: list[str]) -> Knob:
    return replace(knob, choices=tuple(one for one in knob.choices if one[0] in values))


def _holding(knob: Knob, values: list[Value]) -> Knob:
    """A slider that reaches the values that its steps begin with, and stands at them exactly."""
    numbers = [float(one) for one in values] if knob.kind == "slider" else []
    least, most = min([knob.least, *numbers]), max([knob.most, *numbers])
    wider = replace(knob, least=least, most=most)
    if all(wider.read(one, 0) == one for one in numbers):
        return wider
    digits = max(len(f"{one:.4f}".rstrip("0").partition(".")[2]) for one in [least, *numbers])
    return replace(wider, step=10.0**-digits)
