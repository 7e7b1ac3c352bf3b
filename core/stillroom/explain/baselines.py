"""What a window is compared with: its absence, in the model's input space and in physical units.

Two are offered: the mean of the training windows, and a quiet recording of the same person (gravity and posture are
kept, movement is not). `coincide` says on which channels the two are the same thing said twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from stillroom.base.errors import InputError


def training_mean(mean: Float[Tensor, " channel"], width: int) -> Float[Tensor, "channel time"]:
    """The training mean of each channel, held over a window of `width` samples.

    Args:
        mean: of the training people, in physical units.
        width: samples in a window.
    """
    return mean[:, None].expand(-1, width)


def quiet_recording(
    windows: Float[Tensor, "window channel time"], sd: Float[Tensor, " channel"]
) -> Float[Tensor, "channel time"]:
    """The window with the least movement: the variances of its channels, in units of the training spread, summed.

    A window that is itself the quietest has nothing to be told from: its attributions are zero.

    Args:
        windows: of one person, in physical units.
        sd: the training spread of each channel, in its unit; above zero.

    Raises:
        InputError: no window.
    """
    if not len(windows):
        raise InputError("no window of this person", where="quiet recording", mend="Use the training mean")
    movement = (windows.var(dim=2, correction=0) / _above_zero(sd).square()).sum(dim=1)
    return windows[int(movement.argmin())]


def of_people(
    baselines: Mapping[str, Float[Tensor, "channel time"]], person: Sequence[str]
) -> Float[Tensor, "window channel time"]:
    """The baseline of each window's person.

    Args:
        baselines: by person.
        person: whose each window is.

    Raises:
        InputError: a person without a baseline.
    """
    if lacking := sorted(set(person) - set(baselines)):
        raise InputError(f"no baseline of {lacking[0]}", where="baselines", mend="Use the training mean")
    return torch.stack([baselines[one] for one in person])


def distance(
    a: Float[Tensor, "*one channel time"], b: Float[Tensor, "*other channel time"], sd: Float[Tensor, " channel"]
) -> Float[Tensor, " channel"]:
    """How far two baselines lie apart on each channel: root mean square over time (and windows), in units of `sd`."""
    apart = ((a - b) / _above_zero(sd)[:, None]).square().mean(dim=-1)
    return (apart.mean(dim=0) if apart.ndim > 1 else apart).sqrt()


def coincide(
    a: Float[Tensor, "*one channel time"],
    b: Float[Tensor, "*other channel time"],
    sd: Float[Tensor, " channel"],
    within: float = 0.1,
) -> Bool[Tensor, " channel"]:
    """On which channels two baselines are nearer than `within` training spreads: there a second one tells nothing new.

    Args:
        a: `(channel, time)`, or one for each window.
        b: the same.
        sd: the training spread of each channel.
        within: the largest distance, in units of `sd`.
    """
    return distance(a, b, sd) < within


def _above_zero(sd: Tensor) -> Tensor:
    return torch.where(sd > 0, sd, torch.ones_like(sd))
