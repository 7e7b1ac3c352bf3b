"""The answers of a fold's frozen teachers, from a cache where that pays; several trainings read the same one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.base.config import fingerprint
from stillroom.base.paths import read_json, write_json
from stillroom.recipes.sharing import ANSWERS, Shelf
from stillroom.training.targets import Targets, Teachers
from stillroom.training.teacher_cache import cached
from stillroom.training.views import Ids

if TYPE_CHECKING:
    from stillroom.recipes.fold import FoldRun

DECIDED = "cache.json"


def answers_of(
    fold: FoldRun,
    role: str,
    teachers: Teachers,
    ids: Ids,
    *,
    epochs: int,
    folder: Path,
    needs: set[str] | None = None,
) -> Targets:
    """The answers of teachers to windows, from a cache where that pays.

    Args:
        fold: of which fold.
        role: of the teachers.
        teachers: frozen.
        ids: windows that will be asked for.
        epochs: how often.
        folder: of the model that is taught; whether the cache paid is kept there.
        needs: names of the answers that are read; all by default.
    """
    recipe, decided = fold.recipe, folder / DECIDED
    # a resumed training must not time the teacher anew: answers from the cache are rounded, those online are not
    modes = read_json(decided) if decided.exists() else {}
    config = recipe.cache.changed(mode=modes[role]) if role in modes else recipe.cache
    shelf = fold.shelf or Shelf(fold.folder(ANSWERS))
    asked = [teachers.groups, teachers.recorded, dict(teachers.taps)]
    behind = [fold.key(role, ids), fold.recipe.cross_fit, *asked, config.dtype]
    with shelf.held(ANSWERS, fingerprint(behind), fold.stop) as place:
        targets = cached(
            teachers,
            ids,
            index_key=fold.index.key(),
            epochs=epochs,
            folder=place,
            config=config,
            emit=fold.emit,
            needs=None if needs is None else frozenset(needs),
        )
    write_json(decided, {**modes, role: "off" if targets is teachers else "on"})
    return targets
