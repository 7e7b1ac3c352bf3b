"""What windows are compared with."""

import pytest
import torch

from stillroom.base.errors import InputError
from stillroom.explain.baselines import coincide, distance, of_people, quiet_recording, training_mean

SD = torch.tensor([1.0, 100.0])


def test_the_quiet_recording_is_the_one_that_moves_least_in_units_of_the_training_spread():
    wave = torch.sin(torch.arange(20.0))
    loud_by_nature = torch.stack([0.1 * wave + 9.8, 10 * wave])
    restless = torch.stack([0.5 * wave + 9.8, 1 * wave])
    found = quiet_recording(torch.stack([restless, loud_by_nature]), SD)
    assert torch.equal(found, loud_by_nature)
    assert torch.equal(quiet_recording(torch.stack([restless, loud_by_nature]), torch.ones(2)), restless)


def test_a_person_without_windows_has_no_quiet_recording():
    with pytest.raises(InputError, match="no window of this person"):
        quiet_recording(torch.zeros(0, 2, 20), SD)


def test_where_two_baselines_coincide_is_said_for_each_channel():
    mean = training_mean(torch.tensor([9.8, 0.0]), 20)
    still = mean + torch.tensor([0.5, 5.0])[:, None]
    assert torch.allclose(distance(mean, still, SD), torch.tensor([0.5, 0.05]))
    assert coincide(mean, still, SD).tolist() == [False, True]
    assert coincide(mean, still.expand(3, -1, -1), SD, within=0.6).tolist() == [True, True]
    assert coincide(mean, mean, torch.zeros(2)).all(), "a channel that never moved in training"


def test_each_window_gets_its_person_s_baseline():
    two = {"a": torch.zeros(2, 20), "b": torch.ones(2, 20)}
    assert of_people(two, ["b", "a", "b"])[:, 0, 0].tolist() == [1, 0, 1]
    with pytest.raises(InputError, match=r"no baseline of c"):
        of_people(two, ["a", "c"])
