"""What each term gives for one window, from nothing but logits and a label: for looking at a loss, not for training.

Log probabilities serve as logits: they differ from them by a constant. A term that does not take that constant out, as
SMLDist's released rule, has no value here; nor has one over features, or between windows. Classes weigh alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from stillroom.base.errors import InputError
from stillroom.losses.compared import LogitTerm
from stillroom.losses.cross_entropy import CrossEntropy
from stillroom.losses.term import Evidence, Term, make_terms

_CONSTANT, _SAME = 2.5, 1e-6


def values_of_one_window(
    declared: Mapping[str, Mapping[str, Any]],
    *,
    student: Sequence[float],
    taught: Mapping[str, Sequence[float]],
    label: int,
) -> dict[str, float]:
    """Unweighted values by term; those that look at more than logits but for a constant are left out.

    Args:
        declared: terms with their settings, as a recipe declares them.
        student: `(class,)` logits, or log probabilities, of the model that learns.
        taught: `(class,)` of the same by whose they are: `teacher`, `semantic`.
        label: the class that was done.

    Raises:
        InputError: numbers of classes that differ, or a label that is none of them.
    """
    classes = len(student)
    if any(len(one) != classes for one in taught.values()) or not 0 <= label < classes:
        raise InputError(f"these are not {classes} classes for each, and one of them as the label", where="one window")
    known = {f"{role}.logits" for role in taught}
    found = {}
    for name, term in make_terms(declared, where="one window").items():
        if _is_told_by_logits(term) and term.needs <= known:
            value, moved = (_value(term, student, taught, label, constant) for constant in (0.0, _CONSTANT))
            if abs(value - moved) <= _SAME * (1 + abs(value)):
                found[name] = value
    return found


def _value(
    term: Term, student: Sequence[float], taught: Mapping[str, Sequence[float]], label: int, constant: float
) -> float:
    """What a term gives where a constant is added to all logits."""
    logits = _row(student) + constant
    answers = {f"{role}.logits": _row(one) - constant for role, one in taught.items()}
    weight = torch.ones(len(student), dtype=torch.float64)
    evidence = Evidence(logits, logits, {}, torch.tensor([label]), weight)
    return float(term.values(evidence, term.prepare(answers) if term.needs else ()).item())


def _row(values: Sequence[float]) -> torch.Tensor:
    return torch.tensor([list(values)], dtype=torch.float64)


def _is_told_by_logits(term: Term) -> bool:
    alone = isinstance(term, CrossEntropy) and term.of == "logits"
    return alone or (isinstance(term, LogitTerm) and not term.between)
