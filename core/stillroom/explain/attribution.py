"""Attributions: what each value of a window added to the score of a class, in the model's input space.

    attribute("integrated_gradients", ask, windows, targets, baselines, layout)     (window, channel, time)

The model is known by a callable alone (see `asking`), in physical units. It is never asked more than `batch` rows at
once, whatever the number of windows; all that grows with these is the answer.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.explain.asking import Ask, Score, Stop, heeding, never, portions, scored
from stillroom.explain.extra import need_extra
from stillroom.explain.given import check_windows, per_window, settled
from stillroom.explain.methods.method import METHODS, Portion
from stillroom.sensors.layout import Layout

__all__ = ["METHODS", "attribute"]


def attribute(
    method: str,
    ask: Ask,
    windows: Float[Tensor, "window channel time"],
    targets: Int[Tensor, " window"],
    baselines: Float[Tensor, "*each channel time"],
    layout: Layout,
    *,
    batch: int = 64,
    score: Score = "contrast",
    seed: int = 0,
    references: Float[Tensor, "reference channel time"] | None = None,
    emit: Emit = silent,
    stop: Stop = never,
    **settings: Any,
) -> Float[Tensor, "window channel time"]:
    """Attributions in units of the score; zero where a value equals its baseline, rounding aside.

    Args:
        method: a name in `METHODS`.
        ask: the model, quiet.
        windows: in physical units.
        targets: the class that is explained, for each window.
        baselines: `(channel, time)`, or one for each window.
        layout: the channels.
        batch: the most rows that the model is asked at once.
        score: what of the logits is explained; see `asking`.
        seed: of gradient SHAP's draws.
        references: for gradient SHAP: what baselines are drawn from, instead of each window's own.
        emit: hears `explain.windows` after every portion.
        stop: asked before every question to the model.
        settings: of the method.

    Returns:
        `(window, channel, time)`, float32.

    Raises:
        InputError: an unknown method or setting, arrays that do not fit, or a gradient of a model without one.
        StoppedError: once `stop` says so.
    """
    need_extra()
    check_windows(windows, targets, layout)
    if batch < 1:
        raise InputError(f"a batch of {batch} windows", where="batch", mend="Give at least 1")
    chosen = METHODS[method].from_input(settings, where=method)
    beside = per_window(baselines, windows)
    drawn = None if references is None else per_window(references, references).to(windows)
    value = scored(heeding(ask, stop, method), score)
    found = torch.empty(windows.shape, dtype=torch.float32)
    for here in portions(len(windows), batch, emit, method):
        some = windows[here]
        portion = Portion(
            value, some, targets[here], settled(beside[here], some), layout, batch, here.start, seed, drawn
        )
        found[here] = chosen.explain(portion)
    return found
