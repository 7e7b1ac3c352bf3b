"""Correlation congruence (arXiv 1904.01802), of which three projects made three different things.

    kd_zoo:        mean (K_s - K_t)^2, features brought to unit length
    torchdistill:  || K_s - K_t ||_F / B^2, features as they are
    repdistiller:  mean over samples b of sum_d |D_b| |D_(b+1)|,  D = f_s - f_t

K is the Gaussian kernel of two samples as a series, `exp(-2 gamma) sum_p (2 gamma)^p / p! (f f')^p` for p up to P. The
last form compares feature by feature, so their number must agree, and depends on the order of the batch.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from stillroom.base.errors import StillroomError
from stillroom.losses.compared import FeatureTerm
from stillroom.losses.term import TERMS

Variant = Literal["kd_zoo", "torchdistill", "repdistiller"]


def correlation(
    student: Float[Tensor, "batch channel *time"],
    teacher: Float[Tensor, "batch wide *long"],
    *,
    variant: Variant = "kd_zoo",
    gamma: float = 0.4,
    order: int = 2,
) -> Float[Tensor, ""]:
    """How far the samples' correlations are from the teacher's; zero for the same features.

    Args:
        student: `(batch, channel, ...)`.
        teacher: of the same samples; no gradient flows to it.
        variant: which of the three forms.
        gamma: of the kernel.
        order: P >= 1.

    Returns:
        One value.
    """
    flat = student.flatten(1), teacher.detach().flatten(1)
    if variant == "repdistiller":
        return _neighbours(*flat)
    if variant == "kd_zoo":
        flat = normalize(flat[0], dim=1), normalize(flat[1], dim=1)
    apart = _kernel(flat[0], gamma, order) - _kernel(flat[1], gamma, order)
    return apart.square().mean() if variant == "kd_zoo" else _norm(apart) / len(apart) ** 2


def _kernel(flat: Tensor, gamma: float, order: int) -> Tensor:
    product = flat @ flat.T
    series = torch.ones_like(product)
    for power in range(order, 0, -1):  # Horner's rule
        series = 1 + series * product * (2 * gamma / power)
    return series * math.exp(-2 * gamma)


def _norm(apart: Tensor) -> Tensor:
    """Frobenius' norm; taken of what is at most 1, since the squares of raw kernels overflow."""
    largest = apart.detach().abs().amax().clamp_min(torch.finfo(apart.dtype).tiny)
    length: Tensor = torch.linalg.vector_norm(apart / largest) * largest
    return length


def _neighbours(student: Tensor, teacher: Tensor) -> Tensor:
    if student.shape != teacher.shape:
        raise StillroomError(
            f"{student.shape[1]} features cannot be compared one by one with {teacher.shape[1]}",
            where="a correlation term, variant repdistiller",
            mend="Choose another variant, which compares samples only",
        )
    apart = (student - teacher).abs()
    return (apart[:-1] * apart[1:]).sum() / max(len(apart) - 1, 1)


@TERMS.register("correlation")
class Correlation(FeatureTerm):
    """Correlation congruence; one value for a batch.

    Attributes:
        variant: `kd_zoo`, `torchdistill` or `repdistiller`.
        gamma: of the kernel.
        order: terms of its series after the first.
    """

    between: ClassVar[bool] = True
    variant: Variant = "kd_zoo"
    gamma: float = Field(default=0.4, gt=0)
    order: int = Field(default=2, ge=1)

    def compare(
        self, student: Float[Tensor, "batch channel *time"], teacher: Float[Tensor, "batch wide *long"]
    ) -> Float[Tensor, ""]:
        """One value."""
        return correlation(student, teacher, variant=self.variant, gamma=self.gamma, order=self.order)
