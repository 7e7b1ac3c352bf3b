"""How well one set of windows was recognised: macro-F1, balanced accuracy, accuracy, and the same by class.

Conventions, stated because they move the number:
a class that is in neither the truth nor the prediction is left out of the macro-F1 mean; a class that is predicted but
never true counts with F1 = 0. Balanced accuracy is the mean recall over the classes that are in the truth. A quantity
without a denominator (the recall of a class that is never true) is None, never NaN and never a silent 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import precision_recall_fscore_support

from stillroom.evaluation.arrays import class_codes, class_names, same_length


@dataclass(frozen=True)
class ClassScores:
    """One class against all others.

    Attributes:
        f1: harmonic mean of precision and recall; None where the class is in neither truth nor prediction.
        precision: None where the class was never predicted.
        recall: None where the class is never true.
        support: windows that truly are of this class.
    """

    f1: float | None
    precision: float | None
    recall: float | None
    support: int


@dataclass(frozen=True, eq=False)
class Scores:
    """How well a set of windows was recognised.

    Attributes:
        macro_f1: mean F1 over the classes that occur in truth or prediction, 0..1.
        balanced_accuracy: mean recall over the classes that occur in the truth, 0..1.
        accuracy: share of right windows, 0..1.
        per_class: every class by name, in order.
        confusion: `(true class, predicted class)` counts.
    """

    macro_f1: float
    balanced_accuracy: float
    accuracy: float
    per_class: Mapping[str, ClassScores]
    confusion: NDArray[np.int64]


def scores(truth: ArrayLike, predicted: ArrayLike, classes: Sequence[str]) -> Scores:
    """Scores windows as one set; for people see `people.per_person`.

    Args:
        truth: `(window,)` class indices.
        predicted: `(window,)` class indices.
        classes: the class names, in order of their index.

    Raises:
        InputError: no window, different lengths, or a code outside the classes.
    """
    names = class_names(classes)
    true, said = class_codes(truth, len(names), "truth"), class_codes(predicted, len(names), "predicted")
    same_length(truth=true, predicted=said)
    every = np.arange(len(names))
    precision, recall, f1, support = precision_recall_fscore_support(true, said, labels=every, zero_division=np.nan)
    return Scores(
        macro_f1=float(np.nanmean(f1)),
        balanced_accuracy=float(np.nanmean(recall)),
        accuracy=float(np.mean(true == said)),
        per_class={
            name: ClassScores(_known(f1[code]), _known(precision[code]), _known(recall[code]), int(support[code]))
            for code, name in enumerate(names)
        },
        confusion=np.bincount(true * len(names) + said, minlength=len(names) ** 2).reshape(len(names), len(names)),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
