"""Cross-entropy with class weights and label smoothing.

`-sum_k q_k log p_k` with `q = (1 - eps) onehot + eps / K` (Szegedy et al. 2016, arXiv 1512.00567), times the weight of
the sample's class.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from stillroom.losses.term import TERMS, Evidence, Term


def cross_entropy(
    logits: Float[Tensor, "batch class *rest"],
    label: Int[Tensor, " batch *rest"],
    *,
    smoothing: float = 0.0,
    class_weight: Float[Tensor, " class"] | None = None,
) -> Float[Tensor, " batch"]:
    """Cross-entropy of each sample.

    Args:
        logits: `(batch, class, ...)`.
        label: `(batch, ...)`.
        smoothing: eps in [0, 1).
        class_weight: `(class,)`.

    Returns:
        `(batch,)`; the mean over any further axes.
    """
    values = torch.nn.functional.cross_entropy(logits, label, reduction="none", label_smoothing=smoothing)
    if class_weight is not None:
        values = values * class_weight[label]
    return values.flatten(1).mean(dim=1) if values.ndim > 1 else values


@TERMS.register("cross_entropy")
class CrossEntropy(Term):
    """Cross-entropy with the labels.

    Attributes:
        smoothing: label smoothing.
        balanced: weight classes by inverse frequency.
        of: which of the model's answers: its logits, or those of one of its further heads.
    """

    smoothing: float = Field(default=0.0, ge=0, lt=1)
    balanced: bool = True
    of: str = "logits"

    def values(
        self, evidence: Evidence, taught: Sequence[Tensor], helper: nn.Module | None = None
    ) -> Float[Tensor, " batch"]:
        """`(batch,)`."""
        weight = evidence.class_weight if self.balanced else None
        return cross_entropy(evidence.answer(self.of), evidence.label, smoothing=self.smoothing, class_weight=weight)
