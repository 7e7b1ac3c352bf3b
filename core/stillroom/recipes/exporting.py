"""A run's model out of the house: exported, compared with itself on the fold's own windows, ready for a board.

INT8 is calibrated on windows of training people alone, as many of each class; what is lost is told on the people that
the fold tested.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.events import Emit, silent
from stillroom.base.seeding import generator
from stillroom.data.splits import Fold
from stillroom.export.evidence import Evidence
from stillroom.export.face import Face
from stillroom.export.writing import write_export
from stillroom.models.bundle import load_model
from stillroom.models.recogniser import Member, Recogniser
from stillroom.recipes.calibrating import calibration_windows, windows_of
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.reopen import chosen_fold, finished_run, reopen
from stillroom.runs.manifest import NAME, read_manifest
from stillroom.training.views import Ids

Floats = NDArray[np.float32]
COMPARED, SENT = 2048, 64


def export_run(
    run_folder: Path, to: Path, *, fold: str = "", role: str = "student", int8: bool = False, emit: Emit = silent
) -> dict[str, Any]:
    """Exports one model of a finished run.

    Args:
        run_folder: of the run.
        to: a new folder.
        fold: whose model; the first by default.
        role: which model.
        int8: both INT8 files too.
        emit: hears of each file.

    Returns:
        What a script reads: `files`, `parity`, `int8`, and which model it was.

    Raises:
        InputError: no finished run, no such fold, changed recordings, or a folder that holds something.
    """
    run = finished_run(run_folder)
    experiment = reopen(run, emit=emit)
    chosen = chosen_fold(experiment, fold)
    there = sorted(path.parent.name for path in run.part(chosen.name, role).parent.glob("*/model.json"))
    if role not in there:
        raise InputError(f"this fold has no model {role!r}", where="--model", mend=f"Models: {', '.join(there)}")
    model, provenance = load_model(run.part(chosen.name, role))
    found = write_export(
        to,
        model,
        face_of(model, provenance),
        _evidence(experiment, chosen, model, int8=int8),
        int8=int8,
        emit=emit,
    )
    return {"run": str(run_folder), "fold": chosen.name, "model": role, **found}


def bundle_inputs(run_folder: Path, fold: str | None = None, emit: Emit = silent) -> tuple[Path, Floats, Floats]:
    """What goes to a board: the student's export, some windows, and what the model says of them.

    The export is made once, below the run's folder.

    Returns:
        The export's folder, `(window, channel, time)` in physical units, `(window, class)` logits.

    Raises:
        InputError: as `export_run`.
    """
    run = finished_run(run_folder)
    experiment = reopen(run, emit=emit)
    chosen = chosen_fold(experiment, fold or "")
    to = run.part(chosen.name, "student").parent / "export"
    if not (to / NAME).exists():
        export_run(run_folder, to, fold=chosen.name, int8=True, emit=emit)
    read_manifest(to)
    model, _ = load_model(run.part(chosen.name, "student"))
    windows = windows_of(experiment, model, _few(chosen.test, SENT, chosen.name))
    with torch.no_grad():
        logits: Floats = model(torch.from_numpy(windows)).logits.numpy()
    return to, windows, logits


def face_of(model: Recogniser, provenance: dict[str, Any]) -> Face:
    """What the export says of a model; the first network's normaliser, for information."""
    interface = model.interface
    first = next(member for member in model.members if isinstance(member, Member))
    return Face(
        layout=interface.layout,
        rate_hz=interface.rate_hz,
        width=interface.width,
        classes=interface.classes,
        mean=tuple(first.mean[:, 0].tolist()),
        sd=tuple(first.sd[:, 0].tolist()),
        provenance=provenance,
    )


def _evidence(experiment: Experiment, fold: Fold, model: Recogniser, *, int8: bool) -> Evidence:
    compared = _few(fold.test, COMPARED, fold.name)
    return Evidence(
        windows=windows_of(experiment, model, compared),
        labels=experiment.index.label[compared],
        calibration=calibration_windows(experiment, fold, model) if int8 else None,
    )


def _few(ids: Ids, most: int, name: str) -> Ids:
    """At most so many, drawn without regard to their class, in their order."""
    if len(ids) <= most:
        return ids
    return ids[np.sort(generator(0, "export", name).permutation(len(ids))[:most])]
