"""Logit standardisation (arXiv 2403.01427): Hinton's term on z-scores, so that the student need not copy a scale.

`T^2 KL(softmax(Z(z_t) / T) || softmax(Z(z_s) / T))` with `Z(z) = (z - mean) / (sd + 1e-7)` over the classes of a
sample; the standard deviation is the unbiased one, as released.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from stillroom.losses.hinton import Hinton, hinton, soften
from stillroom.losses.term import TERMS


def standardised(logits: Float[Tensor, "batch class *rest"]) -> Float[Tensor, "batch class *rest"]:
    """Each sample's logits as z-scores; all zero where they are alike."""
    spread = logits.std(dim=1, keepdim=True) + 1e-7
    return (logits - logits.mean(dim=1, keepdim=True)) / spread


def logit_std(
    student: Float[Tensor, "batch class *rest"], teacher: Float[Tensor, "batch class *rest"], *, temperature: float
) -> Float[Tensor, " batch"]:
    """Softened divergence of the z-scores; zero where one's logits are a multiple of the other's, and a shift.

    Args:
        student: `(batch, class, ...)` logits.
        teacher: the same shape; no gradient flows to it.
        temperature: T > 0.

    Returns:
        `(batch,)`; the mean over any further axes.
    """
    return hinton(standardised(student), standardised(teacher.detach()), temperature=temperature)


@TERMS.register("logit_std")
class LogitStd(Hinton):
    """Hinton's term on z-scores.

    Attributes:
        temperature: T, in standard deviations.
    """

    temperature: float = Field(default=2.0, gt=0)

    def prepare(self, answers: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """The source's z-scores, softened."""
        return soften(standardised(answers[f"{self.source}.logits"]), self.temperature)

    def compare(
        self, student: Float[Tensor, "batch class"], taught: Sequence[Tensor], label: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        return super().compare(standardised(student), taught, label)
