"""From channels to sensors to sites, and from windows to people."""

import numpy as np
import pytest
import torch

from stillroom.base.errors import InputError
from stillroom.explain.groups import by_class, channels_of, importance, magnitude, members, signed
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

# the wrist's two sensors stand apart, as in a file that sorts by kind
LAYOUT = Layout(
    channels=(
        *sensor_channels("right_wrist", "acc", 10.0),
        *sensor_channels("torso", "acc", 10.0),
        *sensor_channels("right_wrist", "gyro", 10.0),
    )
)
A = torch.randn(6, 9, 12, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("by", "names"),
    [("sensor", ("right_wrist.acc", "torso.acc", "right_wrist.gyro")), ("site", ("right_wrist", "torso")),
     ("all", ("all",)), ("channel", LAYOUT.names)],
)  # fmt: skip
def test_groups_hold_every_channel_once(by, names):
    found = channels_of(LAYOUT, by)
    assert tuple(found) == names == members(LAYOUT, by)[0]
    assert sorted(np.concatenate(list(found.values()))) == list(range(9))
    assert all(name.startswith(group) or by == "all" for group, held in found.items() for name in
               (LAYOUT.names[place] for place in held))  # fmt: skip


def test_sums_go_up_from_channel_to_sensor_to_site_and_nothing_is_lost():
    total = A.sum((1, 2)).numpy()
    for by in ("channel", "sensor", "site", "all"):
        assert np.allclose(signed(A, LAYOUT, by).sum(1), total, atol=1e-5)
        assert np.allclose(magnitude(A, LAYOUT, by).sum(1), 1)
    wrist = signed(A, LAYOUT, "sensor")[:, [0, 2]].sum(1)
    assert np.allclose(signed(A, LAYOUT, "site")[:, 0], wrist, atol=1e-5)


def test_shares_do_not_cancel_and_a_window_without_attribution_has_none():
    some = torch.zeros(2, 9, 12)
    some[0, 0, 0], some[0, 1, 0], some[0, 3, 0] = 1.0, -1.0, 2.0
    assert magnitude(some, LAYOUT).tolist() == [[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]
    assert signed(some, LAYOUT).tolist() == [[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]


def test_people_count_once_however_many_windows_they_have():
    shares = np.array([[1.0, 0.0]] * 9 + [[0.0, 1.0]])
    told = importance(shares, ("a", "b"), ["p1"] * 9 + ["p2"])
    assert [(one.name, one.importance) for one in told] == [("a", 0.5), ("b", 0.5)]
    assert told[0].low == 0 and told[0].high == 1, "cut where a share must end"
    assert importance(shares[:3], ("a", "b"), ["p1"] * 3)[0].as_dict() == {
        "name": "a", "importance": 1.0, "low": None, "high": None,
    }  # fmt: skip


def test_each_class_has_its_own_importance_and_one_without_windows_none():
    shares = np.array([[1.0, 0.0], [0.2, 0.8], [1.0, 0.0], [0.4, 0.6]])
    told = by_class(shares, ("a", "b"), ["p", "p", "q", "q"], [0, 2, 0, 2], ("sit", "run", "jump"))
    assert list(told) == ["sit", "jump"]
    assert told["sit"][0].importance == 1.0 and told["jump"][1].importance == pytest.approx(0.7)


def test_what_does_not_fit_is_one_clear_error():
    with pytest.raises(InputError, match=r"unknown level 'kind'.*Known: channel, sensor, site"):
        members(LAYOUT, "kind")
    with pytest.raises(InputError, match="for 9 channels"):
        signed(A[:, :8], LAYOUT)
    with pytest.raises(InputError, match="for 3 groups"):
        importance(np.ones((2, 2)), ("a", "b", "c"), ["p", "q"])
    with pytest.raises(InputError, match="different lengths"):
        importance(np.ones((2, 2)), ("a", "b"), ["p"])
