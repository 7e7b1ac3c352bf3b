"""SMLDist's stage term: a student's features beside the teacher's of the same window, in time and in frequency.

    time:       mean (f_s - f_t)^2 / var_t    over channel and time; var_t is a teacher channel's over the batch
    frequency:  mean (l_s - l_t)^2            l = log(1 + |rfft(f)|) without bin 0, each channel's brought to length 1

The part in frequency, weighed by `frequency` (lambda_f), is added to that in time. Our reading of arXiv 2107.07331: its
released code has no frequency and no standardisation, which is `frequency=0, standardise=false`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from stillroom.losses.compared import ConnectedTerm
from stillroom.losses.term import TERMS

_LEAST = 1e-5


def stage_time(
    student: Float[Tensor, "batch channel time"], teacher: Float[Tensor, "batch channel time"], *, standardise: bool
) -> Float[Tensor, " batch"]:
    """Mean squared difference of each window.

    Args:
        student: `(batch, channel, time)`.
        teacher: the same shape; no gradient flows to it.
        standardise: in units of each teacher channel's standard deviation over the batch.

    Returns:
        `(batch,)`.
    """
    teacher = teacher.detach()
    squares = (student - teacher).square()
    if standardise:
        squares = squares / (teacher.var(dim=(0, 2), correction=0)[:, None] + _LEAST)
    return squares.flatten(1).mean(dim=1)


def spectrum(features: Float[Tensor, "batch channel time"], *, dc: bool = False) -> Float[Tensor, "batch channel bin"]:
    """The log-amplitude spectrum of each channel, `log(1 + |rfft|)`, brought to unit length.

    Args:
        features: `(batch, channel, time)`.
        dc: with bin 0, the mean.

    Returns:
        `(batch, channel, time // 2 + dc)`.
    """
    bins = torch.fft.rfft(features, dim=2)[..., 0 if dc else 1 :]
    # the root of a sum of squares has no gradient at nothing; a hair more under it has one
    amplitude = (bins.real.square() + bins.imag.square() + 1e-12).sqrt()
    return normalize(torch.log1p(amplitude), dim=2)


def stage_frequency(
    student: Float[Tensor, "batch channel time"], teacher: Float[Tensor, "batch channel time"], *, dc: bool = False
) -> Float[Tensor, " batch"]:
    """Mean squared difference of the spectra of each window.

    Returns:
        `(batch,)`.
    """
    apart = spectrum(student, dc=dc) - spectrum(teacher.detach(), dc=dc)
    return apart.square().flatten(1).mean(dim=1)


@TERMS.register("stage")
class Stage(ConnectedTerm):
    """The stage term at one anchor.

    Attributes:
        frequency: what the difference of the spectra is multiplied by; 0 is "as released".
        standardise: see `stage_time`; false is "as released".
        dc: whether the spectra hold the mean.
    """

    of: str = Field(default="teacher.anchor_0", pattern=r"^\w+\.\w+$")
    frequency: float = Field(default=1.0, ge=0)
    standardise: bool = True
    dc: bool = False

    def compare(
        self, student: Float[Tensor, "batch channel time"], teacher: Float[Tensor, "batch channel time"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        values = stage_time(student, teacher, standardise=self.standardise)
        if not self.frequency:
            return values
        return values + self.frequency * stage_frequency(student, teacher, dc=self.dc)
