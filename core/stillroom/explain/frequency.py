"""At which frequencies a model looks: attribution along the amplitude spectrum, and removal of one band.

    x_s = DC + s * irfft(A e^(i phi)), s in [0, 1];     attribution of bin k = A_k * integral over s of dF/dA_k (x_s)

All amplitudes grow together while phases and the mean of each channel stay, so the attributions sum to F(x) less F of
the window without its movement. Since x_s is linear in A, by Parseval a bin's attribution is read off the spectrum of
the mean gradient: (c_k / T) Re(conj(G_k) X_k), where c_k counts the bin's mirror image. Bin 0 is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, Int64
from numpy.typing import NDArray
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.explain.asking import Ask, Score, Scored, Stop, heeding, never, portions, scored
from stillroom.explain.extra import need_extra
from stillroom.explain.given import check_windows
from stillroom.explain.groups import Level, channels_of
from stillroom.explain.methods.gradients import mean_gradient
from stillroom.sensors.layout import Layout


@dataclass(frozen=True)
class Band:
    """A band of frequencies.

    Attributes:
        low_hz: its lower edge; a bin there is in it.
        high_hz: its upper edge; a bin there is in the next, or in this where it is the last.
        bins: the bins of a window's `rfft` that it holds.
    """

    low_hz: float
    high_hz: float
    bins: tuple[int, ...]

    @property
    def name(self) -> str:
        """As "6-8 Hz"."""
        return f"{self.low_hz:.3g}-{self.high_hz:.3g} Hz"


def bands(rate_hz: float, width: int, edges: tuple[float, ...] | None = None) -> list[Band]:
    """Bands that a window can tell apart; the mean (bin 0) is in none of them.

    Args:
        rate_hz: samples per second.
        width: samples in a window; octaves need 4.
        edges: in Hz, rising; octaves from the first bin up to half the rate by default.

    Raises:
        InputError: edges that do not rise, or a band without a bin.
    """
    hertz = np.fft.rfftfreq(width, 1 / rate_hz)
    chosen = _octaves(hertz) if edges is None else edges
    if len(chosen) < 2 or any(low >= high for low, high in pairwise(chosen)):
        raise InputError("the edges of bands must rise", where="edges", mend="Give at least two, as 0.5, 1, 2, 4 Hz")
    found = []
    for low, high in pairwise(chosen):
        held = (hertz >= low) & ((hertz < high) | ((high == chosen[-1]) & (hertz == high))) & (hertz > 0)
        if not held.any():
            mend = f"Bins of this window are {hertz[1]:.3g} Hz apart and end at {hertz[-1]:.3g} Hz"
            raise InputError(f"no bin lies between {low:g} and {high:g} Hz", where="edges", mend=mend)
        found.append(Band(float(low), float(high), tuple(int(one) for one in np.flatnonzero(held))))
    return found


def amplitude_attribution(
    ask: Ask,
    windows: Float[Tensor, "window channel time"],
    targets: Int[Tensor, " window"],
    *,
    steps: int = 32,
    batch: int = 64,
    score: Score = "contrast",
    emit: Emit = silent,
    stop: Stop = never,
) -> Float32[Tensor, "window channel bin"]:
    """What each bin of each channel's amplitude spectrum added to the score.

    Args:
        ask: the model, quiet.
        windows: in physical units.
        targets: class codes.
        steps: points of the integral.
        batch: the most rows that the model is asked at once.
        score: what of the logits is explained.
        emit: hears `explain.windows` after every portion.
        stop: asked before every question to the model.

    Returns:
        `(window, channel, time // 2 + 1)`, in units of the score; bin 0 is zero.

    Raises:
        InputError: arrays that do not fit, or a model without a gradient.
        StoppedError: once `stop` says so.
    """
    need_extra()
    check_windows(windows, targets)
    width = windows.shape[2]
    value = scored(heeding(ask, stop, "amplitude spectrum"), score)
    found = torch.zeros(*windows.shape[:2], width // 2 + 1)
    for here in portions(len(windows), batch, emit, "amplitude spectrum"):
        some = windows[here]
        moving = _movement(some)
        gradient = mean_gradient(value, some, targets[here], some - moving, steps, batch)
        products = (torch.fft.rfft(gradient, dim=2).conj() * torch.fft.rfft(moving, dim=2)).real / width
        found[here, :, 1:] = (products * _mirrored(width).to(products))[..., 1:].float()
    return found


def band_occlusion(
    ask: Ask,
    windows: Float[Tensor, "window channel time"],
    targets: Int[Tensor, " window"],
    layout: Layout,
    removed: list[Band],
    *,
    by: Level = "sensor",
    batch: int = 64,
    score: Score = "contrast",
    emit: Emit = silent,
    stop: Stop = never,
) -> Float32[Tensor, "window group band"]:
    """How far the score falls without one band of one group of channels.

    Args:
        ask: the model, quiet.
        windows: in physical units.
        targets: class codes.
        layout: the channels.
        removed: the bands; see `bands`.
        by: the channels that lose a band together, "all" among them.
        batch: the most rows that the model is asked at once.
        score: what of the logits is explained.
        emit: hears `explain.windows` after every portion.
        stop: asked before every question to the model.

    Returns:
        `(window, group, band)`, groups in the order of `groups.channels_of`.

    Raises:
        InputError: arrays or bands that do not fit.
        StoppedError: once `stop` says so.
    """
    check_windows(windows, targets, layout)
    if not removed or max(max(band.bins) for band in removed) > windows.shape[2] // 2:
        raise InputError("bands of another window", where="bands", mend="Make them with this window's rate and width")
    groups = channels_of(layout, by)
    value = scored(heeding(ask, stop, "band occlusion"), score)
    found = torch.zeros(len(windows), len(groups), len(removed))
    for here in portions(len(windows), batch, emit, "band occlusion"):
        for place, group in enumerate(groups.values()):
            found[here, place] = _falls(value, windows[here], targets[here], group, removed)
    return found


@torch.no_grad()
def _falls(
    value: Scored, windows: Tensor, targets: Tensor, group: Int64[NDArray[np.int64], " member"], removed: list[Band]
) -> Tensor:
    whole = value(windows, targets)
    spectrum = torch.fft.rfft(_movement(windows[:, group]), dim=2)
    falls = []
    for band in removed:
        without, gone = windows.clone(), torch.zeros_like(spectrum)
        gone[..., list(band.bins)] = spectrum[..., list(band.bins)]
        without[:, group] -= torch.fft.irfft(gone, n=windows.shape[2], dim=2)
        falls.append(whole - value(without, targets))
    return torch.stack(falls, dim=1).float()


def _mirrored(width: int) -> Tensor:
    """How often a bin of `rfft` stands in the whole spectrum: twice, but for bin 0 and an even window's last."""
    counts = torch.full((width // 2 + 1,), 2.0)
    counts[0] = 1
    if width % 2 == 0:
        counts[-1] = 1
    return counts


def _movement(windows: Tensor) -> Tensor:
    """What is left without each channel's mean; nothing at all, rounding included, of a channel that stands still."""
    moves = (windows != windows[..., :1]).any(dim=2, keepdim=True)
    return (windows - windows.mean(dim=2, keepdim=True)) * moves


def _octaves(hertz: NDArray[np.floating[Any]]) -> tuple[float, ...]:
    """Doubling from the first bin; the last band takes what is left below half the rate."""
    edges = [float(hertz[1])]
    while edges[-1] * 2 < hertz[-1]:
        edges.append(edges[-1] * 2)
    return (*edges, float(hertz[-1]))
