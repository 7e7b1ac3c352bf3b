"""Building blocks over `(batch, channel, time)`."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class ConvBlock(nn.Sequential):
    """Convolution, batch norm, ReLU.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: taps.
        stride: step in time.
        separable: a depthwise convolution followed by a pointwise one, instead of a full one.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, *, separable: bool = False) -> None:
        pad = kernel // 2
        if separable:
            convolution: list[nn.Module] = [
                nn.Conv1d(inputs, inputs, kernel, stride, pad, groups=inputs, bias=False),
                nn.Conv1d(inputs, outputs, 1, bias=False),
            ]
        else:
            convolution = [nn.Conv1d(inputs, outputs, kernel, stride, pad, bias=False)]
        super().__init__(*convolution, nn.BatchNorm1d(outputs), nn.ReLU())


class CausalConv(nn.Module):
    """Convolution that looks only backwards: output `t` sees inputs up to `stride * t`.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: taps.
        stride: step in time.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.past = kernel - 1
        self.convolution = nn.Conv1d(inputs, outputs, kernel, stride)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch output step"]:
        """`(batch, channel, time)` to `(batch, outputs, ceil(time / stride))`."""
        return torch.relu(self.convolution(nn.functional.pad(x, (self.past, 0))))


class AttentionPool(nn.Module):
    """Weighted mean over time; the weights come from a learned query (context-vector pooling).

    Args:
        features: width of each step.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.key = nn.Linear(features, features)
        self.query = nn.Linear(features, 1, bias=False)

    def forward(self, steps: Float[Tensor, "batch time feature"]) -> Float[Tensor, "batch feature"]:
        """`(batch, time, feature)` to `(batch, feature)`."""
        weight = torch.softmax(self.query(torch.tanh(self.key(steps))), dim=1)
        return (weight * steps).sum(dim=1)
