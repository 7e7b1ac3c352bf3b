"""The lessons in their order; one more is a file with a `LESSON` and a line here."""

from __future__ import annotations

from stillroom_app.services.lessons import attribution, fewer, hard_soft, memory, spectrum, stages, temperature, windows
from stillroom_app.services.lessons.frame import Lesson

_IN_ORDER = (
    windows.LESSON,
    spectrum.LESSON,
    temperature.LESSON,
    hard_soft.LESSON,
    stages.LESSON,
    memory.LESSON,
    fewer.LESSON,
    attribution.LESSON,
)
LESSONS: dict[str, Lesson] = {one.slug: one for one in _IN_ORDER}


def after(lesson: Lesson) -> Lesson | None:
    """The next lesson; None behind the last."""
    following = sorted((one for one in LESSONS.values() if one.number > lesson.number), key=lambda one: one.number)
    return following[0] if following else None
