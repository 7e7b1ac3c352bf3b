"""Defects of released code that must never be ours: an axis twice, validation among those who train, labels as inputs.

The others stand with what they concern: one person under two ids with OpenPack, selection on test people with the
search and the second stage, the softmax taken twice and a memory of one pattern with the heads, a frozen teacher left
in training mode with the loop.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest

from stillroom.data.bank import bank_of
from stillroom.data.dataset import Dataset
from stillroom.data.recording import Recording
from stillroom.data.source import open_source
from stillroom.data.sources import dsads, hapt, openpack_streams
from stillroom.data.splits import split
from stillroom.data.windows import WindowConfig, cut
from stillroom.sensors.catalogue import KINDS
from stillroom.sensors.layout import Layout

CONFIG = WindowConfig(window_s=2.0, stride_s=1.0)
LAYOUTS: dict[str, Callable[[], Layout]] = {
    "dsads": lambda: dsads.LAYOUT,
    "hapt": lambda: hapt.LAYOUT,
    **{f"openpack {d}": lambda d=d: openpack_streams.atr_layout(d) for d in openpack_streams.DEVICES},  # type: ignore[misc]
    "factory": lambda: open_source("factory").layout,
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_sensor_has_each_of_its_axes_once_and_in_order(layout: Callable[[], Layout]) -> None:
    sensors = [(key, [c.axis for c in own]) for key, own in groupby(layout(), key=lambda c: (c.site, c.kind))]
    assert len({key for key, _ in sensors}) == len(sensors)
    for (_, kind), axes in sensors:
        assert tuple(axes) == KINDS[kind].axes
        assert not {"x", "y", "z"} & set(axes) or [axis for axis in axes if axis in "xyz"] == ["x", "y", "z"]
    assert {kind for (_, kind), _ in sensors} & {"acc", "gyro"}


@pytest.mark.parametrize("protocol", ["person", "persons:2", "persons:3", "session"])
def test_who_validates_trains_nothing(make_dataset: Callable[..., Dataset], protocol: str) -> None:
    index = cut(make_dataset(people=6, sessions=2), CONFIG)
    for fold in split(index, protocol).folds:
        train, validation = (set(index.person_names(ids).tolist()) for ids in (fold.train, fold.validation))
        assert train and validation and not train & validation


def test_of_one_person_s_recording_what_validates_lies_apart_from_what_trains(
    make_dataset: Callable[..., Dataset],
) -> None:
    index = cut(make_dataset(people=1, seconds=5.0, rounds=20), CONFIG)
    for fold in split(index, "blocks:5", gap_s=8.0).folds:
        apart = np.abs(index.start[fold.validation][:, None] - index.start[fold.train][None]) - index.width
        assert apart.min() >= 8.0 * index.rate_hz - 2


def test_what_a_model_is_shown_does_not_depend_on_any_label(make_dataset: Callable[..., Dataset]) -> None:
    plain = make_dataset()
    swapped = {"slow": "still", "still": "brisk", "brisk": "slow"}

    def other_labels(recording: Recording) -> Recording:
        spans = tuple(replace(span, label=swapped[span.label]) for span in recording.tracks["activity"])
        return replace(recording, tracks={"activity": spans})

    renamed = replace(plain, recordings=tuple(map(other_labels, plain.recordings)))
    one, other = cut(plain, CONFIG), cut(renamed, CONFIG)
    assert (one.start == other.start).all() and (one.label != other.label).mean() > 0.9
    ours, theirs = (bank_of(data.recordings, data.layout).gather(one.start, one.width) for data in (plain, renamed))
    assert np.array_equal(ours, theirs)
    # nor does a row of the signal follow the label of its moment
    label = one.label.astype(float)
    for row in ours.mean(axis=2).T:
        assert len(set(np.round(row, 6).tolist())) > len(one.classes), "a row that takes a value for each class"
        assert abs(np.corrcoef(row, label)[0, 1]) < 0.9
