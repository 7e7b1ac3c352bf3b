"""What a run's models answered, window by window, and where those windows lie in their recordings.

    folds/FOLD/ROLE/predictions.npz   ids, truth, unit and probabilities of the tested windows
    windows.npz                       of every window: its recording and its first second there
    glimpse.json                      half a minute of somebody who was tested, with what the models said

The last two are for looking at a run without its recordings; runs of earlier versions lack them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.base.paths import read_json
from stillroom.runs.store import Run

PREDICTIONS, WINDOWS, GLIMPSE = "predictions.npz", "windows.npz", "glimpse.json"
_NEEDED = ("ids", "truth", "unit", "probabilities")


@dataclass(frozen=True)
class Predictions:
    """A model's answers to every tested window, all folds together, by the window's number.

    Attributes:
        ids: `(window,)` their numbers in the window index.
        truth: `(window,)` class index of what was done.
        unit: `(window,)` whose they are, or of which stretch.
        probabilities: `(window, class)`.
    """

    ids: NDArray[np.int64]
    truth: NDArray[np.int64]
    unit: NDArray[np.str_]
    probabilities: NDArray[np.float32]

    @property
    def said(self) -> NDArray[np.int64]:
        """`(window,)` the class of the highest probability."""
        said: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return said

    def of(self, unit: str) -> Predictions:
        """Those of one person, or stretch."""
        own = self.unit == unit
        return Predictions(self.ids[own], self.truth[own], self.unit[own], self.probabilities[own])


@dataclass(frozen=True)
class Places:
    """Where windows lie.

    Attributes:
        recording: `(window,)` index into `names`.
        start_s: `(window,)` seconds since the recording's first sample.
        names: of recordings, as `person/session`.
        window_s: length of a window.
    """

    recording: NDArray[np.int32]
    start_s: NDArray[np.float64]
    names: tuple[str, ...]
    window_s: float


def predictions_of(run: Run, role: str) -> Predictions:
    """The answers of one of a finished run's models.

    Raises:
        InputError: the run is not done, or its predictions are gone or damaged.
    """
    return predictions_in(run, role, [str(fold["fold"]) for fold in run.report["folds"]])


def predictions_in(run: Run, role: str, folds: Sequence[str]) -> Predictions:
    """The answers of one model in some folds, also of a run that has no report yet.

    Raises:
        InputError: its predictions are gone or damaged.
    """
    parts = [_arrays(run.part(fold, role) / PREDICTIONS, _NEEDED) for fold in folds]
    ids, truth, unit, probabilities = (np.concatenate([part[name] for part in parts]) for name in _NEEDED)
    order = np.argsort(ids, kind="stable")
    return Predictions(ids[order], truth[order], unit[order].astype(str), probabilities[order].astype(np.float32))


def places_of(run: Run) -> Places | None:
    """Where the run's windows lie; None where the run was made before this was kept.

    Raises:
        InputError: the file is damaged.
    """
    path = run.folder / WINDOWS
    if not path.is_file():
        return None
    kept = _arrays(path, ("recording", "start_s", "names", "window_s"))
    names = tuple(str(name) for name in kept["names"])
    return Places(kept["recording"], kept["start_s"], names, float(kept["window_s"]))


def glimpse_of(run: Run) -> dict[str, Any] | None:
    """Half a minute of somebody who was tested (`recipes.glimpse`); None where the run was made before it was kept."""
    path = run.folder / GLIMPSE
    if not path.is_file():
        return None
    found = read_json(path)
    return found if isinstance(found, dict) else None


def _arrays(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in names}
    except FileNotFoundError as error:
        raise InputError("the run does not hold this model's answers", where=str(path)) from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError("damaged, or not one of ours", where=str(path), mend="Distil anew") from error
