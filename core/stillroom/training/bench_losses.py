"""What each loss costs beside a step of the student: `stillroom bench losses`.

A row is a ratio of CPU seconds, one thread, the median of rounds. In a round every term's forward and backward pass,
its targets included, and the student's own step take turns, so a busy machine disturbs all alike. Below them stand
three losses over pairs, which are batched here: how many times longer they take as a loop over pairs of channels, as
released (NST and FSP lay the products of all pairs out in memory), or as a loop over samples (CC in torchdistill).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

import stillroom.losses  # noqa: F401  (registers every term)
from stillroom.base.events import Emit, Event, silent
from stillroom.losses.correlation import correlation
from stillroom.losses.cross_entropy import cross_entropy
from stillroom.losses.fsp import flow, fsp
from stillroom.losses.nst import nst
from stillroom.losses.term import GROUP, TERMS, Evidence, Shapes, Term
from stillroom.models.architecture import Shape
from stillroom.models.student import TsakStudentConfig
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

BATCH, CLASSES, WIDTH = 64, 19, 125
PAIRED = (32, 64, 64)  # channels of the student, of the teacher, and steps, where batched is set beside loops
STEP = "a student's step, ms"
SAMPLE_S = 5e-3  # a sample lasts at least so long

# Pooled features and two tapped ones; `even` ones have the student's channels, which FSP asks for.
STUDENT = {"logits": (CLASSES,), "representation": (96,), "anchor_0": (16, 63), "anchor_1": (32, 32)}
TEACHER = {"logits": (CLASSES,), "representation": (128,), "anchor_0": (32, 125), "anchor_1": (64, 63)}
EVEN = {"even_0": (16, 125), "even_1": (32, 63)}
PATTERNS = {"association": (12 * CLASSES,)}
SETTINGS: dict[str, dict[str, Any]] = {
    "fsp": {"of": "teacher.even_0", "at": "anchor_0", "of_end": "teacher.even_1", "at_end": "anchor_1"}
}

Call = Callable[[], object]


def bench_losses(*, rounds: int = 9, emit: Emit = silent) -> dict[str, Any]:
    """Costs of all terms, and of three against loops.

    Args:
        rounds: samples of each that count.
        emit: hears what is measured.

    Returns:
        `{rows: [{name, median, low, high, n}]}`.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        emit(Event("note", f"measuring {len(TERMS)} losses beside a student's step"))
        rows = _of_terms(rounds)
        for name, rivals in _RIVALS.items():
            emit(Event("note", f"measuring {name} beside a loop"))
            rows += _of_rivals(name, rivals, rounds)
    finally:
        torch.set_num_threads(threads)
    return {"rows": rows}


def _of_terms(rounds: int) -> list[dict[str, Any]]:
    calls = {name: _term_call(TERMS[name](**SETTINGS.get(name, {}))) for name in TERMS}
    spent = _in_turn({STEP: _student_step(), **calls}, rounds)
    rows = [_row(STEP, [1e3 * one for one in spent[STEP]])]
    for name in calls:
        pairs = zip(spent[name], spent[STEP], strict=True)
        rows.append(_row(f"{name}, in student's steps", [ours / step for ours, step in pairs]))
    return rows


def _of_rivals(name: str, rivals: _Rivals, rounds: int) -> list[dict[str, Any]]:
    torch.manual_seed(0)
    ours, theirs, *steps = PAIRED[:2] if rivals.pooled else PAIRED
    student, teacher = torch.randn(BATCH, ours, *steps).requires_grad_(), torch.randn(BATCH, theirs, *steps)
    ways = {"batched": rivals.batched, **rivals.others}
    for loss in rivals.others.values():
        torch.testing.assert_close(loss(student, teacher), rivals.batched(student, teacher), rtol=1e-4, atol=1e-6)
    spent = _in_turn({way: _passes(loss, student, teacher) for way, loss in ways.items()}, rounds)
    return [
        _row(f"{name}: {way} / batched", [slow / ours for slow, ours in zip(spent[way], spent["batched"], strict=True)])
        for way in rivals.others
    ]


def _in_turn(calls: Mapping[str, Call], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of a call, by name and round; the order turns round. Two calls of each go before."""
    times = {}
    for name, call in calls.items():
        call()
        times[name] = max(1, round(SAMPLE_S / max(_seconds(call, 1), 1e-6)))
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds):
        for name in list(calls)[:: -1 if turn % 2 else 1]:
            spent[name].append(_seconds(calls[name], times[name]))
    return spent


def _seconds(call: Call, times: int) -> float:
    begin = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - begin) / times


def _row(name: str, values: list[float]) -> dict[str, Any]:
    return {"name": name, "median": median(values), "low": min(values), "high": max(values), "n": len(values)}


def _student_step() -> Call:
    torch.manual_seed(0)
    layout = Layout(channels=tuple(sensor_channels("right_arm", "acc", 25.0)))
    model = TsakStudentConfig().build(Shape(layout, WIDTH, CLASSES)).train()
    optimiser = torch.optim.AdamW(model.parameters())
    x, label = torch.randn(BATCH, len(layout), WIDTH), torch.arange(BATCH) % CLASSES

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(cross_entropy(model(x).logits, label).mean())
        optimiser.step()

    return step


def _term_call(term: Term) -> Call:
    """A term's targets, forward pass and backward pass to the student's answers and to its helper."""
    torch.manual_seed(0)
    ours = {name: torch.randn(BATCH, *shape).requires_grad_() for name, shape in {**STUDENT, **PATTERNS}.items()}
    shapes = {need: _TAUGHT[need.partition(".")[2]] for need in sorted(term.needs) if not need.endswith(f".{GROUP}")}
    answers = {need: torch.randn(BATCH, *shape) for need, shape in shapes.items()}
    answers |= {need: torch.zeros(BATCH, dtype=torch.int64) for need in term.needs - set(shapes)}
    evidence = Evidence(
        ours["logits"], ours["representation"], ours, torch.arange(BATCH) % CLASSES, torch.ones(CLASSES)
    )
    helper = term.helper(Shapes({name: tuple(one.shape[1:]) for name, one in ours.items()}, shapes))
    wanted = [*ours.values(), *(helper.parameters() if helper else ())]

    def call() -> None:
        with torch.no_grad():
            taught = term.prepare(answers)
        torch.autograd.grad(term.values(evidence, taught, helper).mean(), wanted, allow_unused=True)

    return call


_TAUGHT = {**TEACHER, **EVEN, **PATTERNS}
_Loss = Callable[[Tensor, Tensor], Tensor]


class _Rivals(NamedTuple):
    batched: _Loss
    others: Mapping[str, _Loss]
    pooled: bool = False


def _passes(loss: _Loss, student: Tensor, teacher: Tensor) -> Call:
    return lambda: torch.autograd.grad(loss(student, teacher).mean(), student)


def _nst_by_pairs(student: Tensor, teacher: Tensor) -> Tensor:
    ours, theirs = normalize(student, dim=2).unbind(1), normalize(teacher, dim=2).unbind(1)

    def kernel(one: tuple[Tensor, ...], other: tuple[Tensor, ...]) -> Tensor:
        return torch.stack([(a * b).sum(dim=1).square() for a in one for b in other]).mean(dim=0)

    return kernel(ours, ours) + kernel(theirs, theirs) - 2 * kernel(ours, theirs)


def _nst_laid_out(student: Tensor, teacher: Tensor) -> Tensor:
    ours, theirs = normalize(student, dim=2), normalize(teacher, dim=2)

    def kernel(one: Tensor, other: Tensor) -> Tensor:
        return (one[:, :, None] * other[:, None]).sum(dim=3).square().mean(dim=(1, 2))

    return kernel(ours, ours) + kernel(theirs, theirs) - 2 * kernel(ours, theirs)


def _fsp_batched(student: Tensor, teacher: Tensor) -> Tensor:
    return fsp(flow(student, teacher), flow(student.detach().flip(1), teacher))


def _fsp_by_pairs(student: Tensor, teacher: Tensor) -> Tensor:
    pairs = zip(student.unbind(1), student.detach().flip(1).unbind(1), strict=True)
    found = [
        ((ours * late).mean(dim=1) - (theirs * late).mean(dim=1)).square()
        for ours, theirs in pairs
        for late in teacher.unbind(1)
    ]
    return torch.stack(found).mean(dim=0)


def _fsp_laid_out(student: Tensor, teacher: Tensor) -> Tensor:
    ours, theirs = ((one[:, :, None] * teacher[:, None]).mean(dim=3) for one in (student, student.detach().flip(1)))
    return (ours - theirs).square().mean(dim=(1, 2))


def _correlation_batched(student: Tensor, teacher: Tensor) -> Tensor:
    return correlation(student, teacher, variant="torchdistill")


def _correlation_by_samples(student: Tensor, teacher: Tensor) -> Tensor:
    def kernel(samples: Tensor) -> Tensor:
        rows = []
        for sample in samples:
            product = sample @ samples.T
            rows.append(math.exp(-0.8) * sum((0.8**p / math.factorial(p) * product**p for p in (1, 2)), torch.ones(())))
        return torch.stack(rows)

    return torch.dist(kernel(student), kernel(teacher)) / len(student) ** 2


_RIVALS = {
    "nst": _Rivals(nst, {"a loop over pairs": _nst_by_pairs, "products laid out": _nst_laid_out}),
    "fsp": _Rivals(_fsp_batched, {"a loop over pairs": _fsp_by_pairs, "products laid out": _fsp_laid_out}),
    "correlation": _Rivals(_correlation_batched, {"a loop over samples": _correlation_by_samples}, pooled=True),
}
