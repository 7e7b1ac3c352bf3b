"""Figures of teacher and student that may stand beside one another: made in one way, on one device, of one thing.

Two figures are a pair only where runtime, number format, power mode, threads, batch and loop are the same and both were
measured or both estimated. Which of several pairs is shown goes by a fixed rule, never by which came last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from stillroom.figures.amounts import MODELS, measured, runtime_of
from stillroom.report.wording import clean

_RUNTIMES = ("onnxruntime", "tensorrt", "eager")
_PRECISIONS = ("fp32", "fp16", "int8")
_ALIKE = ("runtime", "precision", "mode", "threads", "loop")
_MOST = 2

Told = dict[str, Any]


class Pair(NamedTuple):
    """The same quantity of teacher and student, found in the same way.

    Attributes:
        runtime: as `onnxruntime`.
        how: number format and power mode (or threads), as "fp32, 15W".
        teacher: its figure.
        student: its figure.
    """

    runtime: str
    how: str
    teacher: Told
    student: Told

    @property
    def both(self) -> tuple[Told, Told]:
        """Teacher's and student's."""
        return self.teacher, self.student

    @property
    def values(self) -> tuple[Any, Any]:
        """Of teacher and student; None where only a bracket is known."""
        return self.teacher["value"], self.student["value"]

    @property
    def named(self) -> str:
        """As "ONNX Runtime, fp32, 15W"."""
        return ", ".join(one for one in (clean(runtime_of(self.runtime)), self.how) if one)

    @property
    def measured(self) -> bool:
        """Whether both were measured; otherwise both are estimates."""
        return all(map(measured, self.both))


def pairs(cost: Mapping[str, Any] | None, device: str, quantity: str) -> list[Pair]:
    """Pairs of one window on one thread: one for each of at most two runtimes; what was measured counts alone.

    Of one runtime's pairs that of fp32 counts before fp16, int8 and others, then the power mode of the smallest number.

    Args:
        cost: as `stillroom cost` told it.
        device: by its name.
        quantity: as `latency`.
    """
    own = [
        one
        for one in (cost or {}).get("figures") or ()
        if (one["device"], one["quantity"]) == (device, quantity)
        and one.get("batch") in (None, 1)
        and one.get("threads") in (None, 1)
    ]
    found = _paired([one for one in own if measured(one)]) or _paired([one for one in own if not measured(one)])
    first: dict[str, Pair] = {}
    for pair in sorted(found, key=_rank):
        first.setdefault(pair.runtime, pair)
    return list(first.values())[:_MOST]


def _paired(figures: list[Told]) -> list[Pair]:
    by: dict[tuple[str, ...], dict[str, Told]] = {}
    for one in figures:
        by.setdefault(tuple(str(one.get(key) or "") for key in _ALIKE), {})[str(one["model"])] = one
    teacher, student = MODELS
    return [
        Pair(key[0], ", ".join(map(clean, filter(None, key[1:3]))), both[teacher], both[student])
        for key, both in by.items()
        if set(MODELS) <= set(both)
    ]


def _rank(pair: Pair) -> tuple[Any, ...]:
    one = pair.teacher
    precision, mode, loop = (str(one.get(key) or "") for key in ("precision", "mode", "loop"))
    number = re.search(r"\d+", mode)
    return (
        *_place(pair.runtime, _RUNTIMES), *_place(precision, _PRECISIONS), int(number[0]) if number else 0, mode, loop
    )  # fmt: skip


def _place(name: str, known: tuple[str, ...]) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known)), name
