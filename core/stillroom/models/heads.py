"""A head of several classifiers, mixed by learned weights, as SMLDist searches among them.

With w = softmax(mixing) the answer is the mixture of their probabilities, as log-probabilities:

    log y = logsumexp_b (log w_b + log_softmax(h_b(z)))

The released code gives sum_b w_b softmax(h_b(z)) where logits are expected (`mix="released"`): cross-entropy takes the
softmax of it once more, and over 8 classes cannot fall below log(1 + 7 / e) = 1.274.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field, field_validator
from torch import Tensor, nn

from stillroom.models.architecture import Architecture
from stillroom.models.classifiers import Classifier, make_classifier
from stillroom.models.memory import Memory, MemoryConfig


class HeadedConfig(Architecture):
    """Settings of a network whose module `head` is a `MixedHead`.

    Attributes:
        head: its classifiers, each once; several are mixed.
        mix: how.
        memory: settings of a memory among them.
    """

    head: tuple[Classifier, ...] = Field(default=("linear",), min_length=1)
    mix: Literal["log_probabilities", "released"] = "log_probabilities"
    memory: MemoryConfig = MemoryConfig()

    @field_validator("head")
    @classmethod
    def _each_once(cls, head: tuple[Classifier, ...]) -> tuple[Classifier, ...]:
        if len(set(head)) < len(head):
            raise ValueError("a classifier is named twice")
        return head


class MixedHead(nn.Module):
    """The classifiers, each a submodule under its own name; where there is one alone, nothing is mixed.

    Args:
        config: which, and how they are mixed.
        features: width of the input.
        classes: number of classes.
    """

    def __init__(self, config: HeadedConfig, features: int, classes: int) -> None:
        super().__init__()
        self.names, self.mix = config.head, config.mix
        for name in self.names:
            self.add_module(name, make_classifier(name, features, classes, config.memory))
        several = len(self.names) > 1
        self.mixing = nn.Parameter(torch.zeros(len(self.names))) if several else None

    @property
    def weights(self) -> Float[Tensor, " candidate"]:
        """Each classifier's share, in the order of `names`; they sum to one."""
        return torch.ones(1) if self.mixing is None else torch.softmax(self.mixing.detach(), dim=0)

    @torch.no_grad()
    def set_weights(self, weights: Float[Tensor, " candidate"]) -> None:
        """Mixes by these shares from now on; a share of zero becomes a float32's smallest."""
        if self.mixing is not None:
            self.mixing.copy_(torch.log(weights.clamp_min(torch.finfo(torch.float32).tiny)))

    def forward(self, z: Float[Tensor, "batch feature"]) -> tuple[Float[Tensor, "batch class"], dict[str, Tensor]]:
        """Logits `(batch, class)`; and parts by name.

        Args:
            z: `(batch, feature)`.

        Returns:
            Beside the logits: of each classifier among several its own, as `linear_logits`; of a memory the scores of
            its patterns before the softmax, as `association`.
        """
        parts: dict[str, Tensor] = {}
        answers = [self._ask(name, z, parts) for name in self.names]
        if self.mixing is None:
            return answers[0], parts
        parts |= {f"{name}_logits": logits for name, logits in zip(self.names, answers, strict=True)}
        shares = torch.stack([torch.log_softmax(logits, dim=1) for logits in answers])
        mixed = torch.logsumexp(shares + torch.log_softmax(self.mixing, dim=0)[:, None, None], dim=0)
        return mixed.exp() if self.mix == "released" else mixed, parts

    def _ask(self, name: str, z: Tensor, parts: dict[str, Tensor]) -> Tensor:
        classifier = self.get_submodule(name)
        if not isinstance(classifier, Memory):
            logits: Tensor = classifier(z)
            return logits
        parts["association"] = classifier.scores(z)
        return classifier.read(parts["association"])
