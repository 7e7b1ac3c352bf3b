"""What holds for every architecture: any channels and widths, one window at a time, no state, kept without loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stillroom.models.architecture import ARCHITECTURES, describe, restore
from stillroom.models.bundle import load_model, save_model
from stillroom.models.forest import Forest
from stillroom.models.output import Output
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

KINDS = ("acc", "gyro", "mag")
ALL = [c for site in ("right_wrist", "torso") for kind in KINDS for c in sensor_channels(site, kind, 25.0)]
CLASSES = ("sit", "walk", "run", "lie")
NAMES = list(ARCHITECTURES)
NETWORKS = [name for name in NAMES if name != "forest"]
SMALL = {
    "forest": {"trees": 5},
    "attention_har": {"width": 32, "feedforward": 64, "filters": 16},
    "smldist_net": {"width": 1 / 16, "head": ("linear", "cosine", "mlp", "hopfield")},
}


def built(name: str, channels: int = 6, width: int = 50) -> Recogniser:
    """A recogniser in eval mode with default settings, after a few training batches or grown."""
    torch.manual_seed(7)
    face = Interface(Layout(channels=tuple(ALL[:channels])), 25.0, width, CLASSES)
    member = Member(ARCHITECTURES[name](**SMALL.get(name, {})), face.shape)
    if isinstance(member.net, Forest):
        draw = np.random.default_rng(8)
        statistics = draw.normal(size=(80, member.net.features)).astype(np.float32)
        member.net.grow(statistics, np.arange(80) % len(CLASSES), seed=1)
    else:
        for norm in (module for module in member.modules() if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))):
            norm.momentum = 1.0  # a deep net's answers fade while its norms still half believe in a spread of one
        member.train()(windows(8, channels, width))
    return Recogniser(face, [member]).eval()


def windows(count: int, channels: int = 6, width: int = 50) -> Tensor:
    return torch.randn(count, channels, width, generator=torch.Generator().manual_seed(9))


def same(one: Output, other: Output) -> bool:
    """Whether two answers agree in every part, bit for bit."""
    ours, theirs = one.answers(), other.answers()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[key], theirs[key]) for key in ours)


@pytest.mark.parametrize("width", [32, 75, 100, 125])
@pytest.mark.parametrize("channels", [1, 3, 18])
@pytest.mark.parametrize("name", NAMES)
def test_it_answers_for_any_channels_and_widths(name: str, channels: int, width: int) -> None:
    with torch.no_grad():
        output = built(name, channels, width)(windows(4, channels, width))
    assert output.logits.shape == (4, len(CLASSES))
    for answer, values in output.answers().items():
        assert values.ndim == 2 and len(values) == 4, answer
        assert torch.isfinite(values).all(), answer


@pytest.mark.parametrize("name", NAMES)
def test_it_answers_twice_the_same_and_keeps_no_state(name: str) -> None:
    model, x = built(name), windows(4)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with torch.no_grad():
        first, again = model(x), model(x)
    assert same(first, again)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert torch.equal(x, windows(4)), "the input was changed in place"


@pytest.mark.parametrize("name", NAMES)
def test_a_window_s_answer_does_not_depend_on_its_neighbours(name: str) -> None:
    model, x = built(name), windows(4)
    poisoned = x.clone()
    poisoned[1:] = float("nan")
    with torch.no_grad():
        whole, beside, alone = model(x), model(poisoned), model(x[:1])
    for answer in (beside, alone):
        for part, values in answer.answers().items():
            torch.testing.assert_close(values[0], whole.answers()[part][0], atol=1e-5, rtol=1e-5, msg=part)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_tells_windows_apart_by_every_channel(name: str) -> None:
    model, x = built(name), windows(1)
    with torch.no_grad():
        base = model(x).logits
        for channel in range(x.shape[1]):
            other = x.clone()
            other[:, channel] += torch.sin(torch.arange(x.shape[2]) * 0.9)
            assert not torch.allclose(model(other).logits, base, atol=1e-6), ALL[channel].name


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_reach_every_parameter_that_learns(name: str) -> None:
    model = built(name).train()
    label = torch.arange(16) % len(CLASSES)
    losses = [
        nn.functional.cross_entropy(values, label)
        for answer, values in model(windows(16)).answers().items()
        if answer.endswith("logits") and values.requires_grad
    ]
    torch.stack(losses).sum().backward()
    learning = {key: parameter for key, parameter in model.named_parameters() if parameter.requires_grad}
    assert learning
    assert [key for key, p in learning.items() if p.grad is None or not p.grad.abs().max() > 0] == []
    assert all(torch.isfinite(parameter.grad).all() for parameter in learning.values())
    assert all(parameter.grad is None for parameter in model.parameters() if not parameter.requires_grad)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_a_seed_draws_is_drawn_again(name: str) -> None:
    one, two = built(name).state_dict(), built(name).state_dict()
    assert one.keys() == two.keys() and all(torch.equal(one[key], two[key]) for key in one)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_kept_and_loaded_without_loss(name: str, tmp_path: Path) -> None:
    model, x = built(name), windows(4)
    save_model(model.train(), tmp_path, {"seed": 3})
    again, provenance = load_model(tmp_path)
    assert provenance == {"seed": 3} and again.interface == model.interface
    assert not any(module.training for module in again.modules())
    with torch.no_grad():
        first, second = model.eval()(x), again(x)
    assert same(first, second)
    assert again.parameter_count() == model.parameter_count() > 0


@pytest.mark.parametrize("name", NAMES)
def test_its_settings_are_described_and_restored(name: str) -> None:
    settings = ARCHITECTURES[name]()
    assert describe(settings) == {"name": name, "settings": settings.model_dump(mode="json")}
    assert restore(describe(settings), where="here") == settings
