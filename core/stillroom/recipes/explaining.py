"""Explaining a finished run: what its models look at, which frequencies and sensors they need, what is given away.

Each part is kept in the run's folder, `explain/PART.json`, with what it was asked for: asked the same again, it is read
back. Attributions lie beside it as arrays (`attributions-ROLE.npz`) and, by window and sensor, as a table.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from stillroom.base.config import Config, fingerprint
from stillroom.base.errors import InputError
from stillroom.base.events import Emit, Event
from stillroom.base.paths import read_json, whole_file, write_json
from stillroom.base.registry import did_you_mean
from stillroom.explain.asking import Stop
from stillroom.explain.attribution import METHODS
from stillroom.explain.extra import need_extra
from stillroom.explain.groups import magnitude, members, signed
from stillroom.recipes.experiment import Experiment
from stillroom.recipes.explain_anchors import explain_anchors, has_anchors
from stillroom.recipes.explain_frequency import densities, explain_frequency
from stillroom.recipes.explain_privacy import explain_privacy, strangers_tested
from stillroom.recipes.explain_sensors import ESTIMATOR, explain_sensors, several, with_further
from stillroom.recipes.explain_windows import Found, explain_windows
from stillroom.recipes.explained import ASKED, layout_of, roles_explained
from stillroom.recipes.feature_maps import FEATURE_MAPS, keep
from stillroom.recipes.reopen import finished_run, reopen
from stillroom.recipes.report_text import caveats
from stillroom.runs.store import Run

FORMAT, FOLDER = 4, "explain"
WINDOWS, FREQUENCY, ANCHORS, SETS, PRIVACY = PARTS = ("windows", "frequency", "anchors", "sets", "privacy")
# what of the question a part depends on: it is made anew where that changes, and read back where something else does
_DECIDES = {
    WINDOWS: ("windows", "method", "removing", "seed"),
    FREQUENCY: ("windows", "seed"),
    ANCHORS: ("windows", "seed"),
    SETS: ("by", "seed"),
    PRIVACY: (),
}
_FORMATS = {ANCHORS: 5}  # where a part keeps more than it did
TABLE, SPECTRA = "attributions.parquet", "spectra.npz"


class Asked(Config):
    """What is asked of a run.

    Attributes:
        parts: of `PARTS`; all that apply to the run by default.
        windows: how many are explained, over all folds.
        method: of attribution.
        removing: what occlusion and feature ablation take away together.
        by: whether sets of sites or of sensors are estimated.
        also: further sets that are estimated, each as names with commas between them.
        seed: of what is drawn.
    """

    parts: tuple[str, ...] = ()
    windows: int = Field(default=256, ge=1)
    method: str = "integrated_gradients"
    removing: Literal["channel", "sensor", "site", "time", "sensor x time"] = "sensor"
    by: Literal["site", "sensor"] = "sensor"
    also: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0)


def explain_run(folder: Path, asked: Asked, *, emit: Emit, stop: Stop) -> dict[str, Any]:
    """Explains a run, part by part.

    Args:
        folder: of a finished run.
        asked: what.
        emit: hears of progress.
        stop: asked before each step; the parts that are done stay.

    Returns:
        What a script reads: `run`, `sensors`, `channels` and `sanity` of its first model (the teacher), the run's
        `caveats`, and each part under its name.

    Raises:
        InputError: no finished run, an unknown part or method, or a part that cannot be asked of this run.
        StoppedError: on request.
    """
    for part in asked.parts:
        if part not in PARTS:
            raise InputError(f"no part {part!r}", where="--part", mend=did_you_mean(part, list(PARTS)))
    _ = METHODS[asked.method]
    need_extra()
    run = finished_run(folder)
    experiment = reopen(run, emit=emit)
    if not roles_explained(experiment):
        raise InputError(
            "this run has no network to explain", where=str(folder), mend=f"Explained are: {', '.join(ASKED)}"
        )
    told = {part: _part(experiment, run, part, asked, emit, stop) for part in parts_for(experiment, run, asked)}
    return {"run": str(folder), **_heard(told), "caveats": _caveats(experiment, run), **told}


def _caveats(experiment: Experiment, run: Run) -> list[str]:
    """What a reader must know of the run before believing what explains it."""
    known = [caveat.replace("**", "") for caveat in caveats(run.report)]
    if not strangers_tested(experiment):
        known.append("The same people stand on both sides: nothing here is said of somebody whom the models never saw.")
    return known


def _part(experiment: Experiment, run: Run, part: str, asked: Asked, emit: Emit, stop: Stop) -> dict[str, Any]:
    own = run.folder / FOLDER
    kept = own / f"{part}.json"
    key = fingerprint(
        [_FORMATS.get(part, FORMAT), run.facts["key"], {name: getattr(asked, name) for name in _DECIDES[part]}]
    )
    before = read_json(kept) if kept.exists() else {}
    told: dict[str, Any] = before["told"] if before.get("key") == key else {}
    if not told:
        kept.unlink(missing_ok=True)  # arrays lie beside it, and are written before it
        emit(Event("explain.part", data={"part": part, "done": PARTS.index(part), "of": len(PARTS)}))
        told = _MAKERS[part](experiment, run, own, asked, emit, stop)
        write_json(kept, {"key": key, "asked": asked.model_dump(mode="json"), "told": told})
    if part == SETS and asked.also:
        told = with_further(experiment, own / ESTIMATOR, told, asked.also, emit=emit, stop=stop)
        write_json(kept, {"key": key, "asked": asked.model_dump(mode="json"), "told": told})
    return told


def _windows(experiment: Experiment, run: Run, own: Path, asked: Asked, emit: Emit, stop: Stop) -> dict[str, Any]:
    told, found = explain_windows(
        experiment,
        run,
        windows=asked.windows,
        method=asked.method,
        removing=asked.removing,
        seed=asked.seed,
        emit=emit,
        stop=stop,
    )
    for role, one in found.items():
        with whole_file(own / f"attributions-{role}.npz") as beside, beside.open("wb") as file:
            values = one.side.attributions.cpu().numpy().astype(np.float16)
            np.savez(file, attributions=values, ids=one.ids, unit=one.unit, label=one.label)
    with whole_file(own / TABLE) as beside:
        table_of(experiment, found).to_parquet(beside, index=False)
    return told


def table_of(experiment: Experiment, found: dict[str, Found]) -> pd.DataFrame:
    """A row for each model, window and sensor: its share of the window's |attribution|, and its signed sum."""
    rows = []
    for role, one in found.items():
        layout = one.side.layout
        names, _ = members(layout, "sensor")
        shares, sums = magnitude(one.side.attributions, layout), signed(one.side.attributions, layout)
        classes = [experiment.index.classes[code] for code in one.label]
        for place, name in enumerate(names):
            given = {"model": role, "window": one.ids, "person": one.unit, "activity": classes, "sensor": name}
            rows.append(pd.DataFrame({**given, "share": shares[:, place], "signed": sums[:, place]}))
    return pd.concat(rows, ignore_index=True)


def _frequency(experiment: Experiment, run: Run, own: Path, asked: Asked, emit: Emit, stop: Stop) -> dict[str, Any]:
    hertz, by_class = densities(experiment)
    arrays = {"hertz": hertz, "units": np.array([channel.unit for channel in layout_of(experiment)])}
    for name, one in by_class.items():
        spread = {"mean": one.mean, "low": one.low, "high": one.high, "people": np.array(len(one.people))}
        arrays |= {f"{what}/{name}": values for what, values in spread.items() if values is not None}
    with whole_file(own / SPECTRA) as beside, beside.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    return explain_frequency(
        experiment, run, windows=asked.windows, seed=asked.seed, emit=emit, stop=stop
    )  # fmt: skip


def _sets(experiment: Experiment, run: Run, own: Path, asked: Asked, emit: Emit, stop: Stop) -> dict[str, Any]:
    return explain_sensors(
        experiment, run, own / ESTIMATOR, by=asked.by, seed=asked.seed, emit=emit, stop=stop
    )  # fmt: skip


def _anchors(experiment: Experiment, run: Run, own: Path, asked: Asked, emit: Emit, stop: Stop) -> dict[str, Any]:
    told, maps = explain_anchors(experiment, run, windows=asked.windows, seed=asked.seed, emit=emit, stop=stop)
    keep(own / FEATURE_MAPS, maps)
    return told


def _privacy(experiment: Experiment, run: Run, own: Path, asked: Asked, emit: Emit, stop: Stop) -> dict[str, Any]:
    return explain_privacy(experiment, run, emit=emit, stop=stop)


_Maker = Callable[[Experiment, Run, Path, Asked, Emit, Stop], dict[str, Any]]
_MAKERS: dict[str, _Maker] = {
    WINDOWS: _windows,
    FREQUENCY: _frequency,
    ANCHORS: _anchors,
    SETS: _sets,
    PRIVACY: _privacy,
}


def _heard(told: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The keys that scripts rely on; empty where windows were not asked about."""
    models: dict[str, Any] = told.get(WINDOWS, {}).get("models", {})
    first: dict[str, Any] = next(iter(models.values()), {})
    return {name: first.get(name, [] if name != "sanity" else {}) for name in ("sensors", "channels", "sanity")}


def parts_for(experiment: Experiment, run: Run, asked: Asked) -> tuple[str, ...]:
    """The parts that are asked for; where none is named, those that can be asked of a run."""
    if asked.parts:
        return asked.parts
    anchors = has_anchors(experiment, run)
    applies = {ANCHORS: anchors, SETS: several(experiment, asked.by), PRIVACY: strangers_tested(experiment)}
    return tuple(part for part in PARTS if applies.get(part, True))
