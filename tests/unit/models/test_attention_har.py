"""The attention recogniser against slow references of what its paper and code describe."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from stillroom.base.errors import InputError
from stillroom.models.architecture import Shape
from stillroom.models.attention_har import AttentionHar, AttentionHarConfig, EncoderBlock, SensorAttention
from stillroom.sensors.channel import Channel
from stillroom.sensors.layout import Layout

TINY = AttentionHarConfig(width=8, heads=2, feedforward=12, filters=4)


def layout(channels: int) -> Layout:
    made = [Channel(site=f"s{i // 3:02}", kind="acc", axis="xyz"[i % 3], unit="m/s2", rate_hz=25) for i in range(60)]
    return Layout(channels=tuple(made[:channels]))


def net(channels: int = 6, width: int = 20, config: AttentionHarConfig = TINY) -> AttentionHar:
    torch.manual_seed(2)
    made = config.build(Shape(layout(channels), width, 5, 25.0)).eval()
    assert isinstance(made, AttentionHar)
    return made


def windows(count: int, channels: int, width: int) -> torch.Tensor:
    return torch.randn(count, channels, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("channels", "width"), [(1, 8), (1, 125), (2, 9), (45, 30), (60, 8)])
def test_it_answers_from_one_channel_to_sixty(channels: int, width: int) -> None:
    output = net(channels, width)(windows(3, channels, width))
    assert output.logits.shape == (3, 5) and output.representation.shape == (3, 8)
    assert torch.isfinite(output.logits).all()


def test_shares_come_from_a_picture_of_time_by_channel() -> None:
    torch.manual_seed(4)
    layer, x = SensorAttention(5, 3), windows(1, 5, 9)
    found = layer(x).detach().numpy()[0]
    weight, bias = layer.look.weight.detach().numpy()[:, 0], layer.look.bias.detach().numpy()
    picture = x[0].numpy().T.astype(np.float64)
    picture = (picture - picture.mean(axis=1, keepdims=True)) / np.sqrt(picture.var(axis=1, keepdims=True) + 1e-5)
    padded = np.pad(picture, 2)
    for time in range(9):
        scores = np.zeros(5)
        for channel in range(5):
            patch = padded[time : time + 5 : 2, channel : channel + 5 : 2]
            filters = np.maximum((weight * patch).sum(axis=(1, 2)) + bias, 0)
            scores[channel] = (layer.score.weight.detach().numpy().ravel() * filters).sum()
        shares = np.exp(scores - scores.max())
        np.testing.assert_allclose(found[:, time], shares / shares.sum(), atol=1e-5)


def test_a_channel_without_share_is_not_heard() -> None:
    made, x = net(), windows(2, 6, 20)
    made.sensors.forward = lambda seen: torch.zeros_like(seen)  # type: ignore[method-assign]
    assert torch.equal(made(x).logits, made(x * 2).logits)
    made.sensors.forward = lambda seen: torch.full_like(seen, 0.5)  # type: ignore[method-assign]
    one = made(x).logits
    made.sensors.forward = lambda seen: torch.full_like(seen, 0.25)  # type: ignore[method-assign]
    torch.testing.assert_close(made(x * 2).logits, one)


@pytest.mark.parametrize("width", [8, 9, 128])
def test_positions_are_a_half_of_sines_and_a_half_of_cosines(width: int) -> None:
    config = AttentionHarConfig(width=width, heads=1, feedforward=8, filters=2)
    found = net(2, 30, config).positions
    half = (width + 1) // 2
    for time, place in ((0, 0), (7, 1), (29, half - 1)):
        turn = time / 10_000 ** (2 * place / width)
        assert found[time, place] == pytest.approx(math.sin(turn), abs=1e-4)
        if half + place < width:
            assert found[time, half + place] == pytest.approx(math.cos(turn), abs=1e-4)
    assert found.shape == (30, width)


def test_the_order_of_steps_matters_by_their_positions_alone() -> None:
    made, x = net(), windows(1, 6, 20)
    made.sensors.forward = torch.ones_like  # type: ignore[method-assign]
    assert not torch.allclose(made(x).logits, made(x.flip(2)).logits, atol=1e-4)
    made.positions.zero_()
    torch.testing.assert_close(made(x).logits, made(x.flip(2)).logits)


def test_a_block_is_torch_s_post_norm_layer() -> None:
    torch.manual_seed(3)
    ours = EncoderBlock(TINY).eval()
    theirs = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, norm_first=False)
    with torch.no_grad():
        for norm in ours.norms:
            norm.weight.uniform_(0.5, 2)
        theirs.self_attn.in_proj_weight.copy_(ours.attention.inward.weight)
        theirs.self_attn.in_proj_bias.copy_(ours.attention.inward.bias)
        theirs.self_attn.out_proj.load_state_dict(ours.attention.outward.state_dict())
        for mine, other in ((0, theirs.linear1), (2, theirs.linear2)):
            other.load_state_dict(ours.feedforward[mine].state_dict())
        for mine, other in enumerate((theirs.norm1, theirs.norm2)):
            other.load_state_dict(ours.norms[mine].state_dict())
        steps = windows(3, 7, 8)
        torch.testing.assert_close(ours(steps), theirs.eval()(steps))


def test_logits_are_no_shares_and_the_pooled_vector_is_the_steps_weighted_mean() -> None:
    made, x = net(), windows(4, 6, 20)
    seen: list[torch.Tensor] = []
    made.blocks.register_forward_hook(lambda module, given, taken: seen.append(taken))
    with torch.no_grad():
        output, times = made(x), made.temporal_attention(x)
    torch.testing.assert_close(output.representation, (times[..., None] * seen[0]).sum(dim=1))
    assert (output.logits < 0).any() and not torch.allclose(output.logits.sum(dim=1), torch.ones(4), atol=1e-2)


def test_with_the_paper_s_sizes_it_has_as_many_parameters_as_the_paper_s_code() -> None:
    made = AttentionHarConfig().build(Shape(layout(18), 33, 12, 100 / 3))
    assert sum(parameter.numel() for parameter in made.parameters()) == pytest.approx(0.43e6, rel=0.02)


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(InputError, match="width of 10"):
        AttentionHarConfig.from_input({"width": 10}, where="recipe")
