"""Attribution by removal: how the score falls where a part of the window is replaced by the baseline.

Feature ablation (captum's) removes each part once; occlusion slides a patch of time over each group of channels
(Zeiler and Fergus 2014). A fall is shared out evenly over the values that were changed, so that the values of a part
sum to its fall whatever its size; overlapping patches are averaged. Neither promises that falls sum to anything.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from stillroom.explain.cells import time_blocks
from stillroom.explain.groups import Level, channels_of, members
from stillroom.explain.methods.method import METHODS, Method, Portion
from stillroom.sensors.layout import Layout

Parts = Literal["channel", "sensor", "site", "time", "sensor x time"]


@METHODS.register("feature_ablation")
class FeatureAblation(Method):
    """Parts that do not overlap, each removed in turn.

    Attributes:
        by: what is removed together.
        blocks: into how many stretches the time is cut, where it is.
    """

    by: Parts = "sensor"
    blocks: int = Field(default=10, ge=1)

    def explain(self, portion: Portion) -> Float[Tensor, "window channel time"]:
        """Attributions; those of a part sum to its fall."""
        from captum.attr import FeatureAblation as Captum

        part = parts(portion.layout, portion.windows.shape[2], self.by, self.blocks).to(portion.windows.device)
        falls: Tensor = Captum(portion.score).attribute(
            portion.windows,
            portion.baselines,
            additional_forward_args=(portion.targets,),
            feature_mask=part[None],
            perturbations_per_eval=max(1, portion.batch // len(portion.windows)),
        )
        changed = portion.windows != portion.baselines
        counts = torch.zeros(len(changed), int(part.max()) + 1, device=changed.device)
        counts.index_add_(1, part.flatten(), changed.flatten(1).float())
        return falls * changed / counts.clamp(min=1)[:, part]


@METHODS.register("occlusion")
class Occlusion(Method):
    """A patch of time that slides over each group of channels.

    Attributes:
        by: the channels that are removed together; "all" removes the whole patch.
        patch: samples; a tenth of the window by default.
        stride: samples from patch to patch, at most `patch`; half a patch by default. The last patch ends with the
            window.
    """

    by: Level = "sensor"
    patch: int | None = Field(default=None, ge=1)
    stride: int | None = Field(default=None, ge=1)

    @torch.no_grad()
    def explain(self, portion: Portion) -> Float[Tensor, "window channel time"]:
        """Attributions; without overlap, those of a patch sum to its fall."""
        width = portion.windows.shape[2]
        spans = patches(width, self.patch or max(1, width // 10), self.stride)
        whole = portion.score(portion.windows, portion.targets)
        changed = portion.windows != portion.baselines
        found, cover = torch.zeros_like(portion.windows), torch.zeros(width, device=portion.windows.device)
        groups = [torch.from_numpy(group) for group in channels_of(portion.layout, self.by).values()]
        for span in spans:
            cover[span] += 1
            for group in groups:
                found[:, group, span] += self._share(portion, whole, changed, group, span)
        return found / cover

    def _share(self, portion: Portion, whole: Tensor, changed: Tensor, group: Tensor, span: slice) -> Tensor:
        """The fall of one patch, over the values that it changed: `(window, channel of the group, sample)`."""
        here = changed[:, group, span]
        count = here.sum(dim=(1, 2))
        if not bool(count.any()):
            return torch.zeros_like(portion.windows[:, group, span])
        without = portion.windows.clone()
        without[:, group, span] = portion.baselines[:, group, span]
        fall = whole - portion.score(without, portion.targets)
        return here * (fall / count.clamp(min=1))[:, None, None]


def patches(width: int, patch: int, stride: int | None = None) -> list[slice]:
    """Stretches of `patch` samples that cover the window; neither longer than it nor with gaps between.

    Args:
        width: samples in a window.
        patch: samples in a stretch.
        stride: from one to the next; half a patch by default.
    """
    patch = min(patch, width)
    step = min(stride or max(1, patch // 2), patch)
    starts = [*range(0, width - patch, step), width - patch]
    return [slice(start, start + patch) for start in starts]


def parts(layout: Layout, width: int, by: Parts, blocks: int = 10) -> Int[Tensor, "channel time"]:
    """The part of the window that each value is in, counted from 0.

    Args:
        layout: the channels.
        width: samples in a window.
        by: what a part is.
        blocks: stretches of time.
    """
    times = torch.from_numpy(time_blocks(width, blocks))
    if by == "time":
        return times.expand(len(layout), -1)
    level: Level = "sensor" if by == "sensor x time" else by
    group = torch.from_numpy(members(layout, level)[1])[:, None]
    if by == "sensor x time":
        return group * int(times.max() + 1) + times
    return group.expand(-1, width)
