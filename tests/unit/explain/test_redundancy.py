from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.signal import coherence

from stillroom.base.errors import InputError
from stillroom.explain.redundancy import overlap_of_scores, overlap_of_signals
from stillroom.explain.subsets import Subset
from stillroom.sensors.channel import Channel
from stillroom.sensors.layout import Layout

LAYOUT = Layout(
    channels=tuple(
        Channel(site=site, kind="acc", axis=axis, unit="m/s2", rate_hz=50.0)
        for site, axis in (("left", "x"), ("right", "x"), ("left", "y"), ("head", "x"))
    )
)


def scored(gains: dict[str, float]):
    def value(subset: Subset) -> dict[str, float]:
        return {person: 0.2 + gains["".join(sorted(subset))] for person in ("p", "q")}

    return value


def test_twins_overlap_wholly_strangers_not_at_all_and_partners_below_zero() -> None:
    value = scored({"": 0, "a": 0.3, "b": 0.3, "c": 0.2, "ab": 0.3, "ac": 0.5, "bc": 0.7})
    ab, ac, bc = overlap_of_scores("abc", value)
    assert [(one.first, one.second) for one in (ab, ac, bc)] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [one.overlap.mean for one in (ab, ac, bc)] == pytest.approx([1.0, 0.0, -1.0])
    assert [one.interaction.mean for one in (ab, ac, bc)] == pytest.approx([-0.3, 0.0, 0.2])
    assert ab.people == 2


def test_the_weaker_of_two_is_the_measure() -> None:
    # b alone gains 0.1 and adds 0.05 to a: half of it is a repetition
    (found,) = overlap_of_scores("ab", scored({"": 0, "a": 0.5, "b": 0.1, "ab": 0.55}))
    assert found.overlap.mean == pytest.approx(0.5)


def test_people_to_whom_a_sensor_gives_next_to_nothing_do_not_count_in_the_ratio() -> None:
    scores = {
        "": {"p": 0.2, "q": 0.2},
        "a": {"p": 0.6, "q": 0.6},
        "b": {"p": 0.4, "q": 0.21},
        "ab": {"p": 0.7, "q": 0.5},
    }
    (found,) = overlap_of_scores("ab", lambda subset: scores["".join(sorted(subset))])
    assert (found.people, found.overlap) == (1, pytest.approx((0.5, None, None)))
    assert found.per_person == pytest.approx({"p": -0.1, "q": -0.11})
    (none,) = overlap_of_scores("ab", scored({"": 0, "a": 0.5, "b": 0.0, "ab": 0.5}))
    assert (none.people, none.overlap) == (0, None)
    assert json.dumps(none.as_dict(), allow_nan=False)


def test_coherence_of_the_nearest_channels_is_that_of_their_sensors() -> None:
    draw = np.random.default_rng(1)
    source, other = draw.standard_normal((2, 20_000))
    # left.y follows right.x with noise; left.x and head.x stand for themselves
    signals = np.stack([draw.standard_normal(20_000), source, source + other, draw.standard_normal(20_000)])
    _, table = coherence(signals[:, None], signals[None], fs=50.0, nperseg=256)
    found = overlap_of_signals(table, LAYOUT)
    # signal and noise of one power: coherence 1 / (1 + 1)
    assert found[0, 1] == pytest.approx(0.5, abs=0.05)
    assert (found[0, 2] < 0.05, found[1, 2] < 0.05) == (True, True)
    assert np.array_equal(found, found.T)
    assert found.diagonal().tolist() == [1.0, 1.0, 1.0]


def test_a_constant_channel_repeats_nothing() -> None:
    table = np.full((4, 4, 3), 0.25)
    table[3] = table[:, 3] = np.nan
    assert overlap_of_signals(table, LAYOUT).tolist() == [[1.0, 0.25, 0.0], [0.25, 1.0, 0.0], [0.0, 0.0, 1.0]]


def test_other_shapes_and_values_are_refused() -> None:
    for broken in (np.zeros((3, 3, 5)), np.zeros((4, 4, 0)), np.full((4, 4, 2), 1.5)):
        with pytest.raises(InputError, match="coherence"):
            overlap_of_signals(broken, LAYOUT)
