"""What is given is checked before a model is asked, and a wrong thing named."""

import pytest
import torch

from stillroom.base.errors import InputError
from stillroom.explain.given import check_attributions, check_windows, per_window, settled
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

LAYOUT = Layout(channels=sensor_channels("torso", "acc", 10.0))
X, TARGETS = torch.randn(5, 3, 20, generator=torch.Generator().manual_seed(0)), torch.zeros(5, dtype=torch.int64)


@pytest.mark.parametrize(
    ("windows", "targets", "said"),
    [
        (torch.zeros(0, 3, 20), TARGETS[:0], "no windows"),
        (X[0], TARGETS, "no windows"),
        (X[:, :2], TARGETS, "2 channels for a layout of 3"),
        (X + torch.nan, TARGETS, "not finite.*Leave windows with gaps out"),
        (X, TARGETS[:4], "4 targets for 5 windows"),
    ],
)
def test_windows_that_cannot_be_explained_are_refused(windows, targets, said):
    with pytest.raises(InputError, match=said):
        check_windows(windows, targets, LAYOUT)
    check_windows(X, TARGETS, LAYOUT)


def test_attributions_of_other_windows_are_refused():
    for wrong in (X[:3], X[:, :2], X[:, :, :7]):
        with pytest.raises(InputError, match="attributions of shape"):
            check_attributions(wrong, X)
    check_attributions(X[:, :2], X, whole=False)
    with pytest.raises(InputError, match="attributions of shape"):
        check_attributions(X[:3], X, whole=False)


def test_a_shared_baseline_is_not_copied_and_a_wrong_one_refused():
    windows = torch.zeros(5, 2, 20)
    assert per_window(torch.ones(2, 20), windows).stride(0) == 0
    assert per_window(torch.ones(5, 2, 20), windows).shape == windows.shape
    for wrong in (torch.ones(2, 19), torch.ones(3, 2, 20)):
        with pytest.raises(InputError, match="baselines of shape"):
            per_window(wrong, windows)
    with pytest.raises(InputError, match="not finite"):
        per_window(torch.full((2, 20), torch.nan), windows)


def test_what_differs_by_rounding_alone_is_no_change():
    windows = torch.tensor([[[0.37, 9.81, 0.0, 1.0]]])
    baselines = torch.nextafter(windows, torch.tensor(2.0)) + torch.tensor([0, 0, 0.5, 1e-4])
    assert (settled(baselines, windows) == windows).tolist() == [[[True, True, False, False]]]
