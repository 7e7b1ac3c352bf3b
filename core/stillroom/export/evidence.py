"""What an export is compared on: real windows, enough of them, and what the model says to each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from stillroom.base.errors import InputError
from stillroom.export.face import Face

Floats = NDArray[np.float32]

LEAST_WINDOWS = 256
_BATCH = 256


@dataclass(frozen=True)
class Evidence:
    """What an export is compared on.

    Attributes:
        windows: `(window, channel, time)` in physical units; fewer than 256 are topped up with shifted copies.
        labels: `(window,)` class indices, -1 where there is none; for the macro-F1.
        calibration: `(window, channel, time)` of training people alone, for INT8.
    """

    windows: Floats
    labels: NDArray[np.int64] | None = None
    calibration: Floats | None = None


def look_over(face: Face, evidence: Evidence, *, int8: bool) -> None:
    """Looks whether an export can be compared on this.

    Raises:
        InputError: no window, other shapes than the model's, or no calibration window where INT8 needs them.
    """
    shape = (len(face.layout), face.width)
    for name, windows in (("windows", evidence.windows), ("calibration windows", evidence.calibration)):
        if windows is not None and windows.shape[1:] != shape:
            raise InputError(f"the {name} are {windows.shape[1:]}, the model takes {shape} (channel, time)")
    if not len(evidence.windows):
        raise InputError("there is no window to compare the export on", mend="Give windows of the test people")
    if int8 and (evidence.calibration is None or not len(evidence.calibration)):
        raise InputError("INT8 needs calibration windows", mend="Give some hundred windows of training people")


def enough(evidence: Evidence) -> tuple[Floats, NDArray[np.int64] | None]:
    """The windows, and behind them copies shifted in time that bear no label, until there are enough."""
    windows, labels = evidence.windows.astype(np.float32), evidence.labels
    parts, short = [windows], LEAST_WINDOWS - len(windows)
    for shift in range(1, windows.shape[2]):
        if short <= 0:
            break
        parts.append(np.roll(windows, shift, axis=2)[:short])
        short -= len(parts[-1])
    whole = np.concatenate(parts)
    if labels is not None:
        labels = np.concatenate([labels, np.full(len(whole) - len(labels), -1, dtype=np.int64)])
    return whole, labels


def answers_of(model: nn.Module, windows: Floats) -> Floats:
    """The model's logits `(window, class)`; every module is left in the mode it had."""
    modes = {module: module.training for module in model.modules()}
    try:
        with torch.no_grad():
            model.eval()
            given = [model(torch.from_numpy(windows[i : i + _BATCH])) for i in range(0, len(windows), _BATCH)]
    finally:
        for module, training in modes.items():
            module.training = training
    logits = [answer if isinstance(answer, torch.Tensor) else answer[0] for answer in given]
    return np.asarray(torch.cat(logits).numpy())
