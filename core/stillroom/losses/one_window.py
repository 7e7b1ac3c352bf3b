"""What each term gives for one window, from nothing but logits and a label: for looking at a loss, not for training.

Log probabilities serve as logits: they differ from them by a constant that every term here takes out. Classes weigh
alike. A term over features, or between windows, has no value here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from stillroom.base.errors import InputError
from stillroom.losses.compared import LogitTerm
from stillroom.losses.cross_entropy import CrossEntropy
from stillroom.losses.term import Evidence, Term, make_terms


def values_of_one_window(
    declared: Mapping[str, Mapping[str, Any]],
    *,
    student: Sequence[float],
    taught: Mapping[str, Sequence[float]],
    label: int,
) -> dict[str, float]:
    """Unweighted values by term; those that look at more than logits are left out.

    Args:
        declared: terms with their settings, as a recipe declares them.
        student: `(class,)` logits.
        taught: `(class,)` logits by whose they are: `teacher`, `semantic`.
        label: the class that was done.

    Raises:
        InputError: numbers of classes that differ, or a label that is none of them.
    """
    classes = len(student)
    if any(len(one) != classes for one in taught.values()) or not 0 <= label < classes:
        raise InputError(f"these are not {classes} classes for each, and one of them as the label", where="one window")
    logits = torch.tensor([list(student)], dtype=torch.float64)
    answers = {f"{role}.logits": torch.tensor([list(one)], dtype=torch.float64) for role, one in taught.items()}
    weight = torch.ones(classes, dtype=torch.float64)
    evidence = Evidence(logits, logits, {}, torch.tensor([label]), weight)
    return {
        name: float(term.values(evidence, term.prepare(answers) if term.needs else ()).item())
        for name, term in make_terms(declared, where="one window").items()
        if _is_told_by_logits(term) and term.needs <= set(answers)
    }


def _is_told_by_logits(term: Term) -> bool:
    alone = isinstance(term, CrossEntropy) and term.of == "logits"
    return alone or (isinstance(term, LogitTerm) and not term.between)
