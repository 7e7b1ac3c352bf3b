"""Blocks: the causal convolution never looks ahead, and pooling is a weighted mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from stillroom.models.blocks import AttentionPool, CausalConv, ConvBlock


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(
    kernel=st.integers(1, 7), stride=st.integers(1, 4), time=st.integers(1, 40), data=st.data()
)  # fmt: skip
def test_changing_the_future_changes_nothing_before_it(
    kernel: int, stride: int, time: int, data: st.DataObject
) -> None:
    torch.manual_seed(1)
    block, x = CausalConv(3, 4, kernel, stride), drawn(2, 3, time)
    now = data.draw(st.integers(0, time))
    changed = x.clone()
    changed[:, :, now:] = float("nan")
    before, after = block(x), block(changed)
    assert before.shape == (2, 4, -(-time // stride))
    settled = -(-now // stride)  # outputs whose last input, `stride * t`, lies before `now`
    assert torch.equal(after[:, :, :settled], before[:, :, :settled])
    assert torch.isnan(after[:, :, settled : settled + 1]).all(), "the present itself must be seen"


def test_the_causal_convolution_is_the_sum_it_says() -> None:
    torch.manual_seed(2)
    block, x = CausalConv(2, 3, 4, 2), drawn(1, 2, 9)
    weight, bias = (p.detach().numpy() for p in (block.convolution.weight, block.convolution.bias))
    padded = np.concatenate([np.zeros((2, 3)), x[0].numpy()], axis=1)
    expected = [[(weight[o] * padded[:, t : t + 4]).sum() + bias[o] for t in range(0, 9, 2)] for o in range(3)]
    np.testing.assert_allclose(block(x)[0].detach().numpy(), np.maximum(expected, 0), atol=1e-6)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("separable", [False, True])
def test_a_convolution_block_halves_time_and_has_the_weights_it_says(separable: bool, stride: int) -> None:
    block = ConvBlock(6, 10, 5, stride, separable=separable).eval()
    assert block(drawn(2, 6, 31)).shape == (2, 10, -(-31 // stride))
    convolution = 6 * 5 + 6 * 10 if separable else 6 * 10 * 5
    assert sum(p.numel() for p in block.parameters()) == convolution + 2 * 10
    assert not any(m.bias is not None for m in block if isinstance(m, nn.Conv1d)), "a bias before a batch norm is idle"


@given(st.integers(1, 20), st.integers(0, 5))
def test_pooling_minds_neither_order_nor_constant_stretches(time: int, seed: int) -> None:
    torch.manual_seed(3)
    pool, steps = AttentionPool(4), drawn(2, time, 4, seed=seed)
    order = torch.randperm(time, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(pool(steps[:, order]), pool(steps))
    still = steps[:, :1].expand(2, time, 4)
    torch.testing.assert_close(pool(still), still[:, 0])
    low, high = steps.amin(dim=1), steps.amax(dim=1)
    assert ((low - 1e-5 <= pool(steps)) & (pool(steps) <= high + 1e-5)).all(), "a weighted mean leaves the range"


def test_pooling_is_the_weighted_mean_it_says() -> None:
    torch.manual_seed(4)
    pool, steps = AttentionPool(3), drawn(1, 6, 3)
    key, bias, query = (p.detach().numpy() for p in (pool.key.weight, pool.key.bias, pool.query.weight))
    rows = steps[0].numpy()
    score = np.array([(query[0] * np.tanh(key @ row + bias)).sum() for row in rows])
    weight = np.exp(score) / np.exp(score).sum()
    np.testing.assert_allclose(pool(steps)[0].detach().numpy(), weight @ rows, atol=1e-6)
