"""What a method of attribution is: settings, and a way to explain one portion of the windows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor

from stillroom.base.config import Config
from stillroom.base.registry import Registry
from stillroom.explain.asking import Scored
from stillroom.sensors.layout import Layout


@dataclass(frozen=True)
class Portion:
    """At most `batch` windows, and all that a method needs to explain them.

    Attributes:
        score: what is explained.
        windows: in physical units.
        targets: class codes.
        baselines: one for each window.
        layout: the channels.
        batch: the most rows that the model is asked at once.
        first: the place of the first window among all; draws go by it.
        seed: of draws.
        references: a set to draw baselines from; None: each window's own.
    """

    score: Scored
    windows: Float[Tensor, "window channel time"]
    targets: Int[Tensor, " window"]
    baselines: Float[Tensor, "window channel time"]
    layout: Layout
    batch: int
    first: int = 0
    seed: int = 0
    references: Float[Tensor, "reference channel time"] | None = None


class Method(Config):
    """A method with its settings.

    Attributes:
        differentiates: whether it needs the model's gradient.
        complete: whether it promises that attributions sum to the score at the window less that at its baseline.
    """

    differentiates: ClassVar[bool] = False
    complete: ClassVar[bool] = False

    @abstractmethod
    def explain(self, portion: Portion) -> Float[Tensor, "window channel time"]:
        """Attributions in units of the score.

        What is zero by every method: a value that equals its baseline.
        """


METHODS: Registry[type[Method]] = Registry("attribution method")
