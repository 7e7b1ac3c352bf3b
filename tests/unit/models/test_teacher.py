"""The teacher's parts against slow references, its sizes beside the student's, and settings that are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from stillroom.base.errors import InputError
from stillroom.cost.counting import count_macs
from stillroom.models.architecture import ARCHITECTURES, Shape
from stillroom.models.blocks import CausalConv, SelfAttention
from stillroom.models.channel_tokens import LogSpectrum
from stillroom.models.channels import by_kind, by_name, kind_groups
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.models.teacher import TsakTeacherConfig
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

UNITS = ("torso", "right_arm", "left_arm", "right_leg", "left_leg")
DSADS = Layout(channels=tuple(c for u in UNITS for k in ("acc", "gyro", "mag") for c in sensor_channels(u, k, 25.0)))
WRIST = Layout(
    channels=(
        *sensor_channels("right_wrist", "eda", 4.0),
        *sensor_channels("right_wrist", "acc", 32.0),
        *sensor_channels("left_wrist", "acc", 30.0),
    )
)


def windows(count: int, channels: int, width: int) -> torch.Tensor:
    return torch.randn(count, channels, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("width", "bins"), [(20, 10), (33, 16), (33, 4), (8, 0)])
def test_the_log_spectrum_is_what_its_definition_gives(width: int, bins: int) -> None:
    x = windows(2, 3, width)
    spectrum = LogSpectrum(width, bins)
    found = spectrum(x).numpy()
    taper = np.array([0.5 - 0.5 * math.cos(2 * math.pi * n / width) for n in range(width)])
    for place in np.ndindex(2, 3):
        row = x[place].double().numpy()
        expected = [row.mean()]
        for k in range(bins + 1):
            wave = np.exp(-2j * math.pi * k * np.arange(width) / width)
            power = abs(sum((row - row.mean()) * taper * wave)) ** 2 / width
            expected.append(0.5 * math.log(power + 1e-4))
        np.testing.assert_allclose(found[place], expected, atol=2e-4)
    assert found.shape == (2, 3, LogSpectrum.features_of(bins))


@pytest.mark.parametrize(
    ("rate_hz", "width", "expected"),
    [
        (32.0, 120, {"acc": 57, "eda": 8}),  # 30 of 32 Hz: 15 Hz is bin 56.25; 2 Hz is bin 7.5
        (30.0, 120, {"acc": 60, "eda": 8}),  # 2 Hz is bin 8
        (4.0, 40, {"acc": 20, "eda": 20}),  # windows slower than the sensors
        (60.0, 121, {"acc": 31, "eda": 5}),
        (None, 120, {"acc": 57, "eda": 8}),  # the fastest channel's rate stands for the window's
    ],
)
def test_a_kind_is_looked_at_up_to_its_slowest_channel_s_nyquist(
    rate_hz: float | None, width: int, expected: dict[str, int]
) -> None:
    shape = Shape(WRIST, width, 3, rate_hz)
    assert {group.kind: group.bins(shape) for group in kind_groups(WRIST)} == expected


def test_a_recogniser_tells_its_network_the_window_s_rate() -> None:
    face = Interface(WRIST, 60.0, 121, ("sit", "walk"))
    net = Member(TsakTeacherConfig(), face.shape).net
    assert net.attention.features == [LogSpectrum.features_of(31), LogSpectrum.features_of(5)]


def test_what_lies_above_a_kind_s_nyquist_is_not_heard() -> None:
    net = TsakTeacherConfig().build(Shape(WRIST, 120, 3, 32.0)).eval()
    x, time = windows(2, 7, 120), torch.arange(120) / 120
    with torch.no_grad():
        base = net(x).parts["attention"]
        for cycles, heard in ((39, False), (4, True)):  # 10.4 Hz and 1.07 Hz; the sensor delivers 4 values a second
            other = x.clone()
            other[:, 0] += 0.3 * torch.sin(2 * torch.pi * cycles * time)
            assert torch.allclose(net(other).parts["attention"], base, atol=1e-4) is not heard


def test_kinds_lie_side_by_side_and_names_are_in_order() -> None:
    names = [WRIST.names[place] for place in by_kind(WRIST)]
    assert names == [f"{s}.acc.{a}" for s in ("left_wrist", "right_wrist") for a in "xyz"] + ["right_wrist.eda.v"]
    assert [(group.kind, group.first, group.stop, group.rate_hz) for group in kind_groups(WRIST)] == [
        ("acc", 0, 6, 30.0),
        ("eda", 6, 7, 4.0),
    ]
    assert [WRIST.names[place] for place in by_name(WRIST)] == sorted(WRIST.names)


def test_each_kind_is_embedded_by_itself() -> None:
    torch.manual_seed(1)
    net = TsakTeacherConfig(token=8, heads=2, causal=8).build(Shape(WRIST, 30, 3, 32.0)).eval()
    x = windows(2, 7, 30)
    x[:, 1:] = x[:, :1]
    with torch.no_grad():
        tokens = net.attention.tokens(net.order(x)) - net.attention.place
        net.attention.embed[1].weight.zero_()
        after = net.attention.tokens(net.order(x)) - net.attention.place
    torch.testing.assert_close(tokens[:, 1:6], tokens[:, :1].expand(-1, 5, -1))
    assert torch.equal(after[:, :6], tokens[:, :6]) and not torch.equal(after[:, 6], tokens[:, 6])


@pytest.mark.parametrize(("width", "stride"), [(7, 1), (8, 2), (9, 2), (10, 3), (11, 3), (12, 3)])
@pytest.mark.parametrize("to_the_end", [True, False])
def test_a_causal_convolution_sees_what_it_says(width: int, stride: int, to_the_end: bool) -> None:
    layer, x = CausalConv(2, 3, 5, stride, to_the_end=to_the_end), windows(1, 2, width)
    weight, bias = layer.convolution.weight.detach(), layer.convolution.bias.detach()
    found = layer(x).detach()[0]
    ahead = (width - 1) % stride if to_the_end else 0
    assert found.shape[1] == math.ceil(width / stride)
    for step in range(found.shape[1]):
        last = stride * step + ahead
        sums = bias.clone()
        for tap in range(5):
            if (at := last - 4 + tap) >= 0:
                sums += weight[:, :, tap] @ x[0, :, at]
        torch.testing.assert_close(found[:, step], sums.clamp_min(0))
    assert not to_the_end or last == width - 1


def test_a_causal_convolution_that_would_skip_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="skips"):
        CausalConv(2, 3, 2, 3, to_the_end=True)


def test_self_attention_is_torch_s() -> None:
    ours, theirs = SelfAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    tokens = windows(4, 7, 12)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.inward.weight)
        theirs.in_proj_bias.copy_(ours.inward.bias.normal_())
        theirs.out_proj.weight.copy_(ours.outward.weight)
        theirs.out_proj.bias.copy_(ours.outward.bias.normal_())
        expected, shares = theirs(tokens, tokens, tokens, average_attn_weights=False)
        torch.testing.assert_close(ours(tokens), expected)
        torch.testing.assert_close(ours.weights(tokens), shares)


def recogniser(name: str, layout: Layout) -> Recogniser:
    face = Interface(layout, 25.0, 125, tuple(f"a{number:02}" for number in range(19)))
    return Recogniser(face, [Member(ARCHITECTURES[name](), face.shape)])


def test_the_student_is_as_much_smaller_as_the_paper_states() -> None:
    big, small = recogniser("tsak_teacher", DSADS), recogniser("tsak_student", DSADS.select("right_arm.acc.*"))
    assert big.parameter_count() >= small.parameter_count() / (1 - 0.79)
    assert count_macs(big, 45, 125) >= count_macs(small, 3, 125) / (1 - 0.966)


def test_the_teacher_s_parameters_are_counted_as_by_hand() -> None:
    features = 125 // 2 + 2
    tokens = 3 * (features * 64 + 64) + 45 * 64
    attention = 4 * (64 * 64 + 64) + 2 * 64
    causal = 3 * (15 * 64 * 5 + 64) + 4 * 128 * (64 + 128) + 2 * 4 * 128
    heads = sum(width * 19 + 19 for width in (64, 128, 192))
    assert recogniser("tsak_teacher", DSADS).parameter_count() == tokens + attention + causal + heads


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"heads": 3}, "heads"),
        ({"combined": "sum"}, "combined"),
        ({"sensor_dropout": 1.0}, "sensor_dropout"),
        ({"sensor_dropout": -0.1}, "sensor_dropout"),
    ],
)
def test_settings_that_make_no_teacher_are_refused(settings: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        TsakTeacherConfig.from_input(settings, where="recipe")
