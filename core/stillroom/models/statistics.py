"""Window statistics: what a forest reads of each channel.

Mean, spread, extremes, quantiles, mean absolute step, and the log energy in four octave-wide bands of the spectrum.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
BANDS = ((0.0, 1 / 16), (1 / 16, 1 / 8), (1 / 8, 1 / 4), (1 / 4, 0.51))  # with the Nyquist bin
PER_CHANNEL = 5 + len(QUANTILES) + len(BANDS)


def window_statistics(x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch feature"]:
    """Statistics of every channel.

    Args:
        x: `(batch, channel, time)` in physical units.

    Returns:
        `(batch, channel * PER_CHANNEL)`. Bands are fractions of the sampling rate; the mean is taken out before them.
    """
    mean = x.mean(dim=2, keepdim=True)
    ordered = x.sort(dim=2).values
    places = torch.tensor([round(q * (x.shape[2] - 1)) for q in QUANTILES], device=x.device)
    power = torch.fft.rfft(x - mean, dim=2).abs().square()
    frequency = torch.fft.rfftfreq(x.shape[2], device=x.device)
    bands = [power[..., (frequency >= low) & (frequency < high)].sum(dim=2) for low, high in BANDS]
    columns = [
        mean[..., 0],
        x.std(dim=2),
        ordered[..., 0],
        ordered[..., -1],
        x.diff(dim=2).abs().mean(dim=2),
        *ordered[..., places].unbind(dim=2),
        *(torch.log(band + 1e-6) for band in bands),
    ]
    return torch.stack(columns, dim=2).flatten(1)
