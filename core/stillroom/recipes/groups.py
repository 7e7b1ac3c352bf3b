"""The groups of training people for cross-fitted targets: each group is answered for by a teacher of the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.data.splits import Fold
from stillroom.recipes.experiment import Experiment


def cross_fit_groups(experiment: Experiment, fold: Fold) -> list[NDArray[np.bool_]]:
    """For each group, which windows of the index are its people's; no group where there is no cross-fitting.

    Raises:
        InputError: too few training people, or a class that the teacher of a group would never see.
    """
    wanted, index = experiment.recipe.cross_fit, experiment.index
    if not wanted:
        return []
    people = np.unique(index.person[fold.train])
    where = f"--set cross_fit={wanted}, fold {fold.name}"
    if wanted == 1 or len(people) < 2 or experiment.split.unit != "people":
        raise InputError(
            "cross-fitting needs two groups of training people",
            where=where,
            mend="Ask for cross_fit=2 or more with at least two training people, or leave it at 0",
        )
    groups = [np.isin(index.person, group) for group in np.array_split(people, min(wanted, len(people)))]
    for group in groups:
        seen = np.unique(index.label[fold.train[~group[fold.train]]])
        if lacking := sorted(set(range(len(index.classes))) - set(seen.tolist())):
            name = index.classes[lacking[0]]
            raise InputError(
                f"a teacher of some of the training people would never see {name}",
                where=where,
                mend=f"Leave cross_fit at 0, ask for more groups, or leave the class out: --drop-class '{name}'",
            )
    return groups
