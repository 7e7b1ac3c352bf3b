"""Which classifier of a mixed head is worth keeping: the mixing weights under which validation labels are likeliest.

    max over w of  L(w) = sum_n s_n log sum_b w_b p_b(y_n | x_n),    w_b >= 0, sum_b w_b = 1

is concave. EM for mixture weights (Dempster, Laird and Rubin 1977), `w_b <- w_b g_b` with the slopes
`g_b = sum_n s_n p_b(y_n) / sum_c w_c p_c(y_n)`, never lowers it, and `max_b g_b - 1` bounds what is still to be gained.
The candidates are asked once; nothing is drawn, so that the same answers give the same weights. Give windows that did
not train them.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from stillroom.base.errors import InputError


def searched(
    log_probs: Float[Tensor, "window candidate class"],
    label: Int[Tensor, " window"],
    share: Float[Tensor, " window"] | None = None,
    *,
    most: int = 10_000,
    tolerance: float = 1e-6,
) -> Float[Tensor, " candidate"]:
    """The best mixing weights; they sum to one.

    Args:
        log_probs: `(window, candidate, class)`, each candidate's log-probabilities.
        label: `(window,)` class indices.
        share: `(window,)`, how much each window counts, at least 0 (see `even_shares`); all alike where None.
        most: of EM's steps; where they do not suffice, more than `tolerance` is left to gain.
        tolerance: nats of the mean log-likelihood that may be left to gain.

    Raises:
        InputError: no window counts, a share is negative, or a label that no candidate thinks possible.
    """
    share = _shares(share, len(label))
    counts = share > 0
    likelihood, share = _likelihood(log_probs, label)[counts], share[counts]
    weights = torch.full((likelihood.shape[1],), 1 / likelihood.shape[1], dtype=torch.float64)
    for _ in range(most):
        slopes = share @ (likelihood / (likelihood @ weights)[:, None])
        if float(slopes.max()) - 1 <= tolerance:
            break
        weights = weights * slopes
        weights = weights / weights.sum()
    return weights


def even_shares(group: Int[Tensor, " window"]) -> Float[Tensor, " window"]:
    """How much each window counts where every group (a person, a class) is to count alike, `(window,)`; sums to one.

    Args:
        group: `(window,)`, whose each window is.
    """
    _, place, count = torch.unique(group, return_inverse=True, return_counts=True)
    share: Tensor = 1 / (count[place].double() * len(count))
    return share


def _likelihood(log_probs: Tensor, label: Tensor) -> Tensor:
    """`(window, candidate)` of the labels, in units of the best candidate's, for which the weights do not care."""
    logs = log_probs.detach().cpu().double()
    of_label = logs.gather(2, label.cpu().long()[:, None, None].expand(-1, logs.shape[1], 1))[..., 0]
    best = of_label.amax(dim=1, keepdim=True)
    if not torch.isfinite(best).all():
        raise InputError(
            "no candidate thinks a label possible", where=f"window {int((~torch.isfinite(best[:, 0])).nonzero()[0])}"
        )
    return torch.exp(of_label - best)


def _shares(share: Tensor | None, windows: int) -> Tensor:
    if share is None:
        share = torch.ones(windows)
    share = share.detach().cpu().double()
    if not bool((share >= 0).all()) or not float(share.sum()) > 0:
        raise InputError("mixing weights cannot be searched where no window counts", where="share")
    return share / share.sum()
