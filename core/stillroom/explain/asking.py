"""Asking a model: the callable that is explained, the score of a class, and a model that holds still meanwhile.

    contrast of class c:  logit_c - mean of the other logits        logit of class c:  logit_c

The contrast is what is explained by default: unlike the bare logit it stays the same where all logits move together,
so that models which answer alike have equal scores; unlike a log-probability it is linear in the logits and does not
flatten where the model is sure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Literal, TypeAlias

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import Emit, Event

Ask: TypeAlias = Callable[[Tensor], Tensor]
"""Windows `(batch, channel, time)` in physical units to logits `(batch, class)`, of a model that is `quiet`."""

Scored: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Windows `(batch, channel, time)` and class codes `(batch,)` to scores `(batch,)`."""

Score = Literal["contrast", "logit"]
Stop = Callable[[], bool]


def never() -> bool:
    """Asked whether to stop: no."""
    return False


@contextmanager
def quiet(model: nn.Module) -> Iterator[None]:
    """In evaluation and without gradients to its weights, for as long as the context lasts.

    Raises:
        RuntimeError: a buffer is not, bit for bit, what it was.
    """
    modes = [(module, module.training) for module in model.modules()]
    wanted = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    buffers = [(name, buffer.clone()) for name, buffer in model.named_buffers()]
    # cuDNN's recurrent layers give no gradient in evaluation; torch's own do
    on_gpu = any(parameter.is_cuda for parameter, _ in wanted)
    try:
        model.eval().requires_grad_(False)
        with torch.backends.cudnn.flags(enabled=False) if on_gpu else nullcontext():
            yield
        now = dict(model.named_buffers())
        if changed := [name for name, was in buffers if not _same(was, now.get(name))]:
            raise RuntimeError(f"buffer {changed[0]} changed while the model was explained")
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, flag in wanted:
            parameter.requires_grad_(flag)


def _same(was: Tensor, now: Tensor | None) -> bool:
    if now is None or now.shape != was.shape or now.dtype != was.dtype:
        return False
    return bool(((was == now) | ((was != was) & (now != now))).all())


def heeding(ask: Ask, stop: Stop, where: str) -> Ask:
    """The same question, which ends where a stop is asked for.

    Raises:
        StoppedError: when asked, once `stop` says so.
    """

    def asked(windows: Tensor) -> Tensor:
        if stop():
            raise StoppedError("stopped on request", where=where)
        return ask(windows)

    return asked


def portions(count: int, batch: int, emit: Emit, part: str) -> Iterator[slice]:
    """Slices of at most `batch` windows; an event `explain.windows` when each is done."""
    for first in range(0, count, batch):
        last = min(first + batch, count)
        yield slice(first, last)
        emit(Event("explain.windows", data={"part": part, "done": last, "of": count}))


def scored(ask: Ask, score: Score = "contrast") -> Scored:
    """The score of a class as a function of windows and class codes.

    Raises:
        InputError: when asked: a code outside the classes, or no gradient where one is wanted.
    """

    def value(windows: Tensor, targets: Tensor) -> Tensor:
        logits = ask(windows)
        if windows.requires_grad and torch.is_grad_enabled() and not logits.requires_grad:
            raise InputError(
                "the model has no gradient with respect to its input (a forest has none)",
                where="attribution",
                mend="Use occlusion or feature_ablation",
            )
        return score_of(logits, targets, score)

    return value


def score_of(
    logits: Float[Tensor, "batch class"], targets: Int[Tensor, " batch"], score: Score = "contrast"
) -> Float[Tensor, " batch"]:
    """The score of each row's class.

    Raises:
        InputError: a code outside the classes.
    """
    classes = logits.shape[1]
    if len(targets) and not 0 <= int(targets.min()) <= int(targets.max()) < classes:
        raise InputError(
            f"a class code lies outside 0 to {classes - 1}", where="targets", mend="Explain the predicted classes"
        )
    own = logits.gather(1, targets.to(logits.device)[:, None])[:, 0]
    if score == "logit" or classes == 1:
        return own
    return own - (logits.sum(dim=1) - own) / (classes - 1)


@torch.no_grad()
def answers(ask: Ask, windows: Float[Tensor, "window channel time"], batch: int = 64) -> Float[Tensor, "window class"]:
    """Logits, asked for in batches."""
    return torch.cat([ask(some) for some in torch.split(windows, batch)])


def predicted(ask: Ask, windows: Float[Tensor, "window channel time"], batch: int = 64) -> Int[Tensor, " window"]:
    """The likeliest class of each window."""
    return answers(ask, windows, batch).argmax(dim=1)


def scores(
    ask: Ask,
    windows: Float[Tensor, "window channel time"],
    targets: Int[Tensor, " window"],
    *,
    score: Score = "contrast",
    batch: int = 64,
) -> Float[Tensor, " window"]:
    """The score of each window's class."""
    return score_of(answers(ask, windows, batch), targets, score)


def probabilities(
    ask: Ask, windows: Float[Tensor, "window channel time"], targets: Int[Tensor, " window"], batch: int = 64
) -> Float[Tensor, " window"]:
    """The probability of each window's class."""
    logits = answers(ask, windows, batch)
    return score_of(torch.log_softmax(logits, dim=1), targets, "logit").exp()
