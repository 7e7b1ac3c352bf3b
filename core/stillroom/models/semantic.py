"""The TSAK-style teacher, stage 2: a semantic classifier on the frozen teacher's three representations.

Our reading of arXiv 2408.14146, "semantic" being the class-bearing latent vectors: the attention, the causal and the
combined representation, side by side, pass one hidden layer. Where the combined one is a plain concatenation, it says
nothing new; the teacher's `combined="mix"` lets it. Stage 1 is frozen: always in eval, and without gradients.
"""

from __future__ import annotations

from typing import Any, Self

import torch
from jaxtyping import Float
from pydantic import Field, field_validator
from torch import Tensor, nn

from stillroom.base.errors import InputError
from stillroom.models.architecture import ARCHITECTURES, Architecture, Shape, describe, restore
from stillroom.models.output import Output
from stillroom.models.teacher import TsakTeacherConfig

REPRESENTATIONS = ("attention", "causal", "combined")


@ARCHITECTURES.register("semantic")
class SemanticConfig(Architecture):
    """Settings of both stages.

    Attributes:
        teacher: stage 1, as `architecture.describe` gives it; settings that are left out are the default ones.
        hidden: width of the semantic classifier's layer; the representation.
        dropout: on that layer, in training.
    """

    teacher: dict[str, Any] = Field(default={"name": "tsak_teacher"}, validate_default=True)
    hidden: int = Field(default=64, ge=4)
    dropout: float = Field(default=0.3, ge=0, lt=1)

    @field_validator("teacher")
    @classmethod
    def _in_full(cls, teacher: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(teacher.get("name"), str) or not teacher.keys() <= {"name", "settings"}:
            raise ValueError("a teacher is described by its name and its settings")
        try:
            stage1 = restore({"settings": {}, **teacher}, where="teacher")
        except InputError as error:
            raise ValueError(f"{error.what}. {error.mend}") from error
        if not isinstance(stage1, TsakTeacherConfig):
            raise ValueError(f"{teacher['name']} has no attention and causal representation; tsak_teacher has")
        return describe(stage1)

    @property
    def stage1(self) -> TsakTeacherConfig:
        """The teacher's settings."""
        return TsakTeacherConfig.from_input(self.teacher["settings"], where="teacher")

    def head(self, shape: Shape) -> SemanticHead:
        """A new semantic classifier, to be trained on kept representations and put beside its stage 1 later."""
        return SemanticHead(2 * self.stage1.joined, self.hidden, shape.classes, self.dropout)

    def build(self, shape: Shape) -> nn.Module:
        """A new stage 1, frozen as it is, and a new semantic classifier."""
        return SemanticTeacher(self, shape)


class SemanticHead(nn.Module):
    """The semantic classifier.

    Its inputs come from three sources of differing scales, so each is first standardised by its mean and spread over
    training batches.

    Args:
        inputs: width of `semantic_input`.
        hidden: width of the layer before the classes.
        classes: number of classes.
        dropout: on that layer, in training.
    """

    def __init__(self, inputs: int, hidden: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.scale = nn.BatchNorm1d(inputs, affine=False)
        self.hidden = nn.Linear(inputs, hidden)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x: Float[Tensor, "batch feature"]) -> Output:
        """`(batch, inputs)` to logits and the hidden layer."""
        hidden = torch.relu(self.hidden(self.scale(x)))
        return Output(self.head(self.dropout(hidden)), hidden)


class SemanticTeacher(nn.Module):
    """Both stages; only the second learns."""

    def __init__(self, config: SemanticConfig, shape: Shape) -> None:
        super().__init__()
        self.stage1 = config.stage1.build(shape).requires_grad_(False)
        self.head = config.head(shape)
        self.train()

    def train(self, mode: bool = True) -> Self:
        """Stage 1 stays in eval."""
        super().train(mode)
        self.stage1.eval()
        return self

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)`, standardised, to the semantic logits and layer, and stage 1's answers as parts."""
        first: Output = self.stage1(x)
        second: Output = self.head(semantic_input(first))
        parts = {
            "attention": first.parts["attention"],
            "causal": first.parts["causal"],
            "combined": first.representation,
            "stage1_logits": first.logits,
        }
        return second._replace(parts=parts)


def semantic_input(output: Output) -> Float[Tensor, "batch feature"]:
    """A stage-1 answer's attention, causal and combined representation, side by side.

    Args:
        output: of the teacher, or of both stages.

    Raises:
        InputError: the model that gave it has no such representations.
    """
    known = {"combined": output.representation, **output.parts}
    if missing := [name for name in REPRESENTATIONS if name not in known]:
        raise InputError(
            f"this teacher gives no {missing[0]} representation, which a semantic classifier reads",
            mend="Use tsak_teacher as the teacher",
        )
    return torch.cat([known[name] for name in REPRESENTATIONS], dim=1)
