"""SMLDist's networks: a MobileNetV3 over time, as a teacher or as a student, under one or several classifiers.

Sizes and order of layers are the released example's (arXiv 2107.07331, github.com/chenrz925/SMLDist): a strided stem,
the blocks of a table, a pointwise tail, a mean over time. Anchors are outputs of blocks at which a student's features
are held against a teacher's: at the same `width` both have the same channels and length there, whatever their `depth`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from pydantic import Field, PositiveInt
from torch import Tensor, nn

from stillroom.models.architecture import ARCHITECTURES, Shape
from stillroom.models.block_tables import POOLED, Block, Table, rounded_up, scaled
from stillroom.models.heads import HeadedConfig, MixedHead
from stillroom.models.inverted import InvertedResidual, NormedConv, SqueezeExcite
from stillroom.models.output import Output

DISTILLED = 2


@ARCHITECTURES.register("smldist_net")
class SmldistNetConfig(HeadedConfig):
    """Settings of either network, beside those of its head.

    Attributes:
        table: whose blocks; the released ones, or those of ours that are small at `width` 1.
        width: what the table's channels are multiplied by, then rounded up to multiples of 8; 1 is the released size.
        depth: what the number of blocks behind each change of shape is multiplied by.
        expansion: the share of the channels inside the blocks that is left; 1 where nothing was pruned.
        pooled: width of the pooled feature, the representation; the table's times `width` where None.
        dropout: on the pooled feature, in training.
    """

    table: Table = "student"
    width: float = Field(default=0.125, gt=0, le=4)
    depth: float = Field(default=1.0, ge=0, le=8)
    expansion: float = Field(default=1.0, gt=0, le=1)
    pooled: PositiveInt | None = None
    dropout: float = Field(default=0.0, ge=0, lt=1)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The table, scaled."""
        return scaled(self.table, self.width, self.depth, self.expansion)

    @property
    def pooled_width(self) -> int:
        """Width of the pooled feature."""
        return self.pooled or rounded_up(POOLED[self.table] * self.width)

    def build(self, shape: Shape) -> nn.Module:
        """A new network."""
        return SmldistNet(self, shape)


class SmldistNet(nn.Module):
    """Stem, blocks, tail, a mean over time, classifiers.

    Attributes:
        anchor_paths: the modules whose outputs `(batch, channel, 1, time)` are the anchors that are distilled; a
            table's third anchor is counted alone.
    """

    def __init__(self, config: SmldistNetConfig, shape: Shape) -> None:
        super().__init__()
        blocks, pooled = config.blocks, config.pooled_width
        anchors = [f"blocks.{place}" for place, block in enumerate(blocks) if block.anchor]
        self.anchor_paths = tuple(anchors[:DISTILLED])
        self.stem = nn.Sequential(NormedConv(len(shape.layout), blocks[0].inputs, 3, 2), nn.Hardswish())
        self.blocks = nn.Sequential(*map(InvertedResidual, blocks))
        self.tail = nn.Sequential(NormedConv(blocks[-1].outputs, pooled), nn.Hardswish())
        self.dropout = nn.Dropout(config.dropout)
        self.head = MixedHead(config, pooled, shape.classes)
        for part in (self.stem, self.blocks, self.tail):
            part.apply(_draw)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)`, standardised, to logits, the pooled feature and what the classifiers add."""
        image = x[:, :, None].contiguous(memory_format=torch.channels_last)
        steps = self.tail(self.blocks(self.stem(image)))
        pooled = nn.functional.hardswish(steps.mean(dim=(2, 3)))
        logits, parts = self.head(self.dropout(pooled))
        return Output(logits, pooled, parts)


def _draw(module: nn.Module) -> None:
    """Kaiming's normal for convolutions, N(0, 0.01) for the layers of squeeze-and-excitation; children come first."""
    if isinstance(module, SqueezeExcite):
        for layer in (module.reduce, module.widen):
            nn.init.normal_(layer.weight, std=0.01)
    elif isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out")
