"""Windows of a finished run for the lessons on logits: chosen by how its teacher and its student answered.

A run keeps probabilities, so logits are known but for one added number; here they are shifted so that their mean is 0.
A softmax does not mind the shift. A norm does, and whoever takes one says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.runs.predictions import Predictions, predictions_of
from stillroom_app.services import teaching
from stillroom_app.services.lessons.frame import SAMPLE
from stillroom_app.services.listing import Listed
from stillroom_app.services.workspace import Entry

_WRONG = "Teacher wrong"
_LEAST = 1e-7  # of a kept probability: they are float32, and a logarithm of nothing is none


def fits(one: Listed) -> bool:
    """Whether a run keeps what its teacher and its student said."""
    return {"teacher", "student"} <= set(one.models) and teaching.fits(one.folder)


def logits(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log probabilities `(..., class)`, shifted so that their mean over the classes is 0."""
    found = np.log(np.maximum(probabilities.astype(np.float64), _LEAST))
    return np.asarray(found - found.mean(axis=-1, keepdims=True))


def data(one: Entry) -> dict[str, Any]:
    """A handful of tested windows with both models' logits, and how often the teacher is right.

    Raises:
        InputError: the run keeps no answers.
    """
    teacher, student = (predictions_of(one.run, role) for role in ("teacher", "student"))
    if not np.array_equal(teacher.ids, student.ids):
        raise InputError("teacher and student were not asked about the same windows", where=one.name)
    classes = [str(name) for name in one.run.report["classes"]]
    taught, learned = logits(teacher.probabilities), logits(student.probabilities)
    samples = [
        {
            "name": f"{said}: {classes[teacher.truth[at]]}, {teacher.unit[at]}",
            "number": int(teacher.ids[at]),
            "label": int(teacher.truth[at]),
            "teacher": taught[at].tolist(),
            "student": learned[at].tolist(),
        }
        for said, at in _chosen(teacher, student)
    ]
    right = int((teacher.said == teacher.truth).sum())
    kinds = [str(one["name"]).partition(":")[0] for one in samples]
    return {
        "samples": samples,
        "begins": {name: {SAMPLE: kinds.index(said)} for name, said in (("wrong", _WRONG),) if said in kinds},
        "classes": classes,
        "origin": "What the run's teacher and student answered to windows of people whom neither had seen"
        if one.run.report["units"] == "people"
        else "What the run's teacher and student answered to windows that neither was trained on",
        "words": {"wrong": f"{len(teacher.ids) - right} of {len(teacher.ids)}", "classes": str(len(classes))},
    }


def _chosen(teacher: Predictions, student: Predictions) -> Iterator[tuple[str, int]]:
    """Windows by a rule: at set places among those that are right, wrong, or right where the student is wrong."""
    shares = np.sort(teacher.probabilities, axis=1)
    held = np.maximum(teacher.probabilities.astype(np.float64), _LEAST)
    entropy = -(held * np.log2(held)).sum(axis=1)
    right, student_right = teacher.said == teacher.truth, student.said == student.truth
    for said, these, by, quantile in (
        ("Sure", right, entropy, 0.25),
        ("Torn", right, entropy, 0.9),
        ("Only the teacher right", right & ~student_right, entropy, 0.5),
        (_WRONG, ~right, shares[:, -1], 0.5),
        ("Teacher surely wrong", ~right, shares[:, -1], 0.9),
    ):
        places = np.flatnonzero(these)
        if len(places):
            order = places[np.argsort(by[places], kind="stable")]
            yield said, int(order[int(quantile * (len(order) - 1))])
