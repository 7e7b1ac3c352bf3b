"""The inverted residual block of MobileNetV3 over time: wide inside, narrow outside.

    y = P(act(squeeze(D(act(E(x)))))),    plus x where the shape stays

with a pointwise convolution E that widens, a depthwise one D and a pointwise one P that narrows, each with a batch
norm behind it (Howard et al., "Searching for MobileNetV3", arXiv 1905.02244; over time as in SMLDist's released code).
A window is an image of height 1 here: with its channels last in memory, the networks of these blocks were trained twice
as fast on a CPU as over `(batch, channel, time)`.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from stillroom.models.block_tables import Block

_ACTIVATIONS: dict[str, type[nn.Module]] = {"selu": nn.SELU, "hardswish": nn.Hardswish}


class NormedConv(nn.Sequential):
    """Convolution and batch norm; the length is divided by the stride and rounded up.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: taps; odd.
        stride: step in time.
        groups: sets of channels that do not see one another.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, (1, kernel), (1, stride), (0, (kernel - 1) // 2), groups=groups, bias=False),
            nn.BatchNorm2d(outputs),
        )


class SqueezeExcite(nn.Module):
    """Weighs channels by what their means say (Hu et al., arXiv 1709.01507): x sigma(W' relu(W mean(x))), hard sigma.

    Without biases. Its two layers are convolutions over a single step.

    Args:
        channels: of its input.
        hidden: between its two layers.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, hidden, 1, bias=False)
        self.widen = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, x: Float[Tensor, "batch channel 1 time"]) -> Float[Tensor, "batch channel 1 time"]:
        """`(batch, channel, 1, time)` to the same shape."""
        share = self.widen(nn.functional.relu(self.reduce(x.mean(dim=(2, 3), keepdim=True))))
        return x * nn.functional.hardsigmoid(share)


class InvertedResidual(nn.Module):
    """The block.

    Args:
        block: its sizes.
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        wide, activation = block.expansion, _ACTIVATIONS[block.activation]
        self.skips = block.keeps_shape
        self.expand = nn.Sequential(NormedConv(block.inputs, wide), activation())
        self.depthwise = NormedConv(wide, wide, block.kernel, block.stride, groups=wide)
        self.squeeze = SqueezeExcite(wide, block.squeezed) if block.squeeze else nn.Identity()
        self.activation = activation()
        self.project = NormedConv(wide, block.outputs)

    def forward(self, x: Float[Tensor, "batch channel 1 time"]) -> Float[Tensor, "batch output 1 step"]:
        """`(batch, channel, 1, time)` to `(batch, outputs, 1, ceil(time / stride))`."""
        inside = self.activation(self.squeeze(self.depthwise(self.expand(x))))
        y: Tensor = self.project(inside)
        return x + y if self.skips else y
