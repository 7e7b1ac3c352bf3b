"""TSAK's second stage: a classifier over the three frozen representations of a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from stillroom.models.architecture import describe
from stillroom.models.recogniser import Member, Recogniser
from stillroom.models.semantic import SemanticConfig, SemanticTeacher, semantic_input
from stillroom.recipes.answers import answers_of
from stillroom.recipes.networks import trained
from stillroom.recipes.roles import SEMANTIC, TEACHER
from stillroom.recipes.teachers import mix_with_forest
from stillroom.training.representations import Representations
from stillroom.training.targets import one_teacher
from stillroom.training.views import Ids

if TYPE_CHECKING:
    from stillroom.recipes.fold import FoldRun


def semantic(fold: FoldRun, role: str, folder: Path, ids: Ids, stage1: Recogniser) -> Recogniser:
    """The semantic classifier of a frozen teacher; the teacher's forest, if it has one, is mixed in again."""
    recipe, (face, view) = fold.recipe, fold.seen_by(role, ids)
    assert recipe.semantic is not None
    first, *others = (member for member in stage1.members if isinstance(member, Member))
    config = SemanticConfig(
        teacher=describe(first.architecture), hidden=recipe.semantic.hidden, dropout=recipe.semantic.dropout
    )
    torch.manual_seed(fold.seed(role))
    member = Member(config, face.shape)
    member.mean, member.sd = first.mean.clone(), first.sd.clone()
    assert isinstance(member.net, SemanticTeacher)
    member.net.stage1.load_state_dict(first.net.state_dict())
    frozen = one_teacher(stage1, len(fold.index), view)
    stage = recipe.semantic
    kept = answers_of(fold, role.replace(SEMANTIC, TEACHER), frozen, ids, epochs=stage.training.epochs, folder=folder)
    inputs = Representations(kept, frozen, fold.fold.validation, semantic_input)
    member.net.head.to(view.device)
    trained(fold, role, folder, stage, ids, member.net.head, inputs)
    made = Recogniser(face, [member]).to(view.device).eval()
    if not others:
        return made
    return mix_with_forest(made, Recogniser(face, others[:1]).eval(), view, fold.validation)
