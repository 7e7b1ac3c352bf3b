"""The recipes that come with Stillroom."""

from __future__ import annotations

from typing import Any

from stillroom.recipes.recipe import RECIPES, ModelConfig, Phase, Recipe
from stillroom.training.augmentation import AugmentationConfig
from stillroom.training.loop import TrainingConfig

_LABELS: dict[str, dict[str, Any]] = {"cross_entropy": {"weight": 1.0}}
_AUGMENTATION = AugmentationConfig(views=8, rotation_deg=30.0, scale=0.1, jitter=0.05)


def _base(**changes: Any) -> Recipe:
    declared: dict[str, Any] = {
        "teacher": Phase(
            model=ModelConfig(name="tsak_teacher"), terms=_LABELS, training=TrainingConfig(epochs=30, patience=10)
        ),
        "student": Phase(
            model=ModelConfig(name="tsak_student"),
            terms={"cross_entropy": {"weight": 0.5}, "hinton": {"weight": 0.5, "temperature": 4.0}},
            training=TrainingConfig(epochs=60, patience=20),
        ),
        "alone_terms": _LABELS,
        "reference": Phase(
            model=ModelConfig(name="reference"), terms=_LABELS, training=TrainingConfig(epochs=60, patience=20)
        ),
        "augmentation": _AUGMENTATION,
    }
    return Recipe(**(declared | changes))


@RECIPES.register("tsak")
def tsak() -> Recipe:
    """TSAK, stage 1: the teacher's logits, with alpha = 0.5 and T = 4."""
    return _base(
        name="tsak",
        title="TSAK (stage 1): many sensors to few by the teacher's logits",
        source="Our reading of arXiv 2408.14146; layer sizes, weights and temperature are ours, not the paper's.",
    )


@RECIPES.register("hinton")
def hinton() -> Recipe:
    """Hinton's distillation as commonly set: weights 0.1 and 0.9, T = 4, a single network as teacher."""
    recipe = _base(
        name="hinton",
        title="Hinton's distillation, as commonly set",
        source="arXiv 1503.02531; weights 0.1 and 0.9 and T = 4 are the usual choice of later comparisons.",
        forest_in_teacher=False,
    )
    terms = {"cross_entropy": {"weight": 0.1}, "hinton": {"weight": 0.9, "temperature": 4.0}}
    return recipe.changed(student=recipe.student.changed(terms=terms).model_dump())
