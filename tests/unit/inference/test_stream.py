"""Recordings come in by windows, are fitted or refused, and go out as labels that may be smoothed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.data.recording import UNLABELLED, Recording
from stillroom.inference.fitting import at_rate, fitted
from stillroom.inference.latency import latency
from stillroom.inference.predictor import Predictor
from stillroom.inference.scoring import macro_f1, truth_of
from stillroom.inference.smoothing import Smoother, Smoothing, smoothing_of
from stillroom.inference.stream import Window, predictions, stream, windows_of
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

Record = Callable[..., Recording]


def test_a_recording_is_answered_window_by_window(export: Path, recorded: Record) -> None:
    told = list(stream(recorded(("x", "y", "z")), Predictor(export), stride_s=0.5))
    assert [item.label for item in told] == list("xxxxyyyyzzzz")
    assert [item.start_s for item in told] == pytest.approx(np.arange(12) * 0.5)
    assert all(item.end_s - item.start_s == pytest.approx(0.5) and item.latency_ms > 0 for item in told)
    assert all(sum(item.probability.values()) == pytest.approx(1, abs=1e-5) for item in told)
    assert all(max(item.probability, key=item.probability.__getitem__) == item.label for item in told)
    assert len(list(stream(recorded(), Predictor(export)))) == 23, "half a window by default"


def test_no_window_crosses_a_gap_and_what_was_shown_is_forgotten_there(export: Path, recorded: Record) -> None:
    recording = recorded(("x", "y"), gaps=[(0, 34), (45, 80)])
    told = list(stream(recording, Predictor(export), 0.5, Smoothing(kind="hysteresis", windows=50)))
    assert [item.start_s for item in told] == pytest.approx([0, 0.5, 1.0, 2.25, 2.75, 3.25])
    assert [item.smoothed for item in told] == ["x"] * 3 + ["y"] * 3


@pytest.mark.parametrize("text", ["majority:3", "hysteresis:3", "hmm:50"])
def test_a_stream_shows_its_windows_smoothed(text: str, export: Path, recorded: Record) -> None:
    smoothing = smoothing_of(text)
    told = list(stream(recorded(tuple("xxyxzzz")), Predictor(export), 1.0, smoothing))
    smoother = Smoother(smoothing, 3)
    assert [item.smoothed for item in told] == ["xyz"[smoother.step(list(item.probability.values()))] for item in told]
    assert [item.smoothed for item in told] != [item.label for item in told]


@pytest.mark.parametrize(("stride_s", "share"), [(0.25, 0.5), (0.1, 0.2), (0.5, 1.0), (2.0, 1.0)])
def test_a_window_counts_by_the_part_that_the_one_before_did_not_hold(
    stride_s: float, share: float, export: Path, recorded: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[float] = []
    step = Smoother.step

    def heard_step(self: Smoother, probabilities: object, share: float) -> int:
        heard.append(share)
        return step(self, probabilities, share)

    monkeypatch.setattr(Smoother, "step", heard_step)
    told = list(stream(recorded(("x", "y"), gaps=[(0, 34), (45, 80)]), Predictor(export), stride_s))
    firsts = [0, next(number for number, item in enumerate(told) if item.start_s >= 45 / 20)]
    assert heard == pytest.approx([1.0 if number in firsts else share for number in range(len(told))])


def test_live_windows_are_answered_before_the_next_is_asked_for(export: Path) -> None:
    asked: list[int] = []

    def live() -> Iterator[Window]:
        for number in itertools.count():
            asked.append(number)
            yield Window(float(number), number + 0.5, np.eye(3, 10, dtype=np.float32))

    answers = predictions(live(), Predictor(export))
    for number in range(3):
        assert next(answers).start_s == number and asked == list(range(number + 1))


def test_a_device_s_clock_may_start_anew_with_another_stretch(export: Path) -> None:
    values = np.eye(3, 10, dtype=np.float32)
    live = [Window(start, start + 0.5, values, stretch) for start, stretch in ((7.0, 0), (7.25, 0), (0.0, 1))]
    assert len(list(predictions(live, Predictor(export), smoothing_of("hmm:5")))) == 3
    with pytest.raises(InputError, match="Give windows in the order of time"):
        list(predictions(live[1::-1], Predictor(export), smoothing_of("hmm:5")))


def test_other_channels_are_left_out_and_put_in_order(export: Path, recorded: Record) -> None:
    more = Layout(
        channels=(*sensor_channels("left_wrist", "acc", 20.0), *reversed(sensor_channels("right_wrist", "acc", 20.0)))
    )
    recording = recorded(("x", "y", "z"), layout=more)
    assert fitted(recording, Predictor(export).manifest).layout.names == Predictor(export).layout.names
    flipped = recording.signal[[5, 4, 3]]
    np.testing.assert_array_equal(fitted(recording, Predictor(export).manifest).signal, flipped)


def test_a_missing_channel_and_another_unit_are_named(
    export: Path, recorded: Record, other_units: Callable[..., Layout]
) -> None:
    manifest = Predictor(export).manifest
    with pytest.raises(InputError, match=r"3 channels are missing.*right_wrist\.acc\.x"):
        fitted(recorded(layout=other_units(site="left_wrist")), manifest)
    with pytest.raises(InputError, match=r"acc\.x is in g, the model takes m/s2, and a value in it is 9\.81 m/s2"):
        fitted(recorded(layout=other_units(unit="g")), manifest)
    with pytest.raises(InputError, match=r"acc\.x is in furlongs, the model takes m/s2"):
        fitted(recorded(layout=other_units(unit="furlongs")), manifest)


@pytest.mark.parametrize(
    ("scale", "said"), [(1 / 9.80665, "in g:"), (1000 / 9.80665, "in mg:"), (9.80665, "converted twice")]
)
def test_values_that_look_like_another_unit_are_refused(
    export: Path, recorded: Record, scale: float, said: str
) -> None:
    with pytest.raises(InputError, match=rf"right_wrist\.acc looks as if it were {said}|{said}"):
        fitted(recorded(scale=scale), Predictor(export).manifest)


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.3, 3.0])
def test_values_that_are_merely_calm_or_wild_are_taken(export: Path, recorded: Record, scale: float) -> None:
    assert fitted(recorded(scale=scale), Predictor(export).manifest).rate_hz == 20


def test_degrees_are_told_from_radians(
    make_export: Callable[..., Path], recorded: Record, other_units: Callable[..., Layout]
) -> None:
    gyro = other_units(kind="gyro", unit="rad/s")
    manifest = Predictor(make_export(layout=gyro, mean=(0, 0, 0), sd=(1, 1, 1))).manifest
    turning = recorded(layout=gyro)
    turning.signal[2] -= 9.8
    assert fitted(turning, manifest) is not None
    turning.signal[:] *= 180 / np.pi
    with pytest.raises(InputError, match=r"right_wrist\.gyro looks as if it were in deg/s"):
        fitted(turning, manifest)


def test_a_higher_rate_is_brought_down_and_a_lower_one_refused(export: Path, recorded: Record) -> None:
    predictor = Predictor(export)
    fast = recorded(("x", "y", "z"), rate_hz=100.0)
    assert [item.label for item in stream(fast, predictor, 0.5)] == list("xxxxyyyyzzzz")
    down, slow = at_rate(fast, 20.0), recorded(("x", "y", "z"))
    assert down.signal.shape == slow.signal.shape and down.rate_hz == 20
    inner = np.abs(down.signal - slow.signal)[:, np.r_[5:35, 45:75, 85:115]]
    assert inner.max() < 0.2, "away from the jumps it is the same wave"
    with pytest.raises(InputError, match="has 10 Hz, the model takes 20 Hz"):
        fitted(recorded(rate_hz=10.0), predictor.manifest)
    assert at_rate(slow, 20.0) is slow


def test_gaps_stay_where_they_are_when_the_rate_changes(recorded: Record) -> None:
    fast = recorded(("x", "y", "z"), rate_hz=100.0, gaps=[(3, 200), (333, 600)])
    down = at_rate(fast, 20.0)
    assert down.segments.tolist() == [[1, 40], [67, 120]]
    away = np.abs(down.signal - recorded(("x", "y", "z")).signal)[:, np.r_[5:35, 72:75, 85:115]]
    assert away.max() < 0.2, "each stretch stays at its own time"
    assert not np.isnan(down.signal).any()


def test_a_quaternion_stays_of_length_one_when_the_rate_changes(recorded: Record) -> None:
    layout = Layout(channels=sensor_channels("torso", "quat", 100.0))
    angle = np.linspace(0, 9, 300)
    signal = np.stack([np.cos(angle), np.sin(angle), 0 * angle, 0 * angle]).astype(np.float32)
    signal[:, 100:200] *= -1
    base = recorded(rate_hz=100.0)
    down = at_rate(
        Recording("p", "s", layout, 100.0, signal, np.array([[0, 300]]), dict(base.tracks)), 20.0
    ).signal.astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(down, axis=0), 1, atol=1e-5)
    np.testing.assert_allclose(np.abs(np.cos(angle[::5])), np.abs(down[0]), atol=0.02)


def test_a_window_is_true_to_the_label_that_holds_for_half_of_it() -> None:
    codes = np.array([0] * 4 + [1] * 5 + [UNLABELLED] * 11, np.int16)
    assert [truth_of(codes, first, 10) for first in (0, 2, 4, 5, 10)] == [1, 1, 1, UNLABELLED, UNLABELLED]


def test_scores_and_latencies_of_nothing_are_null() -> None:
    assert latency([]) == {"median": None, "p95": None, "n": 0}
    assert latency([1.0, 2.0, 9.0])["median"] == 2.0
    assert macro_f1([(None, "a")], ("a", "b")) is None
    assert macro_f1([("a", "a"), ("b", "b"), (None, "b")], ("a", "b")) == 1.0


def test_a_recording_shorter_than_a_window_gives_nothing(recorded: Record) -> None:
    assert list(windows_of(recorded(), 10_000, 1)) == []
