"""Attribution by gradients along the way from a baseline to the window, both by captum.

    integrated gradients:  (x - b) * integral over s in [0, 1] of dF/dx (b + s (x - b))        Sundararajan et al. 2017
    gradient SHAP:         mean over draws of (x - b) * dF/dx (b + s (x - b)), b and s drawn   Lundberg and Lee 2017

The integral is Gauss-Legendre's. Gradient SHAP adds no noise here: one size of noise fits no two units. With a set of
references it is the expected gradients of Erion et al. 2021.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from stillroom.base.seeding import derived_seed
from stillroom.explain.asking import Scored
from stillroom.explain.methods.method import METHODS, Method, Portion


@METHODS.register("integrated_gradients")
class IntegratedGradients(Method):
    """Integrated gradients.

    Attributes:
        steps: points of the integral, each of which costs a forward and a backward pass.
    """

    differentiates: ClassVar[bool] = True
    complete: ClassVar[bool] = True
    steps: int = Field(default=32, ge=1)

    def explain(self, portion: Portion) -> Float[Tensor, "window channel time"]:
        """Attributions; they sum to the change of the score, up to the error of the integral."""
        gradient = mean_gradient(
            portion.score, portion.windows, portion.targets, portion.baselines, self.steps, portion.batch
        )
        return gradient * (portion.windows - portion.baselines)


def mean_gradient(
    score: Scored,
    windows: Float[Tensor, "window channel time"],
    targets: Int[Tensor, " window"],
    baselines: Float[Tensor, "window channel time"],
    steps: int,
    batch: int,
) -> Float[Tensor, "window channel time"]:
    """The score's gradient, averaged along the straight way from the baselines to the windows.

    Args:
        score: what is explained.
        windows: at most `batch`.
        targets: class codes.
        baselines: one for each window.
        steps: points of the integral.
        batch: the most rows that the model is asked at once.
    """
    from captum.attr import IntegratedGradients as Captum

    found: Tensor = Captum(score, multiply_by_inputs=False).attribute(
        windows, baselines, additional_forward_args=(targets,), n_steps=steps, internal_batch_size=batch
    )
    return found.detach()


@METHODS.register("gradient_shap")
class GradientShap(Method):
    """Gradient SHAP; complete only in expectation.

    Attributes:
        draws: of a baseline and a point on the way to it, for each window.
    """

    differentiates: ClassVar[bool] = True
    draws: int = Field(default=32, ge=1)

    def explain(self, portion: Portion) -> Float[Tensor, "window channel time"]:
        """Attributions; a window's draws depend on the seed and its place alone."""
        found = torch.empty_like(portion.windows)
        for place in range(len(portion.windows)):
            with own_draws(derived_seed(portion.seed, "gradient_shap", portion.first + place), portion.windows.device):
                found[place] = self._one(portion, place)
        return found

    def _one(self, portion: Portion, place: int) -> Tensor:
        from captum.attr import GradientShap as Captum

        here = slice(place, place + 1)
        references = portion.baselines[here] if portion.references is None else portion.references
        total = torch.zeros_like(portion.windows[place])
        for first in range(0, self.draws, portion.batch):
            draws = min(portion.batch, self.draws - first)
            found = Captum(portion.score).attribute(
                portion.windows[here],
                references,
                n_samples=draws,
                stdevs=0.0,
                additional_forward_args=(portion.targets[here],),
            )
            total += draws * found[0].detach()
        return total / self.draws


@contextmanager
def own_draws(seed: int, device: torch.device) -> Iterator[None]:
    """Lets captum, which draws from the process's generators, draw by a seed, and leaves these as they were."""
    state = np.random.get_state()  # noqa: NPY002 - captum knows no other
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.default_generator.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
