"""A stream answered as it comes: each window as soon as its last sample is there.

Two times are told of each answer. `latency_ms` runs from the moment at which the window's last sample was read to its
answer, all of our own work in it. `behind_ms` tells how much later than the quickest sample of the stream so far the
answer came, by the stream's own stamps: what piled up on the way is in it, the constant part of the way is not, since
two clocks alone do not tell it.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.inference.following_lines import Lines
from stillroom.inference.following_sources import Anew, Source
from stillroom.inference.following_windows import Windows
from stillroom.inference.latency import latency
from stillroom.inference.predictor import Predictor
from stillroom.inference.smoothing import NO_SMOOTHING, Smoothing
from stillroom.inference.stream import Prediction, Window, predictions

IDLE, ENDED, STOPPED = "idle", "ended", "stopped"
_REMEMBERED = 10_000
_PATIENT_S = 5.0


@dataclass(frozen=True, eq=False)
class Answer:
    """What is told of one window.

    Attributes:
        n: its number, from 0.
        said: what was answered.
        stretch: which unbroken piece it belongs to.
        behind_ms: how late it came; see above.
        news: `(channel, time)` the samples that no window before it held, at the model's rate.
    """

    n: int
    said: Prediction
    stretch: int
    behind_ms: float
    news: NDArray[np.float32]

    def as_dict(self) -> dict[str, Any]:
        """A JSON-ready form, with the probability of every class."""
        told = {"n": self.n, **{name: getattr(self.said, name) for name in ("start_s", "end_s", "label", "smoothed")}}
        times = {"latency_ms": self.said.latency_ms, "behind_ms": self.behind_ms}
        return {**told, "probability": self.said.probability, **times, "stretch": self.stretch}


@dataclass
class Following:
    """One stream through one student.

    Attributes:
        source: of bytes.
        lines: reads them.
        windows: cuts them.
        predictor: the student.
        smoothing: of what is shown.
        until_idle_s: ends after so long without a byte; 0 for never.
        stop: tells whether to end now.
        look: is called a few times a second, whether or not anything came.
        say: hears a sentence where something odd goes on and the stream does.
        clock: seconds that only go forward.
    """

    source: Source
    lines: Lines
    windows: Windows
    predictor: Predictor
    smoothing: Smoothing = NO_SMOOTHING
    until_idle_s: float = 0.0
    stop: Callable[[], bool] = lambda: False
    look: Callable[[], None] = lambda: None
    say: Callable[[str], None] = lambda said: None
    clock: Callable[[], float] = time.perf_counter
    answered: int = 0
    samples: int = 0
    heard_s: float | None = None
    why: str = ""
    strangers: int = 0
    first_stranger: str = ""
    puzzle: str = ""
    _took_ms: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _window: Window | None = None
    _read_s: float = 0.0
    _stamp_s: float = 0.0
    _quickest_s: float = math.inf
    _waits_since_s: float | None = None
    _is_known: bool = False

    def __iter__(self) -> Iterator[Answer]:
        """Answers until the stream ends.

        Raises:
            InputError: a line that is no sample, or a stream that the student cannot read.
        """
        before: Window | None = None
        for said in predictions(self._whole(), self.predictor, self.smoothing):
            window = self._window
            assert window is not None
            now = self.clock()
            told = replace(said, latency_ms=1e3 * (now - self._read_s))
            self._took_ms.append(told.latency_ms)
            behind_ms = 1e3 * max(0.0, now - self._stamp_s - self._quickest_s)
            yield Answer(self.answered, told, window.stretch, behind_ms, _news(window, before, self.predictor.rate_hz))
            self.answered += 1
            before = window

    def told(self) -> dict[str, Any]:
        """How it went: what `--json` prints last, under `ended`."""
        return {
            "why": self.why,
            "windows": self.answered,
            "samples": self.samples,
            "gaps": self.windows.gaps,
            "skipped": self.lines.skipped,
            "first_skipped": self.lines.first_skipped,
            "half_line": self.lines.half,
            "strangers": self.strangers,
            "first_stranger": self.first_stranger,
            "puzzle": self.puzzle or ("" if self.answered else self.windows.waits.why()),
            "latency_ms": latency(list(self._took_ms)),
        }

    def _whole(self) -> Iterator[Window]:
        """The windows of the stream, until it ends."""
        idle_since = self.clock()
        self.why = ENDED
        pieces = self.source()
        for piece in pieces:
            self._wonder()
            self.look()
            if self.stop():
                self.why = STOPPED
                return
            if isinstance(piece, Anew):
                self._begin_anew(piece)
                continue
            if not piece:
                if self.until_idle_s and self.clock() - idle_since >= self.until_idle_s:
                    self.why = IDLE
                    return
                continue
            idle_since = self._read_s = self.clock()
            self.heard_s = time.time()
            try:
                yield from self._of(piece)
            except InputError as error:
                self._begin_anew(self._closed(pieces, error))

    def _begin_anew(self, piece: Anew) -> None:
        self._is_known = False
        self.lines.begin_anew()
        self.windows.cut(piece.why)
        self._quickest_s = math.inf

    def _closed(self, pieces: Iterator[bytes | Anew], error: InputError) -> Anew:
        """Closes a connection that brought no sample yet, where the source can; else the error goes on."""
        if self._is_known or not isinstance(pieces, Generator):
            raise error
        anew = pieces.throw(error)
        assert isinstance(anew, Anew)
        self.strangers += 1
        self.first_stranger = self.first_stranger or error.sentence()
        if self.strangers & (self.strangers - 1) == 0:  # the 1st, 2nd, 4th, ...: one that knocks on and on fills no log
            self.say(f"connection {self.strangers} that brought no stream was closed: {error.sentence()}")
        return anew

    def _wonder(self) -> None:
        """Says once why no window comes, where samples do."""
        if self._waits_since_s is None or self.clock() - self._waits_since_s < self._patience_s():
            return
        puzzle = self.windows.waits.why()
        if puzzle and not self.puzzle:
            self.say(f"no answer yet: {puzzle}")
        self.puzzle = puzzle

    def _patience_s(self) -> float:
        return max(_PATIENT_S, 2 * self.predictor.width / self.predictor.rate_hz)

    def _of(self, piece: bytes) -> Iterator[Window]:
        for sample in self.lines.feed(piece):
            self.samples += 1
            self._is_known = True
            self._waits_since_s = self._read_s if self._waits_since_s is None else self._waits_since_s
            self._stamp_s = sample.stamp_s
            self._quickest_s = min(self._quickest_s, self._read_s - sample.stamp_s)
            for window in self.windows.take(sample):
                self._window = window
                self._waits_since_s, self.puzzle = None, ""
                yield window
                if self.stop():
                    self.why = STOPPED
                    return


def _news(window: Window, before: Window | None, rate_hz: float) -> NDArray[np.float32]:
    """The part of a window that none before it held."""
    if before is None or before.stretch != window.stretch:
        return window.values
    new = round((window.end_s - before.end_s) * rate_hz)
    return window.values[:, -min(new, window.values.shape[1]) :]
