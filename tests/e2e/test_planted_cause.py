"""A cause that was put into real recordings is found where it was put, and a louder one that tells nothing is not.

The decoy comes and goes: one that is always there is a part of every window that the model knows, and without it the
score may fall for that alone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stillroom.base.events import silent
from stillroom.data.dataset import Dataset
from stillroom.data.recording import Recording, Span
from stillroom.data.source import open_source
from stillroom.explain.groups import signed
from stillroom.recipes.ask import ask, with_people
from stillroom.recipes.distil import distil
from stillroom.recipes.explain_fold import Question
from stillroom.recipes.explain_frequency import explain_frequency
from stillroom.recipes.explained import drawn, explained
from stillroom.recipes.reopen import finished_run

KEPT, TOOL = ("standing", "sitting"), "standing, a tool runs"
CAUSE, DECOY, HUM_HZ, LOUD_HZ = "right_arm.acc", "left_leg.gyro", 7.0, 3.0
HUM_MS2, LOUD_RADS, BLOCK = 1.0, 6.0, 250  # a block lasts ten seconds


def _planted(recording: Recording, dataset: Dataset) -> Recording:
    """Who stands runs a tool in the second half, which hums at 7 Hz on one unit; another is shaken now and then."""
    signal, length = recording.signal.copy(), recording.signal.shape[1]
    t, draw = np.arange(length) / dataset.rate_hz, np.random.default_rng(list(recording.name.encode()))
    stands = any(span.label == "standing" for span in recording.tracks[dataset.card.track])
    runs = stands * (np.arange(length) >= length // 2)
    for row, channel in enumerate(recording.layout):
        phase = draw.uniform(0, 2 * np.pi)
        if channel.sensor == CAUSE:
            signal[row] += (HUM_MS2 * np.sin(2 * np.pi * HUM_HZ * t + phase) * runs).astype(np.float32)
        if channel.sensor == DECOY:
            loud = np.repeat(draw.uniform(0, LOUD_RADS, 1 + length // BLOCK), BLOCK)[:length]
            signal[row] += (loud * np.sin(2 * np.pi * LOUD_HZ * t + phase)).astype(np.float32)
    if not stands:
        return replace(recording, signal=signal)
    middle_s = (length // 2) / dataset.rate_hz
    halves = (Span(0.0, middle_s, "standing"), Span(middle_s, length / dataset.rate_hz, TOOL))
    return replace(recording, signal=signal, tracks={**recording.tracks, dataset.card.track: halves})


@pytest.mark.timeout(280)
def test_in_real_recordings_the_planted_hum_is_found_and_the_loud_decoy_is_not(
    stillroom_data: Path, tmp_path: Path
) -> None:
    whole = with_people(open_source(f"dsads:{stillroom_data / 'dsads'}"), ["p1", "p2", "p3", "p4", "p5"])
    some = whole.without_classes(tuple(name for name in whole.classes if name not in KEPT))
    shaken = tuple(_planted(one, some) for one in some.recordings)
    planted = replace(some, recordings=shaken, classes=(*some.classes, TOOL), key="planted")
    changes = ['only=["teacher"]', "teacher.training.batch=32", "augmentation.views=2"]
    options = {"student_view": "*", "protocol": "person", "folds": 1, "stride_s": 5.0, "threads": 1}
    experiment = ask("tsak", "dsads", dataset=planted, changes=changes, **options)
    distil(experiment, tmp_path / "run", resume=False, emit=silent, stop=lambda: False)
    run = finished_run(tmp_path / "run")
    told = explain_frequency(experiment, run, windows=48, seed=0, emit=silent, stop=lambda: False)["bands"]["teacher"]
    falls = np.array(told["classes"][TOOL])
    sensor, band = np.unravel_index(falls.argmax(), falls.shape)
    low, high = (float(edge) for edge in told["bands"][band].removesuffix(" Hz").split("-"))
    assert told["sensors"][sensor] == CAUSE and low <= HUM_HZ <= high, (told["sensors"][sensor], told["bands"][band])
    assert np.abs(falls[told["sensors"].index(DECOY)]).max() < 0.5 * falls.max()
    fold = experiment.folds[0]
    for method in ("integrated_gradients", "occlusion"):
        with explained(experiment, run, "teacher", fold) as one:
            ids = drawn(experiment, fold, 24, 0)
            asked = Question(experiment, one, ids, method, "sensor", 0, silent, lambda: False)
            sums = signed(asked.attributions(), one.layout)[asked.label == planted.classes.index(TOOL)].mean(axis=0)
        assert one.layout.sensors[int(sums.argmax())] == CAUSE, method
        assert abs(sums[one.layout.sensors.index(DECOY)]) < 0.2 * sums.max(), method
