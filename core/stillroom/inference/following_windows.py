"""Samples as they come, to windows on the model's clock.

The method is that of a recording (`signal.timing`, `signal.resampling`), looking back alone: each time that a window
may be whole, a straight line through the last ten seconds' stamps gives the samples even times, and a windowed sinc
puts them on the grid that began with the first sample. So the bursts and the jitter of a radio are smoothed; lost
samples are bridged, and held at a window's end. A clock that is the model's own, to a fiftieth of a step, is taken
sample by sample. No later sample is waited for: at another rate the last 20 samples of a window are continued by
reflection where a recording has the real ones, and an answer costs no delay; only where stamps come in bursts, the
first waits for eight of them. A silence, a channel that stays away, or another rate begins a new stretch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.inference.fitting import LOWEST_RATE, likely_mistake, straight, turned
from stillroom.inference.following_lines import Sample
from stillroom.inference.following_waits import Waits
from stillroom.inference.stream import Window
from stillroom.runs.manifest import Manifest
from stillroom.signal.resampling import resample
from stillroom.signal.timing import EvenRun, line_of, shows_its_rate

Floats = NDArray[np.float64]

_SEEN_S = 10.0  # how far back a clock is looked at
_REACH = 22  # samples of the model, on which a resampled one depends at either side
_SAME = 0.02  # of a step: a clock this near to the model's is the model's
_OTHER_RATE = 0.2
_GAPS_AT_FIRST = 20
_LOOKED_AT = 3
_NOTHING_S = 1e-6


class Windows:
    """Cuts one stream into windows.

    Args:
        manifest: of the export: channels, rate, width, and the spread that its values had.
        stride: samples of the model from one window to the next.
        gap_s: a silence longer than this begins a new stretch.
        where: the stream, for messages.
        say: hears a sentence whenever a new stretch has begun.
    """

    def __init__(
        self, manifest: Manifest, stride: int, gap_s: float, where: str, say: Callable[[str], None] = lambda said: None
    ) -> None:
        self._manifest, self._stride, self._gap_s = manifest, stride, gap_s
        self._where, self._say = where, say
        self._stamps: list[float] = []
        self._values: list[Floats] = []
        self._seen: Floats = np.zeros(0)
        self._origin_s = self._last_s = math.nan
        self._first, self._rate_hz, self._measured, self._given = 0, math.nan, False, 0
        self._silent_steps: list[float] = []
        self.stretch, self.gaps = -1, 0
        self.waits = Waits(manifest, where)

    def take(self, sample: Sample) -> Iterator[Window]:
        """The windows that are whole with this sample.

        Raises:
            InputError: the stream is slower than the model, its clock stands still, or its values look like another
                unit's.
        """
        self._cut_if_apart(sample)
        if not self._stamps and not self._begin(sample):
            self.waits.incomplete(sample)
            return
        self._stamps.append(sample.stamp_s)
        self._values.append(sample.values)
        self._seen = np.where(np.isnan(sample.values), self._seen, sample.stamp_s)
        self._last_s = sample.stamp_s
        width, rate_hz = self._manifest.width, self._manifest.rate_hz
        self.waits.took(sample.stamp_s)
        while self._stamps and (window := self._whole(self._first / rate_hz, width)) is not None:
            self._first += self._stride
            self._given += 1
            self.waits.over()
            yield window
            self._forget()

    def cut(self, why: str) -> None:
        """Lets the next sample begin a new stretch.

        Args:
            why: in a sentence, for people.
        """
        self.waits.broke(len(self._stamps))
        if len(self._stamps) > 1:
            self.gaps += 1
            self._say(f"{why}: a new stretch begins")
        self._stamps, self._values = [], []

    def at(self, seconds: float) -> float:
        """The stream's own stamp of a window's time."""
        return self._origin_s + seconds

    def _cut_if_apart(self, sample: Sample) -> None:
        if not self._stamps:
            return
        step_s = sample.stamp_s - self._stamps[-1]
        if step_s < 0:
            self.cut(f"the stream's clock was set back by {-step_s:.1f} s")
        elif step_s > self._gap_s + _NOTHING_S:
            self._refuse_wrong_clock(step_s)
            self.cut(f"silent for {step_s:.2f} s")
        elif (away_s := sample.stamp_s - self._seen).max() > self._gap_s + _NOTHING_S:
            name = self._manifest.layout.names[int(away_s.argmax())]
            self.cut(f"{name} is missing for {away_s.max():.2f} s")

    def _refuse_wrong_clock(self, step_s: float) -> None:
        """A clock in milliseconds that is read as seconds makes nothing but gaps."""
        self._silent_steps = [*self._silent_steps, step_s] if len(self._stamps) == 1 and not self._given else []
        if len(self._silent_steps) >= _GAPS_AT_FIRST:
            raise InputError(
                f"the samples are {np.median(self._silent_steps):g} s apart, longer than the gap of {self._gap_s:g} s",
                where=self._where,
                mend="Is the time in milliseconds? Name its column t_ms. Else allow longer silences: --gap-s",
            )

    def _begin(self, sample: Sample) -> bool:
        """Begins a stretch, if the sample has every channel."""
        if np.isnan(sample.values).any():
            return False
        rate_hz = self._manifest.rate_hz
        if math.isnan(self._origin_s):
            self._origin_s = sample.stamp_s
        elif sample.stamp_s < self._last_s:  # another clock: what is told goes on where it stood
            self._origin_s += sample.stamp_s - self._last_s
        early = 0.5 if math.isnan(self._rate_hz) else 0.5 * rate_hz / self._rate_hz
        self._first = math.ceil((sample.stamp_s - self._origin_s) * rate_hz - early)
        self._seen = np.full(len(sample.values), sample.stamp_s)
        self.stretch += 1
        self._measured = False
        return True

    def _whole(self, start_s: float, width: int) -> Window | None:
        """The window that begins there; None until its last sample is there."""
        rate_hz = self._manifest.rate_hz
        last_s = self.at(start_s + (width - 1) / rate_hz)
        many, spent_s = len(self._stamps), self._stamps[-1] - self._stamps[0]
        step_s = spent_s / (many - 1) if many > 1 else 1 / rate_hz
        if self._stamps[-1] < last_s - step_s / 2 or not spent_s:
            return None
        stamps = np.array(self._stamps)
        if not self._measured and not shows_its_rate(stamps):
            return None
        run = line_of(stamps)
        if run.times_s()[-1] < last_s - 0.5 / run.rate_hz or not self._rate_is_kept(run):
            return None
        values = self._on_the_grid(run, self.at(start_s) + np.arange(width) / rate_hz)
        if self._given < _LOOKED_AT and (likely := likely_mistake(values, self._manifest)):
            raise InputError(
                likely, where=self._where, mend="Write the unit behind the channel's name, as right_wrist.acc.x [g]"
            )
        return Window(start_s, start_s + width / rate_hz, values, self.stretch)

    def _rate_is_kept(self, run: EvenRun) -> bool:
        """Whether a stretch goes on at the rate that it began with."""
        wanted, was_hz = self._manifest.rate_hz, self._rate_hz
        if not self._measured:
            self._rate_hz, self._measured = run.rate_hz, True
        elif abs(run.rate_hz / was_hz - 1) > _OTHER_RATE:
            self.cut(f"the rate changed from {was_hz:.1f} to {run.rate_hz:.1f} Hz")
            return False
        if run.rate_hz >= LOWEST_RATE * wanted:
            return True
        said = f"the stream has {run.rate_hz:.3g} Hz, the model takes {wanted:g} Hz"
        if not self._given:
            mend = "Send more samples a second, or train a student at this rate: resampling brings no detail back"
            raise InputError(said, where=self._where, mend=mend)
        self.cut(said)
        return False

    def _on_the_grid(self, run: EvenRun, times_s: Floats) -> NDArray[np.float32]:
        """`(channel, time)`: the stretch's samples at these times."""
        rate_hz = self._manifest.rate_hz
        even = straight(_even(np.array(self._values).T, run), self._manifest.layout)
        place = (times_s - run.start_s) * run.rate_hz
        nearest = np.clip(np.rint(place), 0, even.shape[1] - 1).astype(np.int64)
        drift = abs(run.rate_hz / rate_hz - 1) * len(times_s)
        if drift <= _SAME and np.abs(place - nearest).max() <= _SAME:
            found = even[:, nearest]
        else:
            found = resample(even, rate_hz=run.rate_hz, start_s=run.start_s, times_s=times_s, new_rate_hz=rate_hz)
        return turned(found, self._manifest.layout).astype(np.float32)

    def _forget(self) -> None:
        """Drops what no later window can ask for."""
        rate_hz = self._manifest.rate_hz
        needed_s = self.at((self._first - _REACH) / rate_hz)
        keep_s = min(needed_s, self._stamps[-1] - _SEEN_S)
        gone = next((place for place, stamp in enumerate(self._stamps) if stamp >= keep_s), 0)
        del self._stamps[:gone], self._values[:gone]


def _even(values: Floats, run: EvenRun) -> Floats:
    """`(channel, slot)` without holes: straight lines over lost samples and missing values."""
    if run.lost is None and not np.isnan(values).any():
        return values
    slots = run.slots()
    every = np.arange(slots[-1] + 1)
    there = ~np.isnan(values)
    return np.stack([np.interp(every, slots[here], row[here]) for row, here in zip(values, there, strict=True)])
