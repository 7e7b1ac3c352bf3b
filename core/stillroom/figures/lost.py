"""What was there to be seen and was not: the student's answers to the windows that the teacher gets right.

A teacher that errs on a window says little about sensors that are missing; where it is right, the signal held the
answer, and what the student says instead is what its own sensors cannot tell apart, or what it has not learned.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from stillroom.base.errors import InputError
from stillroom.figures.confusion import matrix
from stillroom.figures.palette import face_of
from stillroom.figures.theme import LIGHT, Look, finish, origin_of

Codes = NDArray[np.int64]


def where_right(
    report: dict[str, Any],
    truth: ArrayLike,
    teacher: ArrayLike,
    student: ArrayLike,
    *,
    role: str = "student",
    by: str = "teacher",
    look: Look = LIGHT,
) -> go.Figure:
    """A confusion matrix of one model on the windows that another one gets right; rows sum to one.

    Args:
        report: whose classes and origin are used.
        truth: `(window,)` class indices.
        teacher: `(window,)` what the one that must be right says.
        student: `(window,)` what the one that is looked at says.
        role: who is looked at.
        by: who must be right.
        look: ground and width.

    Raises:
        InputError: arrays of different lengths, a class that is none, or no window that was got right.
    """
    done, said, other = (np.asarray(codes, dtype=np.int64) for codes in (truth, student, teacher))
    classes = len(report["classes"])
    if not done.shape == said.shape == other.shape:
        raise InputError("truth and answers are of different lengths", where="windows", mend="Give one of each")
    if len(done) and (min(done.min(), said.min()) < 0 or max(done.max(), said.max()) >= classes):
        raise InputError(f"a class outside 0 to {classes - 1}", where="windows", mend="Give indices of the classes")
    right = other == done
    if not right.any():
        raise InputError(f"the {by} is right on none of these windows", mend="Choose windows of other people")
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (done[right], said[right]), 1)
    whole = int(right.sum())
    figure = matrix({**report, role: {**report.get(role, {}), "confusion": counts.tolist()}}, role, look=look)
    above, kept = figure.layout.margin.t, int(np.trace(counts))
    one, another = (face_of(name).title.replace("student, distilled", "distilled student") for name in (role, by))
    return finish(
        figure,
        title=f"What the {one} says where the {another} is right",
        note=f"{whole} of {len(done)} windows; the {one} is right on {kept / whole:.0%} of them. Per cent of each row.",
        origin=origin_of(report),
        look=look,
        height=figure.layout.height - above,
        alt=f"{figure.layout.meta['alt']} Only windows that the {another} gets right.",
    )
