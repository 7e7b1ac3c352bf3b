"""The network that can be asked with any sensor left out: nothing of an absent one is left, and every set is met."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stillroom.models.any_subset import AnySubset, AnySubsetConfig, Silence
from stillroom.models.architecture import Shape
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

SITES, KINDS = ("right_wrist", "left_wrist", "torso"), ("acc", "gyro")
LAYOUT = Layout(channels=tuple(c for site in SITES for kind in KINDS for c in sensor_channels(site, kind, 25.0)))
CLASSES, WIDTH = ("sit", "walk", "run"), 40
SENSORS = len(LAYOUT.sensors)


def built(layout: Layout = LAYOUT, **settings: int) -> AnySubset:
    torch.manual_seed(3)
    net = AnySubsetConfig(**settings).build(Shape(layout, WIDTH, len(CLASSES), 25.0))
    assert isinstance(net, AnySubset)
    return net.eval()


def windows(count: int = 5, layout: Layout = LAYOUT, seed: int = 1) -> Tensor:
    return torch.randn(count, len(layout), WIDTH, generator=torch.Generator().manual_seed(seed))


def places(sensor: str, layout: Layout = LAYOUT) -> list[int]:
    return [place for place, channel in enumerate(layout) if channel.sensor == sensor]


def without(x: Tensor, *sensors: str) -> Tensor:
    """Windows with some sensors at their mean."""
    x = x.clone()
    for sensor in sensors:
        x[:, places(sensor)] = 0.0
    return x


def drawn(count: int = 20000) -> Tensor:
    """`(window, sensor)` which sensors stay in training."""
    torch.manual_seed(5)
    return Silence(LAYOUT).train().drawn(count, torch.device("cpu"))


@torch.no_grad()
def logits(net: torch.nn.Module, x: Tensor) -> Tensor:
    found: Tensor = net(x).logits
    return found


def test_of_a_sensor_laid_at_its_mean_no_weight_and_no_value_is_left_in_the_answer() -> None:
    x, gone = windows(), LAYOUT.sensors[2]
    net = built()
    asked = logits(net, without(x, gone))
    assert not torch.allclose(asked, logits(net, x))
    own = LAYOUT.sensors.index(gone)
    with torch.no_grad():
        for layer in (net.first, net.second):
            rows = layer.weight.view(SENSORS, -1, *layer.weight.shape[1:])
            rows[own] = torch.randn_like(rows[own])
            layer.bias.view(SENSORS, -1)[own] = 9.0
        net.known.weight[:, own] = 9.0
    assert torch.equal(logits(net, without(x, gone)), asked)
    assert not torch.allclose(logits(net, x), asked)


@pytest.mark.parametrize("site", SITES)
def test_a_sensor_at_its_training_mean_in_physical_units_is_as_good_as_one_that_was_never_there(site: str) -> None:
    """A network of the other sensors alone, with the same weights, answers the same."""
    rest = Layout(channels=tuple(c for c in LAYOUT if c.site != site))
    whole, part = built(), built(rest)
    kept = [LAYOUT.sensors.index(sensor) for sensor in rest.sensors]
    with torch.no_grad():
        for name in ("first", "second"):
            ours, theirs = getattr(part, name), getattr(whole, name)
            ours.weight.copy_(theirs.weight.view(SENSORS, -1, *theirs.weight.shape[1:])[kept].flatten(0, 1))
            ours.bias.copy_(theirs.bias.view(SENSORS, -1)[kept].flatten())
        part.known.weight.copy_(whole.known.weight[:, kept])
        part.known.bias.copy_(whole.known.bias)
        for name in ("trunk", "hidden", "head"):
            getattr(part, name).load_state_dict(getattr(whole, name).state_dict())
    x = windows()
    gone = [sensor for sensor in LAYOUT.sensors if sensor not in rest.sensors]
    columns = [place for place, channel in enumerate(LAYOUT) if channel.site != site]
    torch.testing.assert_close(logits(whole, without(x, *gone)), logits(part, x[:, columns]))


def test_behind_a_normaliser_the_training_mean_is_what_leaves_no_trace() -> None:
    member = Member(AnySubsetConfig(), Shape(LAYOUT, WIDTH, len(CLASSES), 25.0))
    member.mean, member.sd = torch.linspace(-3, 9, len(LAYOUT))[:, None], torch.full((len(LAYOUT), 1), 0.37)
    model = Recogniser(Interface(LAYOUT, 25.0, WIDTH, CLASSES), [member]).eval()
    gone = places(LAYOUT.sensors[1])
    x = windows() * member.sd + member.mean
    x[:, gone] = member.mean[gone].expand(-1, WIDTH)
    standardised = (x - member.mean) / member.sd
    assert torch.equal(standardised[:, gone], torch.zeros_like(standardised[:, gone]))
    assert torch.equal(logits(model, x), logits(member.net, without(standardised, LAYOUT.sensors[1])))


def test_with_no_sensor_at_all_it_still_answers_the_same_for_everybody() -> None:
    found = logits(built(), without(windows(), *LAYOUT.sensors))
    assert torch.isfinite(found).all()
    torch.testing.assert_close(found, found[:1].expand_as(found))  # rows of a product are rounded apart


def test_what_one_window_lacks_another_does_not() -> None:
    net, x = built(), windows()
    mixed = x.clone()
    mixed[1] = without(x[1:2], *LAYOUT.sensors[:4])[0]
    found = logits(net, mixed)
    others = [0, 2, 3, 4]
    torch.testing.assert_close(found[others], logits(net, x)[others])
    torch.testing.assert_close(found[1:2], logits(net, mixed[1:2]))


def test_asked_it_silences_nothing_and_in_training_it_does() -> None:
    net, x = built(dropout=0), windows(64)
    torch.manual_seed(0)
    first = logits(net, x)
    torch.manual_seed(1)
    assert torch.equal(logits(net, x), first)
    assert not torch.allclose(logits(net.train(), x), first)
    by_sensor = x.view(64, SENSORS, 3, WIDTH)
    assert torch.equal(net.eval().silence(by_sensor), by_sensor)


def test_a_silenced_sensor_is_silent_in_all_axes_and_for_the_whole_window_and_others_are_untouched() -> None:
    by_sensor = windows(500).view(500, SENSORS, 3, WIDTH)
    torch.manual_seed(2)
    found = Silence(LAYOUT).train()(by_sensor)
    silent = (found == 0).flatten(2).all(dim=2)
    assert silent.any() and torch.equal(found[~silent], by_sensor[~silent])


def test_in_training_one_sensor_always_stays_and_sets_of_every_size_are_met() -> None:
    counts = torch.bincount(drawn().sum(dim=1), minlength=SENSORS + 1) / 20000
    assert counts[0] == 0
    # half of the draws leave whole sites, two sensors each, and meet no odd size: 1 / 7 of the other half is the least
    assert counts[1:].min() > 0.9 / 14 and counts[1:].max() < 0.35, counts


def test_each_number_of_sensors_is_met_as_often_and_one_alone_twice_since_it_stands_for_none_too() -> None:
    one_each = Layout(channels=tuple(c for c in LAYOUT if c.sensor.endswith("acc")))
    torch.manual_seed(6)
    sizes = Silence(one_each).train().drawn(20000, torch.device("cpu")).sum(dim=1)
    counts = torch.bincount(sizes, minlength=4) / len(sizes)
    assert counts.tolist() == pytest.approx([0, 0.5, 0.25, 0.25], abs=0.02)


def test_every_sensor_stays_as_often_as_any_other() -> None:
    shares = drawn().double().mean(dim=0)
    assert shares.max() - shares.min() < 0.02 and 0.4 < float(shares.mean()) < 0.7


def test_sites_go_together_in_half_of_the_windows_and_sensors_on_their_own_in_the_others() -> None:
    stays = drawn().view(-1, len(SITES), len(KINDS))
    torn = (stays.any(dim=2) & ~stays.all(dim=2)).any(dim=1).double().mean()
    torch.manual_seed(5)
    share, own = torch.rand(20000, 1), torch.rand(20000, SENSORS)
    free = ((own <= share) | (own == own.amin(dim=1, keepdim=True))).view(-1, len(SITES), len(KINDS))
    expected = (free.any(dim=2) & ~free.all(dim=2)).any(dim=1).double().mean() / 2
    assert float(torn) == pytest.approx(float(expected), abs=0.02)


def test_sensors_of_one_axis_and_of_three_stand_side_by_side() -> None:
    uneven = Layout(channels=(LAYOUT.channels[0], *LAYOUT.channels[3:6], LAYOUT.channels[7]))
    net, x = built(uneven), windows(3, uneven)
    found = logits(net, x)
    for sensor in uneven.sensors:
        other = x.clone()
        other[:, places(sensor, uneven)[-1:]] += 1.0
        assert not torch.allclose(logits(net, other), found), sensor


def test_channels_of_a_sensor_that_stand_apart_are_read_as_one_sensor() -> None:
    order = [0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 16, 5, 11, 17]
    mixed = Layout(channels=tuple(LAYOUT.channels[place] for place in order))
    net, x = built(mixed), windows(3, mixed)
    own = places("torso.acc", mixed)
    left = torch.zeros_like(x)
    left[:, own] = x[:, own]
    seen = torch.nn.functional.pad(left, (0, 0, 0, 1)).index_select(1, net.place).view(3, SENSORS, 3, -1)
    there = (seen != 0).flatten(2).any(dim=2)
    assert there.sum(dim=1).tolist() == [1, 1, 1]
    assert torch.equal(seen[:, mixed.sensors.index("torso.acc")], x[:, own])
