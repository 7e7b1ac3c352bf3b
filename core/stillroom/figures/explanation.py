"""All figures of an explanation of a run, and their export: HTML, SVG and PNG, Parquet and JSON in one folder.

HTML needs nothing beside it but `plotly.min.js`, which is written once. SVG and PNG are written where kaleido is
installed and finds a browser; where it does not, they are left out. Nothing is explained here anew: numbers are those
that were told, arrays those that lie in the run's folder.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
from plotly.offline import get_plotlyjs

from stillroom.base.errors import InputError
from stillroom.base.paths import read_json, storage_errors, whole_file, write_json, write_text
from stillroom.figures import (
    agreement,
    anchors,
    band_importance,
    cut_off,
    privacy,
    sanity,
    sensor_sets,
    shares,
    spectra,
)
from stillroom.figures.page import page
from stillroom.figures.signals import by_sensor
from stillroom.figures.theme import LIGHT, Look, origin_of

FOLDER, TABLE, SPECTRA, SETS, TOLD = (
    "explain", "attributions.parquet", "spectra.npz", "sensors.parquet", "explanation.json",
)  # fmt: skip
SCRIPT = "plotly.min.js"

_WIDTH, _SCALE = 900, 2
Named = tuple[str, Callable[[], go.Figure]]


def figures_of(
    run_folder: Path, told: Mapping[str, Any], *, report: dict[str, Any] | None = None, look: Look = LIGHT
) -> dict[str, go.Figure]:
    """Every figure that the parts of an explanation allow, by name.

    Args:
        run_folder: of the run that was explained.
        told: as `stillroom explain RUN --json` prints it.
        report: of the run, which tells where the numbers come from; what lies in its folder by default.
        look: ground and width.

    Raises:
        InputError: the run has no report.
    """
    report = report or read_json(run_folder / "report.json")
    given: dict[str, Any] = {"origin": origin_of(report), "look": look}
    own = {**given, "units": report["units"]}
    found: dict[str, go.Figure] = {}
    if part := told.get("windows"):
        found |= _windows(part, given, own)
    if part := told.get("frequency"):
        found |= _frequency(part, given, own, report["n"])
    for name, one in (told.get("anchors") or {"anchors": {}})["anchors"].items():
        if {anchors.BEFORE, anchors.AFTER} <= set(one["models"]):
            found[f"anchor-{name}"] = anchors.at_anchor(told["anchors"], name, **given)
    if (part := told.get("sets")) and part["dropped"]:
        found |= {"going_without": sensor_sets.going_without(part, **own), "price": sensor_sets.price(part, **own)}
    if part := told.get("privacy"):
        found["privacy"] = privacy.told_apart(part, **given)
    if told.get("frequency") and (kept := run_folder / FOLDER / SPECTRA).exists():
        found |= _spectra(kept, report, _heard(told), given)
    return found


def write_explanation(run_folder: Path, told: Mapping[str, Any], to: Path) -> list[Path]:
    """Writes figures and tables of an explanation; every file appears whole or not at all.

    Args:
        run_folder: of the run that was explained.
        told: as `stillroom explain RUN --json` prints it.
        to: a folder that is new, empty, or holds an earlier explanation.

    Returns:
        What was written.

    Raises:
        InputError: `to` is a file or a folder of other things, or the run has no report.
        StorageError: the disk refuses.
    """
    _check(to)
    figures = figures_of(run_folder, told)
    written = [to / TOLD]
    write_json(to / TOLD, dict(told))
    if figures:
        write_text(to / SCRIPT, get_plotlyjs())
        written.append(to / SCRIPT)
    for name, figure in figures.items():
        write_text(to / f"{name}.html", page(figure, name, "directory"))
        written.append(to / f"{name}.html")
    return [*written, *_tables(run_folder, told, to), *_pictures(figures, to)]


def _check(to: Path) -> None:
    mend = "Choose a folder that is new, empty, or holds an earlier explanation"
    if to.exists() and not to.is_dir():
        raise InputError("a file stands where the folder should be", where=str(to), mend=mend)
    with storage_errors(to):
        others = to.is_dir() and any(not path.name.startswith(".") for path in to.iterdir())
    if others and not (to / TOLD).exists():
        raise InputError("the folder holds other things", where=str(to), mend=mend)


def _windows(part: Mapping[str, Any], given: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, go.Figure]:
    models, found = part["models"], {}
    for level in ("sensors", "channels"):
        if any(len(model[level]) > 1 for model in models.values()):
            found[f"shares_by_{level.removesuffix('s')}"] = shares.sensors(models, level=level, **own)
    for role, model in models.items():
        if len(model["sensors"]) > 1:
            found[f"shares_by_activity-{role}"] = shares.activities(model, role=role, **own)
        found[f"sanity-{role}"] = sanity.strip(model["sanity"], role=role, method=model["method"], **given)
    if part["agreement"]:
        found["agreement"] = agreement.with_teacher(part["agreement"], **own)
    return found


def _frequency(
    part: Mapping[str, Any], given: Mapping[str, Any], own: Mapping[str, Any], people: int
) -> dict[str, go.Figure]:
    found = {}
    for role, bands in part["bands"].items():
        found[f"bands-{role}"] = band_importance.falls(bands, role=role, **own)
        if bands.get("amplitudes"):
            found[f"amplitudes-{role}"] = band_importance.amplitudes_by_activity(bands, role=role, **own)
    if len(part["cut_off"]) > 1:
        found["cut_off"] = cut_off.scores(part["cut_off"], people=people, **own)
    return found


def _spectra(
    kept: Path, report: Mapping[str, Any], heard: Mapping[str, float], given: Mapping[str, Any]
) -> dict[str, go.Figure]:
    """One figure for each sensor: of its channel that the teacher looks at most, or its first."""
    channels, found = list(report["teacher_view"]), {}
    with np.load(kept, allow_pickle=False) as arrays:
        of = {name: arrays[name] for name in arrays.files}
    classes = [name for name in report["classes"] if f"mean/{name}" in of]
    for sensor, members in by_sensor(channels).items():
        place = max(members, key=lambda member: heard.get(channels[member], 0.0))
        spreads = {name: _spread(of, name, place) for name in classes}
        found[f"spectra-{sensor}"] = spectra.by_class(
            of["hertz"], spreads, report["classes"], channel=channels[place], unit=str(of["units"][place]), **given
        )
    return found


def _spread(of: Mapping[str, Any], name: str, place: int) -> spectra.Spread:
    low, high = (of[f"{edge}/{name}"][place] if f"{edge}/{name}" in of else None for edge in ("low", "high"))
    return spectra.Spread(of[f"mean/{name}"][place], low, high, int(of[f"people/{name}"]))


def _heard(told: Mapping[str, Any]) -> dict[str, float]:
    """Each channel's share to the first model that was explained."""
    return {one["name"]: one["importance"] for one in told.get("channels") or []}


def _tables(run_folder: Path, told: Mapping[str, Any], to: Path) -> Iterator[Path]:
    if told.get("windows") and (kept := run_folder / FOLDER / TABLE).exists():
        with whole_file(to / TABLE) as beside:
            beside.write_bytes(kept.read_bytes())
        yield to / TABLE
    if part := told.get("sets"):
        rows = [
            {"subset": " + ".join(one["subset"]), **{key: one[key] for key in ("mean", "low", "high")}}
            for one in part["subsets"]
        ]
        with whole_file(to / SETS) as beside:
            table = pd.DataFrame(rows, columns=["subset", "mean", "low", "high"])
            table.astype({"mean": float, "low": float, "high": float}).to_parquet(beside, index=False)
        yield to / SETS


def _pictures(figures: Mapping[str, go.Figure], to: Path) -> Iterator[Path]:
    """SVG and PNG of all figures by one browser; none where there is no kaleido or no browser."""
    if not figures or importlib.util.find_spec("kaleido") is None:
        return
    names = [f"{name}.{form}" for form in ("svg", "png") for name in figures]
    drawn = [figure for _ in ("svg", "png") for figure in figures.values()]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in names]
        try:
            pio.write_images(
                fig=drawn, file=files, format=[name.rpartition(".")[2] for name in names], width=_WIDTH,
                height=[figure.layout.height for figure in drawn], scale=_SCALE,
            )  # fmt: skip
        except Exception:  # kaleido raises what its browser does: none found, not started, ended early
            return
        for file in files:
            with whole_file(to / file.name) as beside:
                beside.write_bytes(file.read_bytes())
            yield to / file.name
