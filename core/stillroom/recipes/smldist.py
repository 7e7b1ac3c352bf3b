"""SMLDist's recipes: its schedule, its joint objective, and its pair of networks under any of the field's losses.

The schedule, as the released code has it: the head begins as a copy of the teacher's, stage after stage pulls features
towards the teacher's, then come the logits. What the paper names and the code lacks is our reading: spectra in the
stage term, a memory with a bank and a term on what it associates, and a search among classifiers by validation people.
`field` has one linear head and neither stages nor search: the same networks for every loss that is compared.
"""

from __future__ import annotations

from typing import Any

from stillroom.recipes.recipe import RECIPES, ModelConfig, Phase, Recipe, Search, Stage
from stillroom.recipes.strategies import PLAIN, Terms, strategy_terms
from stillroom.training.augmentation import AugmentationConfig
from stillroom.training.loop import TrainingConfig

_SOURCE = "Our reading of arXiv 2107.07331 and its released code; spectra, memory and search are ours."
_HEADS = ("linear", "hopfield", "cosine", "mlp")
# anchors and pooled features of the pair are alike, so nothing must be connected and a head can be copied
_TEACHER, _STUDENT = "wearable_teacher", "wearable_student"
_TAUGHT = TrainingConfig(epochs=25, patience=25, batch=128, lr=5e-3, least_steps=200)
_STAGE = TrainingConfig(epochs=6, patience=6, batch=128, lr=5e-3, least_steps=50, keep="last")
_TUNED = TrainingConfig(epochs=5, patience=5, batch=128, lr=1e-3, least_steps=40)
_BANK = ("head.hopfield.bank", "head.hopfield.key")


def _each_head(weight: float) -> Terms:
    """Every classifier learns by itself beside the mixture of all."""
    return {name: {"loss": "cross_entropy", "of": f"{name}_logits", "weight": weight} for name in _HEADS}


_LABELS: Terms = {"cross_entropy": {"weight": 1.0}}
_LOGITS: Terms = {"cross_entropy": {"weight": 0.3}, "conditional": {"weight": 0.7}}
_MEMORY: Terms = {"memory": {"weight": 0.1}}


def _stage_terms(anchor: int, weight: float = 1.0, **more: Any) -> Terms:
    return {f"stage_{anchor}": {"loss": "stage", "of": f"teacher.anchor_{anchor}", "weight": weight, **more}}


def _net(table: str, head: tuple[str, ...]) -> ModelConfig:
    settings = {"table": table, "width": 1.0, "head": list(head), "dropout": 0.2}
    return ModelConfig(name="smldist_net", settings=settings)


def _pair(
    head: tuple[str, ...], taught: Terms, alone: Terms, student: dict[str, Any] | None = None, **named: Any
) -> Recipe:
    """The pair of networks; the teacher is the same whatever the student's classifiers and terms are."""
    return Recipe(
        teacher=Phase(
            model=_net(_TEACHER, _HEADS),
            terms={**_LABELS, **_each_head(0.25)},
            training=TrainingConfig(epochs=20, patience=20, lr=3e-3, least_steps=320),
        ),
        forest_in_teacher=False,
        student=Phase(model=_net(_STUDENT, head), terms=taught, training=_TAUGHT, **(student or {})),
        alone_terms=alone,
        reference=Phase(model=ModelConfig(name="reference"), terms=_LABELS, training=_TAUGHT),
        augmentation=AugmentationConfig(views=8, rotation_deg=60.0),
        **named,
    )


@RECIPES.register("smldist")
def smldist() -> Recipe:
    """SMLDist: a copied head, two stages, the logits with the memory, and a search among classifiers."""
    heads = _each_head(0.25)
    return _pair(
        _HEADS,
        taught={**_LOGITS, **_MEMORY, **heads},
        alone={**_LABELS, **heads},
        name="smldist",
        title="SMLDist: stages, memory and logits, and a classifier that is searched",
        source=_SOURCE,
        stages=tuple(Stage(name=f"stage_{anchor}", terms=_stage_terms(anchor), training=_STAGE) for anchor in (0, 1)),
        copied="head",
        student={"frozen": _BANK, "frozen_share": 0.5},
        search=Search(terms=_LOGITS, alone_terms=_LABELS, training=_TUNED),
    )


@RECIPES.register("smldist_joint")
def smldist_joint() -> Recipe:
    """SMLDist in one training: the stages' share falls to nothing over the first 60 % of the epochs."""
    heads = _each_head(0.25)
    stages = {**_stage_terms(0, fade=0.6), **_stage_terms(1, fade=0.6)}
    return _pair(
        _HEADS,
        taught={**_LOGITS, **_MEMORY, **heads, **stages},
        alone={**_LABELS, **heads},
        name="smldist_joint",
        title="SMLDist in one training: stages, memory and logits at once",
        source=_SOURCE,
        copied="head",
        student={"frozen": _BANK, "frozen_share": 0.5},
        search=Search(terms=_LOGITS, alone_terms=_LABELS, training=_TUNED),
    )


@RECIPES.register("field")
def field() -> Recipe:
    """SMLDist's pair of networks with one linear head, under any loss of the field (`--set strategy=dkd`)."""
    return _pair(
        ("linear",),
        taught=strategy_terms("hinton"),
        alone=strategy_terms(PLAIN),
        name="field",
        title="A loss of the field on SMLDist's pair of networks",
        source="Networks after SMLDist's released code; each loss as its own paper or the usual comparisons set it.",
        strategy="hinton",
    )
