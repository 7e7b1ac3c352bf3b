"""Cells: a channel during a stretch of time. Attributions are compared and ranked by cell.

A single sample has no meaning of its own beside its neighbours. Stretches are counted, not measured, so that two
models with windows of other rates have the same ones.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from numpy.typing import NDArray
from torch import Tensor


def time_blocks(width: int, blocks: int) -> Int64[NDArray[np.int64], " time"]:
    """The stretch that each sample is in: `blocks` of them, as even as can be; a shorter window has fewer."""
    return np.arange(width) * min(blocks, width) // width


def cell_sums(
    attributions: Float[Tensor, "window channel time"], blocks: int = 10, *, absolute: bool = False
) -> Float64[NDArray[np.float64], "window channel block"]:
    """Sums over each cell.

    Args:
        attributions: `(window, channel, time)`.
        blocks: stretches of time; 1: whole channels.
        absolute: of magnitudes, so that nothing cancels.
    """
    values = attributions.detach().cpu()
    ends = np.flatnonzero(np.diff(time_blocks(values.shape[2], blocks), append=-1)) + 1
    starts = [0, *ends[:-1]]
    spans = [values[:, :, start:end] for start, end in zip(starts, ends, strict=True)]
    sums = [over_time(span, absolute=absolute) for span in spans]
    return torch.stack(sums, dim=2).numpy()


def over_time(
    attributions: Float[Tensor, "window channel time"], *, absolute: bool = False
) -> Float64[Tensor, "window channel"]:
    """Sums, or sums of magnitudes; many windows are not copied for them."""
    sums: Tensor = torch.linalg.vector_norm(attributions, ord=1, dim=2) if absolute else attributions.sum(dim=2)
    return sums.double()
