"""A recording is written out at the speed at which it was made."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.data.recording import Recording
from stillroom.data.replaying import header_of, played
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

LAYOUT = Layout(channels=sensor_channels("right_wrist", "acc", 10.0))


def recording(*segments: tuple[int, int]) -> Recording:
    signal = np.arange(60, dtype=np.float32).reshape(3, 20) / 7
    return Recording("p1", "1", LAYOUT, 10.0, signal, np.array(segments).reshape(-1, 2), {})


class Clock:
    """Goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("speed", [0.5, 1.0, 8.0])
def test_every_row_comes_when_it_is_due(speed: float) -> None:
    clock = Clock()
    lines = played(recording((0, 20)), speed=speed, clock=clock, sleep=clock.sleep)
    came = [(clock.now - 100.0, line) for line in lines if line]
    assert came[0][1] == header_of(recording()) == b"t,right_wrist.acc.x,right_wrist.acc.y,right_wrist.acc.z\n"
    assert [at for at, _ in came[1:]] == pytest.approx(np.arange(20) / 10 / speed, abs=0.021)
    assert came[2][1] == b"0.100000,0.142857,3,5.85714\n"


def test_a_gap_stays_silent_and_a_loop_goes_on_with_its_clock() -> None:
    clock = Clock()
    rows = (line for line in played(recording((0, 5), (12, 20)), loop=True, clock=clock, sleep=clock.sleep) if line)
    next(rows)
    stamps = [float(line.split(b",")[0]) for line in itertools.islice(rows, 20)]
    assert stamps == pytest.approx([*np.arange(5) / 10, *np.arange(12, 20) / 10, *(3 + np.arange(5) / 10), 4.2, 4.3])


def test_no_speed_and_no_sample_are_refused() -> None:
    for speed in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="is no speed"):
            next(played(recording((0, 20)), speed=speed))
    with pytest.raises(InputError, match="holds no sample"):
        next(played(recording()))
