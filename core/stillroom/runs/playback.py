"""A stretch of one recording with what models said of it, window by window: what is played back without any model.

    playback.npz   in a run's folder: signal, answers of its models, answers with any of the sensors gone, and why

`recipes.playback` makes it. The person and the stretch are chosen by a rule, and every model that answers was made
without that person wherever the run's protocol says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.paths import whole_file
from stillroom.runs.store import Run

PLAYBACK = "playback.npz"
FORMAT = 1
_ANSWERS, _WHY = "answers/", "why/"
_ANEW = "Make it anew: stillroom runs playback RUN"
_ARRAYS = ("signal", "windows_s", "truth", "said", "share", "why_windows")


@dataclass(frozen=True)
class SensorSet:
    """Some of the sensors, and what a small net that has only these is worth.

    Attributes:
        sensors: names, as `right_wrist.acc`.
        of: `student`, one that was trained on just these; `estimate`, one network asked with the others at rest.
        run: name of the student's run; empty for an estimate.
        macro_f1: over everybody who was tested; None where nobody measured or estimated it.
        low: of its interval over people; None where there is none.
        high: of the same.
        estimated: of a student's set, what the one network is estimated to score with it: how far estimates are off.
    """

    sensors: tuple[str, ...]
    of: Literal["student", "estimate"]
    run: str = ""
    macro_f1: float | None = None
    low: float | None = None
    high: float | None = None
    estimated: float | None = None


@dataclass(frozen=True)
class Channel:
    """A line of the signal.

    Attributes:
        name: as `right_wrist.acc.x`.
        unit: of its values.
        sensor: it belongs to, as `right_wrist.acc`.
    """

    name: str
    unit: str
    sensor: str


@dataclass(frozen=True, eq=False)
class Playback:
    """What is played.

    Attributes:
        recording: as `person/session`.
        unit: whose it is: the person, or the stretch, that was tested.
        start_s: of the stretch in its recording.
        rate_hz: of the signal here; slow enough to be drawn.
        window_s: length of a window.
        step_s: from one window to the next.
        channels: of the signal, in order.
        classes: names, in the order of the probabilities.
        sensors: that can be switched, in order.
        own: the sensors of the run's student.
        median_of: the model whose median score chose the person.
        chosen: how person and stretch were chosen, in a sentence.
        signal: `(channel, time)` in physical units.
        windows_s: `(window,)` where each begins, in seconds from the stretch's start.
        truth: `(window,)` class index of what was done; -1 where nothing was labelled.
        answers: by role, `(window, class)` probabilities.
        sets: of sensors, in the order of `said` and `share`.
        said: `(set, window)` class index that is said with these sensors.
        share: `(set, window)` its probability.
        why: by role, `(explained window, channel, block)` shares of an attribution: above zero, for what was said.
        why_windows: `(explained window,)` index of the window.
        why_method: of the attribution; empty where nothing is explained.
    """

    recording: str
    unit: str
    start_s: float
    rate_hz: float
    window_s: float
    step_s: float
    channels: tuple[Channel, ...]
    classes: tuple[str, ...]
    sensors: tuple[str, ...]
    own: tuple[str, ...]
    median_of: str
    chosen: str
    signal: NDArray[np.float32]
    windows_s: NDArray[np.float64]
    truth: NDArray[np.int16]
    answers: Mapping[str, NDArray[np.float16]]
    sets: tuple[SensorSet, ...] = ()
    said: NDArray[np.int16] = field(default_factory=lambda: np.zeros((0, 0), np.int16))
    share: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 0), np.float16))
    why: Mapping[str, NDArray[np.float16]] = field(default_factory=dict)
    why_windows: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    why_method: str = ""

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return float(self.signal.shape[1] / self.rate_hz)


def keep_playback(run: Run, played: Playback) -> None:
    """Writes it into a run's folder, whole or not at all.

    Raises:
        StorageError: the disk refuses.
    """
    facts: dict[str, Any] = {"format": FORMAT}
    arrays = {name: getattr(played, name) for name in _ARRAYS}
    for name, value in vars(played).items():
        if name in _ARRAYS:
            continue
        if name in ("answers", "why"):
            prefix = _ANSWERS if name == "answers" else _WHY
            arrays |= {f"{prefix}{role}": one for role, one in value.items()}
        elif name in ("channels", "sets"):
            facts[name] = [asdict(one) for one in value]
        else:
            facts[name] = value
    with whole_file(run.folder / PLAYBACK) as beside, beside.open("wb") as file:
        np.savez_compressed(file, facts=np.array(json.dumps(facts, ensure_ascii=False)), **arrays)


def playback_of(run: Run) -> Playback | None:
    """What a run has to play; None where nobody made it yet.

    Raises:
        InputError: the file is damaged, or of another version.
    """
    path = run.folder / PLAYBACK
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:  # numpy alone leaves a bad one open
            arrays = {name: kept[name] for name in kept.files}
        facts = json.loads(str(arrays.pop("facts")))
        if facts.pop("format") != FORMAT:
            raise InputError("made by another version", where=str(path), mend=_ANEW)
        return _read(facts, arrays)
    except InputError:
        raise
    except Exception as error:  # of zip, zlib, or numpy's own reader: each says in its way that a byte is wrong
        raise InputError("damaged, or not one of ours", where=str(path), mend=_ANEW) from error


def _read(facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Playback:
    named: dict[str, Any] = {name: tuple(facts.pop(name)) for name in ("classes", "sensors", "own")}
    named["channels"] = tuple(Channel(**one) for one in facts.pop("channels"))
    named["sets"] = tuple(SensorSet(**{**one, "sensors": tuple(one["sensors"])}) for one in facts.pop("sets"))
    named["answers"], named["why"] = _below(arrays, _ANSWERS), _below(arrays, _WHY)
    named |= {name: arrays[name] for name in _ARRAYS}
    found = Playback(**named, **facts)
    _look_over(found)
    return found


def _below(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def _look_over(found: Playback) -> None:
    """Refuses arrays that do not belong together."""
    windows, classes, sets = len(found.windows_s), len(found.classes), len(found.sets)
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        (found.signal.shape[:1], (len(found.channels),)),
        (found.truth.shape, (windows,)),
        *((one.shape, (windows, classes)) for one in found.answers.values()),
        *((one.shape, (sets, windows)) for one in (found.said, found.share) if sets),
        *((one.shape[:2], (len(found.why_windows), len(found.channels))) for one in found.why.values()),
    ]
    codes = [(one, -1, classes) for one in (found.truth, found.said)] + [(found.why_windows, 0, windows)]
    inside = all(not one.size or least <= one.min() <= one.max() < below for one, least, below in codes)
    lasts = all(0 < one < np.inf for one in (found.rate_hz, found.window_s, found.step_s))
    if any(given != wanted for given, wanted in shapes) or not inside or not lasts:
        raise ValueError("arrays that do not belong together")
