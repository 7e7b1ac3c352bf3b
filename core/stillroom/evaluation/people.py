"""From windows to people: a person is scored alone, and a person's seeds are averaged before people are compared.

Windows of one person resemble each other, and two seeds on one person are no two people: both orders of averaging
that forget this make intervals too narrow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from stillroom.base.errors import InputError
from stillroom.evaluation.arrays import same_length
from stillroom.evaluation.metrics import Scores, scores


def per_person(truth: ArrayLike, predicted: ArrayLike, person: ArrayLike, classes: Sequence[str]) -> dict[str, Scores]:
    """The scores of each person's own windows, people in sorted order.

    Args:
        truth: `(window,)` class indices.
        predicted: `(window,)` class indices.
        person: `(window,)` whose window it is; a stretch's name works as well.
        classes: the class names, in order of their index.

    Raises:
        InputError: no window, different lengths, or a code outside the classes.
    """
    true, said, who = np.asarray(truth), np.asarray(predicted), np.asarray(person, dtype=str)
    same_length(truth=np.atleast_1d(true), predicted=np.atleast_1d(said), person=np.atleast_1d(who))
    if not who.size:
        raise InputError("no window to score", where="person")
    return {str(one): scores(true[who == one], said[who == one], classes) for one in np.unique(who)}


def mean_over_seeds(values: Mapping[tuple[str, int], float]) -> dict[str, float]:
    """One number for each person, the mean over that person's seeds; people in sorted order.

    Args:
        values: by `(person, seed)`.

    Raises:
        InputError: a value is not finite.
    """
    by_person: defaultdict[str, list[float]] = defaultdict(list)
    for (person, seed), value in values.items():
        if not np.isfinite(value):
            raise InputError("a score is missing or not finite", where=f"{person}, seed {seed}")
        by_person[person].append(float(value))
    return {person: float(np.mean(by_person[person])) for person in sorted(by_person)}
