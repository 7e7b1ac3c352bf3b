"""SMLDist's tables of inverted residual blocks, ours beside them, and what becomes of them when they are scaled.

The tables are those of the released example (github.com/chenrz925/SMLDist, for arXiv 2107.07331). The student has
fewer blocks, of longer kernels; at the anchors, where its features are held against the teacher's, both have the same
channels and the same length. For the student's activations we take those of the teacher's blocks of the same widths.

The wearable tables are ours, by the same rules, for students below 100,000 parameters: scaled down that far, the
released ones keep 8 channels and a sixteenth of the rate, and learn little (macro-F1 on one validation person of the
simulated line, one fold, one seed, 25 epochs: .57 with 60,130 parameters; ours .96 with 50,194).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Activation = Literal["selu", "hardswish"]
Table = Literal["teacher", "student", "wearable_teacher", "wearable_student"]

POOLED: dict[Table, int] = {"teacher": 512, "student": 512, "wearable_teacher": 48, "wearable_student": 48}
_STEP = 8


class Block(NamedTuple):
    """An inverted residual block.

    Attributes:
        kernel: taps of its depthwise convolution; odd.
        stride: step in time.
        inputs: channels in.
        expansion: channels between its two pointwise convolutions.
        outputs: channels out.
        squeeze: whether its channels are weighed by squeeze-and-excitation.
        activation: behind its first two convolutions.
        anchor: whether its output is an anchor.
    """

    kernel: int
    stride: int
    inputs: int
    expansion: int
    outputs: int
    squeeze: bool
    activation: Activation
    anchor: bool = False

    @property
    def keeps_shape(self) -> bool:
        """Whether what it gives is shaped as what it takes, so that the one is added to the other."""
        return self.stride == 1 and self.inputs == self.outputs

    @property
    def squeezed(self) -> int:
        """Channels between the two layers of its squeeze-and-excitation."""
        return max(1, self.expansion // 4)


TABLES: dict[Table, tuple[Block, ...]] = {
    "teacher": (
        Block(3, 2, 64, 64, 64, True, "selu"),
        Block(3, 2, 64, 288, 128, False, "selu"),
        Block(3, 1, 128, 352, 128, False, "selu"),
        Block(5, 2, 128, 384, 256, True, "hardswish"),
        Block(7, 1, 256, 480, 256, True, "selu"),
        Block(5, 1, 256, 480, 256, True, "selu", anchor=True),
        Block(3, 2, 256, 960, 512, False, "hardswish"),
        Block(3, 1, 512, 800, 512, False, "hardswish"),
        Block(3, 1, 512, 736, 512, False, "hardswish"),
        Block(3, 1, 512, 736, 512, False, "hardswish"),
        Block(3, 1, 512, 1920, 1024, True, "hardswish", anchor=True),
        Block(3, 1, 1024, 2688, 1024, True, "hardswish"),
        Block(5, 2, 1024, 2688, 2048, True, "hardswish"),
        Block(7, 1, 2048, 3840, 2048, True, "hardswish", anchor=True),
        Block(5, 1, 2048, 3840, 2048, True, "hardswish"),
    ),
    "student": (
        Block(3, 2, 64, 64, 64, True, "selu"),
        Block(5, 2, 64, 352, 128, False, "selu"),
        Block(5, 2, 128, 384, 256, True, "hardswish"),
        Block(9, 1, 256, 480, 256, True, "selu", anchor=True),
        Block(3, 1, 256, 960, 512, False, "hardswish"),
        Block(5, 2, 512, 800, 512, False, "hardswish"),
        Block(5, 1, 512, 1920, 1024, True, "hardswish", anchor=True),
        Block(3, 1, 1024, 2688, 1024, True, "hardswish"),
        Block(5, 2, 1024, 2688, 2048, True, "hardswish", anchor=True),
        Block(9, 1, 2048, 3840, 2048, True, "hardswish"),
    ),
    "wearable_teacher": (
        Block(3, 2, 16, 48, 24, True, "selu"),
        Block(3, 1, 24, 72, 24, True, "selu"),
        Block(3, 1, 24, 96, 32, False, "selu"),
        Block(3, 1, 32, 96, 32, False, "selu", anchor=True),
        Block(3, 2, 32, 128, 48, True, "hardswish"),
        Block(3, 1, 48, 144, 48, True, "hardswish", anchor=True),
        Block(3, 1, 48, 144, 48, True, "hardswish"),
        Block(3, 1, 48, 192, 48, True, "hardswish"),
    ),
    "wearable_student": (
        Block(5, 2, 16, 48, 24, True, "selu"),
        Block(5, 1, 24, 72, 32, False, "selu", anchor=True),
        Block(5, 2, 32, 96, 48, True, "hardswish", anchor=True),
        Block(5, 1, 48, 144, 48, True, "hardswish"),
    ),
}


def scaled(table: Table, width: float = 1.0, depth: float = 1.0, expansion: float = 1.0) -> tuple[Block, ...]:
    """A table of other widths and another depth, with as many anchors between the same changes of shape.

    Args:
        table: which one.
        width: what all channels are multiplied by, rounded up to multiples of 8.
        depth: what is multiplied by it is the number of blocks in each run of those that keep their shape, behind one
            that does not; halves are rounded up, and the run's blocks are repeated or left out evenly.
        expansion: the share of the channels inside each block that it is left with, rounded up.
    """
    deep = [block for run in _runs(TABLES[table]) for block in _stretched(run, depth)]
    return tuple(_narrowed(block, width, expansion) for block in deep)


def rounded_up(channels: float) -> int:
    """The next multiple of 8."""
    return _STEP * _ceiling(channels / _STEP)


def _runs(blocks: tuple[Block, ...]) -> list[list[Block]]:
    """Each block that changes the shape, with those behind it that do not."""
    runs: list[list[Block]] = []
    for block in blocks:
        if not block.keeps_shape:
            runs.append([])
        runs[-1].append(block)
    return runs


def _stretched(run: list[Block], depth: float) -> list[Block]:
    """The run with more or fewer blocks behind its first; an anchor stays behind the same share of them."""
    first, *rest = (block._replace(anchor=False) for block in run)
    count = _near(len(rest) * depth)
    made = [first, *(rest[place * len(rest) // count] for place in range(count))]
    for place, block in enumerate(run):
        if block.anchor:
            there = _near(place * count / max(1, len(rest)))
            made[there] = made[there]._replace(anchor=True)
    return made


def _narrowed(block: Block, width: float, expansion: float) -> Block:
    inside = _ceiling(rounded_up(block.expansion * width) * expansion)
    return block._replace(
        inputs=rounded_up(block.inputs * width), expansion=inside, outputs=rounded_up(block.outputs * width)
    )


def _near(count: float) -> int:
    return math.floor(count + 0.5)


def _ceiling(count: float) -> int:
    return max(1, math.ceil(round(count, 9)))  # .55 x 100 is a hair above 55
