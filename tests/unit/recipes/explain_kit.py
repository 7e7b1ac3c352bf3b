"""Runs to be explained: small ones of two folds, and the same with the recordings of other people made useless."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from stillroom.base.events import silent
from stillroom.data.bank import Bank
from stillroom.recipes.distil import distil
from stillroom.recipes.experiment import Experiment
from stillroom.runs.store import Run

from .kit import never

Make = Callable[..., Experiment]
POISON = 1e6


def explainable(
    make: Make, folder: Path, *roles: str, changes: tuple[str, ...] = (), **settings: object
) -> tuple[Experiment, Run]:
    """A finished run of some models, two folds of one person each by default."""
    asked = make(f"only={json.dumps(roles)}", *changes, **{"folds": 2, **settings})
    distil(asked, folder, resume=False, emit=silent, stop=never)
    return asked, Run(folder)


def poisoned(experiment: Experiment, *spared: str) -> Experiment:
    """The same experiment with every recording but some people's replaced; what was trained stays."""
    bank = experiment.bank
    signal = bank.signal.copy()
    for number, recording in enumerate(experiment.dataset.recordings):
        if recording.person not in spared:
            signal[:, bank.offsets[number] : bank.offsets[number + 1]] = POISON
    return replace(experiment, bank=Bank(bank.layout, signal, bank.offsets))
