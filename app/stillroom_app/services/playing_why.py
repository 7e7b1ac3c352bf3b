"""Why the models of a playback said what they said, for the browser: heat over time, and bars that add up to it.

Both come from the same sums: over the channels of a sensor, at one time. What is above zero speaks for the answer that
was given, what is below against it. A model with one sensor has nothing to divide among sensors, so its bars are axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.runs.playback import Playback
from stillroom_app.services.playing_bytes import bytes_of, text_of
from stillroom_app.services.sensors import spoken

_HEAT = 32_767


def why_of(played: Playback) -> dict[str, Any] | None:
    """Of each explained window and model: its heat, and what speaks for the answer and against it.

    Args:
        played: what is played.

    Returns:
        `windows`, `method`, and `of` by role: `blocks`, `heat` `(window, sensor, block)`, `rows` with the names of the
        bars, `by` (sensor or axis), and `good` and `bad`, `(window, bar)` shares of which each window's sum to 1. None
        where nobody asked.
    """
    if not played.why or not len(played.why_windows):
        return None
    of = {role: _of_model(played, kept.astype(np.float64)) for role, kept in played.why.items()}
    return {"windows": [int(one) for one in played.why_windows], "method": played.why_method, "of": of}


def _of_model(played: Playback, values: NDArray[np.float64]) -> dict[str, Any]:
    """`values` is `(window, channel, block)`."""
    of = [[number for number, one in enumerate(played.channels) if one.sensor == name] for name in played.sensors]
    heat = np.stack([values[:, rows].sum(axis=1) for rows in of], axis=1)
    most = float(np.abs(heat).max()) or 1.0
    has = [place for place, rows in enumerate(of) if values[:, rows].any()]
    alone = of[has[0]] if len(has) == 1 else []
    bars = values[:, alone] if len(alone) > 1 else heat[:, has]
    names = [played.channels[row].name for row in alone] if len(alone) > 1 else [played.sensors[row] for row in has]
    good, bad = _shares(bars)
    return {
        "blocks": int(values.shape[2]), "heat": text_of(np.rint(heat / most * _HEAT).astype("<i2")),
        "rows": [spoken(name) for name in names], "by": "axis" if len(alone) > 1 else "sensor",
        "good": text_of(bytes_of(good)), "bad": text_of(bytes_of(bad)),
    }  # fmt: skip


def _shares(bars: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`(window, bar)` of what speaks for the answer and against it, as shares of both together."""
    good, bad = np.clip(bars, 0, None).sum(axis=2), np.clip(-bars, 0, None).sum(axis=2)
    whole = (good + bad).sum(axis=1, keepdims=True)
    whole[whole == 0] = 1.0
    return good / whole, bad / whole
