"""Lesson 2's windows: of each activity one that shows the frequencies by which it can be told, as recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.runs.predictions import predictions_of
from stillroom_app.services.lessons import answers
from stillroom_app.services.lessons.frame import rounded, unit_of
from stillroom_app.services.listing import Listed
from stillroom_app.services.recorded import Windows, windows_of
from stillroom_app.services.workspace import Entry

_TRIED, _CLASSES, _LONGEST, _PERIODS, _NEAR = 60, 10, 512, 3, 2
_HUM = (
    "The simulated power screwdriver turns about 450 times a minute. Choose drive screws: its hum stands near 7.5 Hz."
)
_LOOK = "Go through the activities: which of them keep one rhythm, and which many?"


def fits(one: Listed) -> bool:
    """Whether a run keeps what its teacher said of which windows."""
    return answers.fits(one)


def data(one: Entry) -> dict[str, Any]:
    """A window of each activity in one channel: where the frequencies that tell it from the others are strongest.

    Raises:
        InputError: the run keeps no answers, or its recordings are gone or other ones.
    """
    kept = predictions_of(one.run, "teacher")
    classes = [str(name) for name in one.run.report["classes"]]
    tried = {code: _spread(kept.ids[kept.truth == code]) for code in np.unique(kept.truth).tolist()[:_CLASSES]}
    found = windows_of(one.run, [number for ids in tried.values() for number in ids])
    lines = [place for place, name in enumerate(found.channels) if ".acc." in name] or [*range(len(found.channels))]
    samples = [
        _sample(found, classes[code], tried[code][window], lines[line], share)
        for code, (window, line, share) in _telling({code: _shares(found, ids, lines) for code, ids in tried.items()})
    ]
    width = len(samples[0]["signal"])
    hum = one.data == "factory" and "drive screws" in classes
    return {
        "samples": sorted(samples, key=lambda sample: -float(sample["share"])),
        "rate": found.rate_hz,
        "origin": "Of each activity, the tested window and channel in which the frequencies that tell it from the "
        "others hold the largest share: a clear window, not a typical one",
        "words": {
            "seconds": f"{width / found.rate_hz:g}",
            "bin": f"{found.rate_hz / width:.3g}",
            "rate": f"{found.rate_hz:g}",
            "half": f"{found.rate_hz / 2:g}",
            "look": _HUM if hum else _LOOK,
        },
    }


def _spread(ids: NDArray[np.int64]) -> list[int]:
    """Some of them, evenly over all."""
    places = np.unique(np.linspace(0, len(ids) - 1, min(_TRIED, len(ids))).astype(int))
    return [int(number) for number in ids[places]]


def _shares(found: Windows, ids: list[int], lines: list[int]) -> NDArray[np.float64]:
    """`(window, line, bin)`: the share of the variance in a bin and its neighbours; 0 in bins of few periods."""
    signal = np.stack([found.signal[one][lines, :_LONGEST] for one in ids]).astype(np.float64)
    power = np.square(np.abs(np.fft.rfft(signal - signal.mean(axis=-1, keepdims=True))))
    power /= np.maximum(power.sum(axis=-1, keepdims=True), np.finfo(float).tiny)
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(power, ((0, 0), (0, 0), (_NEAR, _NEAR))), 2 * _NEAR + 1, -1
    )
    shares = np.asarray(around.sum(axis=-1))
    shares[..., : _PERIODS + _NEAR] = 0
    return shares


def _telling(shares: Mapping[int, NDArray[np.float64]]) -> Iterator[tuple[int, tuple[int, int, float]]]:
    """Of each class the window and line where the bin in which it exceeds all others holds the most."""
    means = {code: one.mean(axis=0) for code, one in shares.items()}
    for code, own in shares.items():
        others = [mean for other, mean in means.items() if other != code]
        apart = means[code] - (np.max(others, axis=0) if others else 0)
        line, place = np.unravel_index(int(apart.argmax()), apart.shape)
        window = int(own[:, line, place].argmax())
        yield code, (window, int(line), float(own[window, line, place]))


def _sample(found: Windows, activity: str, number: int, line: int, share: float) -> dict[str, Any]:
    return {
        "name": f"{activity}, {found.recording[number]}",
        "activity": activity,
        "share": share,
        "channel": found.channels[line],
        "unit": unit_of(found.channels[line].split(".")[1]),
        "signal": rounded(found.signal[number][line, :_LONGEST]),
    }
