"""Building blocks over `(batch, channel, time)`."""

from __future__ import annotations

import math

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
        to_the_end: the outputs are shifted so that the last one sees the last input, whatever the width; output `t`
            then sees inputs up to `stride * t + (time - 1) % stride`.

    Raises:
        ValueError: `to_the_end` with a stride greater than the kernel, which would skip inputs.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, *, to_the_end: bool = False) -> None:
        super().__init__()
        if to_the_end and stride > kernel:
            raise ValueError(f"a stride of {stride} skips inputs that a kernel of {kernel} cannot reach back to")
        self.past, self.stride, self.to_the_end = kernel - 1, stride, to_the_end
        self.convolution = nn.Conv1d(inputs, outputs, kernel, stride)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch output step"]:
        """`(batch, channel, time)` to `(batch, outputs, ceil(time / stride))`."""
        ahead = (x.shape[2] - 1) % self.stride if self.to_the_end else 0
        return torch.relu(self.convolution(nn.functional.pad(x, (self.past - ahead, 0))))


class AttentionPool(nn.Module):
    """Weighted mean over time; the weights come from a learned query (context-vector pooling).

    Args:
        features: width of each step.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.key = nn.Linear(features, features)
        self.query = nn.Linear(features, 1, bias=False)

    def weights(self, steps: Float[Tensor, "batch time feature"]) -> Float[Tensor, "batch time 1"]:
        """`(batch, time, feature)` to each step's share `(batch, time, 1)`; a window's sum to one."""
        return torch.softmax(self.query(torch.tanh(self.key(steps))), dim=1)

    def forward(self, steps: Float[Tensor, "batch time feature"]) -> Float[Tensor, "batch feature"]:
        """`(batch, time, feature)` to `(batch, feature)`."""
        return (self.weights(steps) * steps).sum(dim=1)


class SelfAttention(nn.Module):
    """Scaled dot-product self-attention of several heads (arXiv 1706.03762).

    Written out, where `nn.MultiheadAttention` would take another path in eval than in training: so that both compute
    the same to the bit, and the shares that are shown are the shares that are used.

    Args:
        features: width of a token; a multiple of `heads`.
        heads: attention heads.
    """

    def __init__(self, features: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.inward = nn.Linear(features, 3 * features)
        self.outward = nn.Linear(features, features)
        nn.init.xavier_uniform_(self.inward.weight)
        for layer in (self.inward, self.outward):
            nn.init.zeros_(layer.bias)

    def weights(self, tokens: Float[Tensor, "batch token feature"]) -> Float[Tensor, "batch head token token"]:
        """`(batch, token, feature)` to `(batch, head, token, token)`: whom each token listens to; rows sum to one."""
        return self._weigh(tokens)[0]

    def forward(self, tokens: Float[Tensor, "batch token feature"]) -> Float[Tensor, "batch token feature"]:
        """`(batch, token, feature)` to the same shape."""
        weight, value = self._weigh(tokens)
        mixed: Tensor = self.outward((weight @ value).transpose(1, 2).flatten(2))
        return mixed

    def _weigh(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Shares and values, both by head."""
        query, key, value = self.inward(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        score = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
        return torch.softmax(score, dim=3), value
