"""Samples become windows on the model's clock, as those of a whole recording are, looking back alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.unit.inference.conftest import CLASSES, LAYOUT, MEAN, RATE_HZ, SD, WIDTH, moving

from stillroom.base.errors import InputError
from stillroom.data.assembly import assemble
from stillroom.data.recording import Recording, Stream
from stillroom.data.replaying import header_of, rows_of
from stillroom.inference.fitting import fitted
from stillroom.inference.following import Following
from stillroom.inference.following_lines import Lines, Sample
from stillroom.inference.following_sources import Anew
from stillroom.inference.following_windows import Windows
from stillroom.inference.predictor import Predictor
from stillroom.inference.smoothing import NO_SMOOTHING, Smoothing
from stillroom.inference.stream import Prediction, Window, stream, windows_of
from stillroom.runs.manifest import Manifest
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout
from stillroom.signal.orientation import unit

Record = Callable[..., Recording]
STRIDE = 5
MANIFEST = Manifest.model_construct(layout=LAYOUT, rate_hz=RATE_HZ, width=WIDTH, classes=CLASSES, mean=MEAN, sd=SD)


def cut(
    stamps_s: NDArray[np.float64], values: NDArray[np.float32], manifest: Manifest = MANIFEST, gap_s: float = 0.5
) -> tuple[list[Window], list[str]]:
    said: list[str] = []
    windows = Windows(manifest, STRIDE, gap_s, "wrist", said.append)
    samples = (Sample(n, float(t), v.astype(float)) for n, (t, v) in enumerate(zip(stamps_s, values.T, strict=True)))
    return [window for sample in samples for window in windows.take(sample)], said


def clock(values: NDArray[np.float32], rate_hz: float = RATE_HZ) -> NDArray[np.float64]:
    return np.arange(values.shape[1]) / rate_hz


def answers(
    export: Path, pieces: list[bytes | Anew], smoothing: Smoothing = NO_SMOOTHING, **more: object
) -> tuple[list[Prediction], Following]:
    predictor = Predictor(export)
    lines, windows = Lines(predictor.layout, "wrist", skip_bad=True), Windows(predictor.manifest, STRIDE, 0.5, "wrist")
    one = Following(lambda: iter(pieces), lines, windows, predictor, smoothing, **more)  # type: ignore[arg-type]
    return [answer.said for answer in one], one


def written(recording: Recording) -> bytes:
    return header_of(recording) + b"".join(line for _, line in rows_of(recording))


def test_a_stream_is_answered_as_the_whole_recording_is(export: Path, recorded: Record) -> None:
    recording = recorded(tuple("xyzzx"), gaps=[(0, 50), (71, 200)])
    smoothing = Smoothing(kind="majority", windows=5)
    whole = list(stream(recording, Predictor(export), STRIDE / RATE_HZ, smoothing))
    told, one = answers(export, [written(recording)], smoothing)
    assert [item.label for item in told] == [item.label for item in whole]
    assert [item.smoothed for item in told] == [item.smoothed for item in whole]
    assert [item.start_s for item in told] == pytest.approx([item.start_s for item in whole])
    np.testing.assert_allclose(
        [list(item.probability.values()) for item in told],
        [list(item.probability.values()) for item in whole],
        atol=1e-5,  # the rows are written to six digits
    )
    assert one.windows.gaps == 1 and one.told()["windows"] == len(whole)


def test_a_faster_stream_is_the_resampled_recording_but_for_the_reflected_end_of_each_window(recorded: Record) -> None:
    recording = recorded(tuple("xyzx"), rate_hz=100.0)
    ready = fitted(recording, MANIFEST)
    whole = list(windows_of(ready, WIDTH, STRIDE))
    found, _ = cut(clock(recording.signal, 100.0), recording.signal)
    assert [window.start_s for window in found] == pytest.approx([window.start_s for window in whole])
    apart = np.array([np.abs(one.values - other.values).max() for one, other in zip(found, whole, strict=True)])
    assert np.median(apart) < 0.05 and apart.max() < 0.6, "the signal swings by 3"


def test_bursts_of_a_radio_are_laid_on_the_line_that_a_recording_is_laid_on(export: Path, recorded: Record) -> None:
    recording = recorded(tuple("xyzxyzxyz"))
    stamps = np.ceil(clock(recording.signal) / 0.25) * 0.25
    values = recording.signal.astype(np.float64)
    whole = assemble([Stream(LAYOUT, stamps, values)], person="p", session="s", rate_hz=RATE_HZ, tracks={})
    found, said = cut(stamps, recording.signal)
    assert not said and len(found) > 50
    predictor, alike = Predictor(export), []
    for window in found[:-2]:
        first = max(0, round((window.start_s - whole.start_s) * RATE_HZ))
        both = predictor(np.stack([window.values, whole.signal[:, first : first + WIDTH]]))
        alike.append(np.ptp(both.argmax(axis=1)) == 0)
    assert np.mean(alike) >= 0.95


def test_jitter_leaves_the_samples_as_they_are(recorded: Record) -> None:
    recording, draw = recorded(tuple("xyz")), np.random.default_rng(0)
    stamps = clock(recording.signal) + draw.uniform(-0.0002, 0.0002, recording.signal.shape[1])
    found, _ = cut(stamps, recording.signal)
    whole = list(windows_of(recording, WIDTH, STRIDE))
    assert len(found) == len(whole)
    for one, other in zip(found, whole, strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=0.2)


def test_lost_samples_and_missing_values_are_bridged_by_straight_lines() -> None:
    values = np.stack([np.arange(60.0), np.arange(60.0), np.full(60, 9.8)]).astype(np.float32)
    holes = values.copy()
    holes[0, 11:14] = holes[1, 34] = np.nan
    keep = np.r_[0:20, 23:60]
    found, said = cut(clock(values)[keep], holes[:, keep])
    assert not said
    for window in found:
        first = round(window.start_s * RATE_HZ)
        wanted = values[:, first : first + WIDTH].copy()
        wanted[1, -1] = 33 if first + WIDTH == 35 else wanted[1, -1]  # nothing is known of what comes next
        np.testing.assert_allclose(window.values, wanted, atol=0.05)


@pytest.mark.parametrize(("gap_s", "stretches"), [(0.5, [0, 1]), (2.0, [0])])
def test_a_silence_begins_a_new_stretch_on_the_same_grid(gap_s: float, stretches: list[int], recorded: Record) -> None:
    recording = recorded(tuple("xyz"))
    keep = np.r_[0:43, 63:120]
    found, said = cut(clock(recording.signal)[keep], recording.signal[:, keep], gap_s=gap_s)
    assert sorted({window.stretch for window in found}) == stretches
    assert said == ["silent for 1.05 s: a new stretch begins"] * (len(stretches) - 1)
    starts = np.array([window.start_s for window in found]) * RATE_HZ
    np.testing.assert_allclose(starts, np.rint(starts), atol=1e-6)
    if len(stretches) > 1:
        assert next(window.start_s for window in found if window.stretch) == pytest.approx(63 / RATE_HZ)


def test_a_channel_that_stays_away_begins_a_new_stretch_when_it_is_back(recorded: Record) -> None:
    signal = recorded(tuple("xyz")).signal.copy()
    signal[1, 40:70] = np.nan
    found, said = cut(clock(signal), signal)
    assert said == ["right_wrist.acc.y is missing for 0.55 s: a new stretch begins"]
    assert all(np.isfinite(window.values).all() for window in found)
    assert next(window.start_s for window in found if window.stretch == 1) == pytest.approx(70 / RATE_HZ)


def test_a_clock_that_is_set_back_goes_on_where_it_stood(recorded: Record) -> None:
    signal = recorded(tuple("xyz")).signal
    stamps = clock(signal) + 1.7e9
    stamps[60:] -= 1e6
    found, said = cut(stamps, signal)
    assert said == ["the stream's clock was set back by 1000000.0 s: a new stretch begins"]
    starts = [window.start_s for window in found]
    assert starts[0] == 0 and starts == sorted(starts) and len(set(starts)) == len(starts) > 15


def test_a_rate_that_changes_begins_a_new_stretch(recorded: Record) -> None:
    slow, fast = recorded(tuple("xyz")).signal, recorded(tuple("xyz"), rate_hz=80.0).signal
    stamps = np.concatenate([clock(slow), 6.0 + clock(fast, 80.0)])
    found, said = cut(stamps, np.concatenate([slow, fast], axis=1))
    assert len(said) == 1 and said[0].startswith("the rate changed from 20.0 to")
    assert found[-1].stretch == 1 and found[-1].start_s > 10


@pytest.mark.parametrize(
    ("change", "said", "mend"),
    [
        (lambda t, v: (t * 2, v), "the stream has 10 Hz, the model takes 20 Hz", "Send more samples"),
        (lambda t, v: (t * 1000, v), "50 s apart", "milliseconds"),
        (lambda t, v: (t, v / 9.80665), "looks as if it were in g", "[g]"),
    ],
)
def test_a_stream_that_the_student_cannot_read_is_refused_with_the_likely_mistake(
    change: Callable[..., tuple[NDArray[np.float64], NDArray[np.float32]]], said: str, mend: str, recorded: Record
) -> None:
    signal = recorded(tuple("xyz")).signal
    with pytest.raises(InputError) as refused:
        cut(*change(clock(signal), signal))
    assert said in refused.value.what and mend in refused.value.mend


def test_quaternions_keep_their_length_and_do_not_jump() -> None:
    layout = Layout(channels=sensor_channels("trunk", "quat", RATE_HZ))
    manifest = MANIFEST.model_copy(update={"layout": layout, "mean": (0.0,) * 4, "sd": (1.0,) * 4})
    times = np.arange(400) / 80.0
    turning = unit(np.stack([np.cos(times), np.sin(times), 0 * times, 0 * times]))
    turning[:, 1::2] *= -1
    found, _ = cut(times, turning.astype(np.float32), manifest)
    assert len(found) > 10
    for window in found:
        np.testing.assert_allclose(np.linalg.norm(window.values, axis=0), 1, atol=1e-5)
        assert np.abs(np.diff(window.values, axis=1)).max() < 0.2


RECORDED = Recording("p", "s", LAYOUT, RATE_HZ, moving("xzy"), np.array([[0, 50], [70, 120]]), {})
FAST = replace(RECORDED, rate_hz=50.0, signal=moving("xzy", rate_hz=50.0), segments=np.array([[0, 120], [170, 300]]))


@pytest.mark.parametrize("recording", [RECORDED, FAST])
@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, 3000), max_size=40))
def test_any_pieces_of_the_same_bytes_give_the_same_windows(recording: Recording, cuts: list[int]) -> None:
    data = written(recording)

    def windows(edges: list[int]) -> list[Window]:
        lines, made = Lines(LAYOUT, "wrist"), Windows(MANIFEST, STRIDE, 0.5, "wrist")
        pieces = (data[first:stop] for first, stop in itertools.pairwise(edges))
        return [one for piece in pieces for sample in lines.feed(piece) for one in made.take(sample)]

    whole, found = windows([0, len(data)]), windows([0, *sorted(cuts), len(data)])
    assert [(one.start_s, one.stretch) for one in found] == [(one.start_s, one.stretch) for one in whole]
    assert all(np.array_equal(one.values, other.values) for one, other in zip(found, whole, strict=True))


def test_what_is_remembered_stays_bounded(recorded: Record) -> None:
    signal = np.tile(recorded(tuple("xyz")).signal, 10)
    windows = Windows(MANIFEST, STRIDE, 0.5, "wrist")
    for n, values in enumerate(signal.T):
        list(windows.take(Sample(n, n / RATE_HZ, values.astype(float))))
    assert len(windows._stamps) == len(windows._values) < 11 * RATE_HZ


def test_times_are_told_from_the_last_sample_that_was_read(export: Path, recorded: Record) -> None:
    ticks = iter(np.arange(0, 1000, 0.5))
    rows = written(recorded(tuple("xy"))).splitlines(keepends=True)
    told, one = answers(export, [b"".join(rows[:31]), b"".join(rows[31:61])], clock=lambda: float(next(ticks)))
    assert told[0].latency_ms == 500.0, "a tick after its bytes were read"
    assert one.told()["latency_ms"]["n"] == len(told)


def test_what_piles_up_on_the_way_is_told_as_time_behind_the_sensor(export: Path, recorded: Record) -> None:
    rows, now = written(recorded(tuple("xyz"))).splitlines(keepends=True), [0.0]

    def pieces() -> Iterator[bytes]:
        for first in range(1, 120, 10):
            now[0] = (first + 9) / RATE_HZ + (2.0 if first == 61 else 0.3)
            yield rows[0] * (first == 1) + b"".join(rows[first : first + 10])

    predictor = Predictor(export)
    windows = Windows(predictor.manifest, 10, 0.5, "wrist")
    one = Following(pieces, Lines(predictor.layout, "wrist"), windows, predictor, clock=lambda: now[0])
    behind = [answer.behind_ms for answer in one]
    assert behind[6] == pytest.approx(1700) and [*behind[:6], *behind[7:]] == pytest.approx([0] * 11, abs=1e-6)


def test_a_stream_that_begins_anew_is_not_joined_to_what_was(export: Path, recorded: Record) -> None:
    data = written(recorded(tuple("x")))
    told, one = answers(export, [data[:-40], Anew("the bridge went away"), data])
    assert one.windows.gaps == 1 and one.lines.skipped == 0
    starts = [item.start_s for item in told]
    assert starts == sorted(starts) and len(told) >= 12
    assert one.told()["why"] == "ended"


def test_it_ends_when_asked_and_when_nothing_comes(export: Path, recorded: Record) -> None:
    rows = written(recorded(tuple("xyz")))
    asked = iter([False] * 5 + [True] * 9)
    told, one = answers(export, [rows, rows], stop=lambda: next(asked))
    assert one.why == "stopped" and 0 < len(told) < 6
    ticks = iter(range(1000))
    told, one = answers(export, [b""] * 20, until_idle_s=5.0, clock=lambda: float(next(ticks)))
    assert not told and one.why == "idle"
