"""What explains a run, as `stillroom explain` keeps it in the run's folder; read, and never computed here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.figures.explanation import FOLDER, TABLE
from stillroom.runs.predictions import predictions_of
from stillroom.runs.store import Run
from stillroom_app.services.workspace import Entry, kept

WINDOWS, FREQUENCY, ANCHORS, PRIVACY = "windows", "frequency", "anchors", "privacy"
METHODS = ("integrated_gradients", "gradient_shap", "occlusion", "feature_ablation")
REMOVES = ("occlusion", "feature_ablation")  # of the methods: those that take something away
REMOVING = ("sensor", "channel", "site", "time", "sensor x time")
DRAWN, APART, OTHERWISE = ORDERS = ("as drawn", "explained most differently", "answered differently")


@dataclass(frozen=True)
class Part:
    """One part of an explanation.

    Attributes:
        asked: for what, as `stillroom explain` was.
        told: what came of it.
    """

    asked: dict[str, Any]
    told: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Model:
    """What one model looks at, window by window.

    Attributes:
        channels: that it sees.
        attributions: `(window, channel, time)`.
        answers: its answer to each window, with the probability that it gives it.
        agreement: with the teacher, of each window; empty where it was not kept or is of the teacher itself.
    """

    channels: tuple[str, ...]
    attributions: NDArray[np.float16]
    answers: dict[int, tuple[str, float]]
    agreement: dict[int, float | None]


@dataclass(frozen=True, eq=False)
class Found:
    """The windows that were explained.

    Attributes:
        ids: of the windows.
        person: whose each is: a person, or a stretch.
        activity: that was done in each, and explained.
        models: by role.
    """

    ids: tuple[int, ...]
    person: tuple[str, ...]
    activity: tuple[str, ...]
    models: dict[str, Model]

    @property
    def place(self) -> dict[int, int]:
        """Where each window lies in the arrays."""
        return {one: number for number, one in enumerate(self.ids)}


def part(entry: Entry, name: str) -> Part | None:
    """A part of a run's explanation; None where it was not asked for yet, or its file is damaged."""
    held = kept(entry.run.folder / FOLDER / f"{name}.json")
    if held is None or not isinstance(held.get("told"), dict) or not isinstance(held.get("asked"), dict):
        return None
    return Part(held["asked"], held["told"])


def has_stages(entry: Entry) -> bool:
    """Whether it can be asked what each stage of the distillation changed."""
    return part(entry, ANCHORS) is not None or entry.run.report["recipe"] == "smldist"


def version(entry: Entry) -> float:
    """When anything of a run's explanation was last written; 0 where there is none."""
    files = (entry.run.folder / FOLDER).glob("*.json")
    return max((file.stat().st_mtime for file in files), default=0.0)


def found(entry: Entry, told: Mapping[str, Any]) -> Found:
    """The windows that were explained, with each model's attributions and answers.

    Args:
        entry: the run.
        told: its part `windows`.

    Raises:
        InputError: arrays are missing, damaged, or do not belong together.
    """
    report, ids = entry.run.report, None
    models, person, label = {}, np.zeros(0, dtype=str), np.zeros(0, dtype=np.int64)
    for role in told["models"]:
        arrays = _arrays(entry.run.folder / FOLDER / f"attributions-{role}.npz")
        if ids is not None and not np.array_equal(ids, arrays["ids"]):
            raise InputError("the models were explained on other windows", where=f"{entry.name}/{FOLDER}", mend=_ANEW)
        ids, person, label = arrays["ids"], arrays["unit"], arrays["label"]
        channels = tuple(one["name"] for one in told["models"][role]["channels"])
        if arrays["attributions"].shape[:2] != (len(ids), len(channels)):
            raise InputError("attributions do not fit the channels", where=f"{entry.name}/{FOLDER}", mend=_ANEW)
        answers = answers_of(entry.run, role, ids, report["classes"])
        models[role] = Model(channels, arrays["attributions"], answers, _agreement(told, role, ids))
    if ids is None:
        raise InputError("no model was explained", where=entry.name, mend=_ANEW)
    named = [str(report["classes"][code]) for code in label]
    return Found(tuple(map(int, ids)), tuple(map(str, person)), tuple(named), models)


def answers_of(run: Run, role: str, ids: NDArray[np.int64], classes: Sequence[str]) -> dict[int, tuple[str, float]]:
    """What a model said of some tested windows; those without a prediction are left out."""
    try:
        kept = predictions_of(run, role)
    except InputError:
        return {}
    said = {
        one: (str(classes[code]), float(probabilities[code]))
        for one, code, probabilities in zip(kept.ids.tolist(), kept.said.tolist(), kept.probabilities, strict=True)
    }
    return {int(one): said[int(one)] for one in ids if int(one) in said}


def chosen(
    found: Found, *, person: str = "", activity: str = "", order: str = DRAWN, role: str = "student"
) -> list[int]:
    """The ids of windows that fit, in an order.

    Args:
        found: the windows.
        person: whose; everybody's where empty.
        activity: of which; all where empty.
        order: of `ORDERS`.
        role: which model is compared with the teacher.
    """
    ids = [
        one
        for one, who, what in zip(found.ids, found.person, found.activity, strict=True)
        if person in ("", who) and activity in ("", what)
    ]
    if order == APART and role in found.models:
        agreement = found.models[role].agreement
        known = [one for one in ids if agreement.get(one) is not None]
        return sorted(known, key=lambda one: agreement[one] or 0.0)
    if order == OTHERWISE and {role, "teacher"} <= set(found.models):
        teacher, other = found.models["teacher"].answers, found.models[role].answers
        return [one for one in ids if one in teacher and one in other and teacher[one][0] != other[one][0]]
    return ids


def shares(entry: Entry) -> pd.DataFrame:
    """The table of the attributions: model, window, person, activity, sensor, share, signed.

    Raises:
        InputError: it is gone or damaged.
    """
    path = entry.run.folder / FOLDER / TABLE
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError("the table of attributions cannot be read", where=str(path), mend=_ANEW) from error


def examples(table: pd.DataFrame, role: str, activity: str, sensor: str, most: int = 6) -> pd.DataFrame:
    """The windows of an activity in which a model listens most to a sensor: window, person, share; the most first."""
    rows = table[(table["model"] == role) & (table["activity"] == activity) & (table["sensor"] == sensor)]
    return rows.nlargest(most, "share")[["window", "person", "share"]].reset_index(drop=True)


def caveats(entry: Entry) -> list[str]:
    """What a reader must know of a run before believing what explains it."""
    report = entry.run.report
    said = ["The data is simulated: it shows how the workbench works, not what people do."] * bool(report["simulated"])
    said += ["It was trained in the fast setting."] * bool(report["fast"])
    said += [str(report["warning"])] * bool(report["warning"])
    return said + [f"{report['n']} {report['units']} tested: a pilot, not a proof."] * bool(report["pilot"])


def words(entry: Entry, name: str, **asked: Any) -> list[str]:
    """The command that makes a part, after `stillroom`.

    Args:
        entry: the run.
        name: of the part.
        asked: options, as `windows=128`.
    """
    more = [word for option, value in asked.items() for word in (f"--{option}", str(value))]
    return ["explain", short_path(entry.run.folder), "--part", name, *more]


def short_path(folder: Path) -> str:
    """A folder as seen from where the server, and so its jobs, run; whole where it lies elsewhere."""
    near = os.path.relpath(folder)
    return str(folder) if near.startswith("..") else near


def _agreement(told: Mapping[str, Any], role: str, ids: NDArray[np.int64]) -> dict[int, float | None]:
    """Of each window; explanations made before it was kept have none."""
    held = (((told.get("agreement") or {}).get(role) or {}).get("cells") or {}).get("by_window") or []
    return dict(zip(map(int, ids), held, strict=True)) if len(held) == len(ids) else {}


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file:  # numpy leaves a damaged file open that it opened itself
            held = np.load(file, allow_pickle=False)
            return {name: held[name] for name in held.files}
    except (OSError, ValueError, EOFError, AttributeError, BadZipFile) as error:
        raise InputError("arrays cannot be read", where=str(path), mend=_ANEW) from error


_ANEW = "Ask for it anew"
