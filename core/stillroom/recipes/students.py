"""The trainings by which a student comes to be: begun anew or with a copied head, stage by stage, then its classifier.

A search takes the classifier that validation people weigh most, every class of theirs counting alike, and deletes the
others; a training on the search's own terms follows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from stillroom.base.errors import InputError
from stillroom.base.paths import write_json
from stillroom.models.discretising import discretised
from stillroom.models.output import Output
from stillroom.models.recogniser import Recogniser
from stillroom.recipes.networks import trained, untrained
from stillroom.recipes.recipe import MIXED, Phase
from stillroom.recipes.roles import STUDENT, TEACHER, before, phase_of
from stillroom.recipes.teaching import student_targets
from stillroom.training.head_search import even_shares, searched
from stillroom.training.taps import network_of

if TYPE_CHECKING:
    from stillroom.recipes.fold import FoldRun

SEARCH = "search.json"
_LOGITS, _BATCH = "_logits", 512


def student(fold: FoldRun, role: str, folder: Path) -> Recogniser:
    """One training of the student, or of the student alone."""
    phase = phase_of(fold.recipe, role)
    model = _begun(fold, role, folder, phase)
    targets = student_targets(fold, folder, phase)
    trained(fold, role, folder, phase, fold.fold.train, model, fold.student_view, targets)
    return model


def copy_part(model: Recogniser, teacher: Recogniser, path: str) -> None:
    """Writes a part of the teacher's network, its head, over the same part of a student's.

    Raises:
        InputError: one of them has no such part, or theirs are not alike.
    """
    where = f"copied, {path}"
    try:
        ours, theirs = (network_of(one).get_submodule(path) for one in (model, teacher))
        ours.load_state_dict(theirs.state_dict())
    except (AttributeError, RuntimeError) as error:
        raise InputError(
            f"the student's {path} cannot begin as the teacher's",
            where=where,
            mend="Give both networks a head of the same settings and the same pooled width, or --set copied=none",
        ) from error


def _begun(fold: FoldRun, role: str, folder: Path, phase: Phase) -> Recogniser:
    last = before(fold.recipe, role)
    if last is None:
        model = untrained(fold, role, phase, fold.fold.train)
        if fold.recipe.copied and role.startswith(STUDENT):
            copy_part(model, fold.model(TEACHER), fold.recipe.copied)
        return model
    model = fold.model(last)
    return _chosen(fold, model, folder) if last.endswith(f"-{MIXED}") else model


def _chosen(fold: FoldRun, mixed: Recogniser, folder: Path) -> Recogniser:
    """The student with the one classifier that validation people weigh most; the others are gone."""
    weights = weigh(fold, mixed)
    best = max(weights, key=lambda name: weights[name])
    write_json(folder / SEARCH, {"chosen": best, "weights": weights, "people": fold.people(fold.fold.validation)})
    return discretised(mixed, best).to(fold.experiment.device)


def weigh(fold: FoldRun, mixed: Recogniser) -> dict[str, float]:
    """The mixing weights under which a student's classifiers say most of its validation windows; their sum is one."""
    ids, asked = fold.fold.validation, []
    for begin in range(0, len(ids), _BATCH):
        with torch.no_grad():
            output: Output = mixed(fold.student_view.batch(ids[begin : begin + _BATCH]))
        asked.append({name: part for name, part in output.parts.items() if name.endswith(_LOGITS)})
    names = list(asked[0])
    log_probs = torch.stack([torch.cat([torch.log_softmax(part[name], 1) for part in asked]) for name in names], dim=1)
    label = torch.from_numpy(fold.index.label[ids]).to(log_probs.device)
    found = searched(log_probs, label, even_shares(label)).tolist()
    return {name.removesuffix(_LOGITS): weight for name, weight in zip(names, found, strict=True)}
