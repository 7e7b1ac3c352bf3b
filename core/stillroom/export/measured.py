"""Figures measured on a device: results of a bundle are checked, kept in the run, and read as figures for the table.

    RUN/devices/DEVICE-ID.json     what a board sent, whole
    RUN/devices/bundles/ID.json    the manifest of each bundle that was made of the run

A figure is believed only where the file that was measured is this run's, by its SHA-256, and where its answers were
compared with those expected and lie within the tolerance of its precision.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from stillroom.base.config import Config, fingerprint
from stillroom.base.errors import InputError
from stillroom.base.paths import read_json, write_json
from stillroom.export.bundle import Bundle
from stillroom.export.results import Results, Row, read_results

DEVICES, BUNDLES = "devices", "bundles"


class Tolerance(Config):
    """How far answers may lie from those expected.

    Attributes:
        max_abs: of logits; None where only labels count.
        label_agreement: the smallest share of equal labels.
    """

    max_abs: float | None
    label_agreement: float


# fp32: another order of summing. fp16: 11 bits, so labels count and the logits' difference is only bounded. INT8: the
# smallest networks lose up to a tenth of their labels already when quantised, which the export's own check shows.
TOLERANCES = {
    "fp32": Tolerance(max_abs=1e-3, label_agreement=0.99),
    "fp16": Tolerance(max_abs=0.5, label_agreement=0.95),
    "int8": Tolerance(max_abs=None, label_agreement=0.85),
}

# What a board calls itself -> the name of its profile; the first that fits, so the longer names come first.
_BOARDS = {
    r"orin nano": "orin-nano",
    r"orin nx": "orin-nx",
    r"agx orin": "agx-orin",
    r"xavier nx": "xavier-nx",
    r"agx xavier|jetson-agx|jetson agx$": "agx-xavier",
    r"tx2|quill": "tx2",
    r"thor": "thor-t5000",
    r"jetson nano": "nano",
}


def keep_bundle(run_folder: Path, bundle: Bundle) -> None:
    """Notes in the run which files went into a bundle, so that its results are known again.

    Raises:
        StorageError: the disk refuses.
    """
    write_json(run_folder / DEVICES / BUNDLES / f"{bundle.bundle_id}.json", bundle.model_dump(mode="json"))


def bundled(run_folder: Path) -> dict[str, Bundle]:
    """The bundles that were made of a run, by their ids.

    Raises:
        InputError: a note of one is damaged.
    """
    notes = sorted((run_folder / DEVICES / BUNDLES).glob("*.json"))
    found = [Bundle.from_input(read_json(note), where=str(note)) for note in notes]
    return {bundle.bundle_id: bundle for bundle in found}


def import_results(
    path: Path, run_folder: Path, precisions: Mapping[str, str] | None = None, *, device: str = ""
) -> Path:
    """Checks what a board sent back and keeps it in the run; the same results twice are one file.

    Args:
        path: `results.json`.
        run_folder: of the run that the bundle was made of.
        precisions: SHA-256 of each of this run's models -> its precision; those of its bundles by default.
        device: the device's name, where the board's own does not say it.

    Returns:
        The file in the run.

    Raises:
        InputError: not such results, of a later format, of another model, of a file that was changed, answers beyond
            the tolerance, or nothing measured.
        StorageError: the disk refuses.
    """
    results, raw = read_results(path)
    known = bundled(run_folder)
    ours = {sha: name for bundle in known.values() for sha, name in bundle.precisions.items()}
    _check_models(results, ours if precisions is None else precisions, results.bundle_id in known, str(path))
    _check_answers(results, str(path))
    named = device_name(results)
    if device and device != named and named in _BOARDS.values():
        raise InputError(
            f"the board says that it is {results.device.model} ({named}), not {device}",
            where=str(path),
            mend="Leave --device out",
        )
    kept = run_folder / DEVICES / f"{device or named}-{fingerprint(raw)[:12]}.json"
    if not kept.exists():
        write_json(kept, raw)
    return kept


def measured_figures(
    run_folder: Path, model: str = "student", of: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Every kept measurement of a run as a figure: the median with its smallest and 99th percentile.

    Of several of the same device, mode, runtime and precision the latest stands. What a caller waits for comes before
    the GPU's latency in a pipeline, which stands alone only where the runtime could not be made to wait.

    Args:
        run_folder: of the run.
        model: whose figures they are.
        of: SHA-256 of the files that count, as those of one fold's student; all of the run by default.

    Returns:
        `[{model, quantity, value, low, high, unit, device, mode, runtime, precision, dominant, provenance, n,
        loop}]`, with a row for energy (mJ; low: above idle) where the board could measure it.

    Raises:
        InputError: a kept file is damaged.
    """
    found: dict[tuple[Any, ...], tuple[Any, list[dict[str, Any]]]] = {}
    for path in sorted((run_folder / DEVICES).glob("*.json")):
        results, _ = read_results(path)
        device = path.stem.rpartition("-")[0]
        for row in _believed(results):
            if of is not None and row.model_sha256 not in of:
                continue
            key = (device, _mode(results), _runtime(row), row.precision.split("-")[0])
            rank = (row.loop == "synchronous", results.started_at.timestamp())
            if key not in found or rank > found[key][0]:
                found[key] = (rank, _figures(results, row, dict(zip(_KEY, key, strict=True)), model))
    return [figure for _, (_, figures) in sorted(found.items(), key=lambda item: str(item[0])) for figure in figures]


def device_name(results: Results) -> str:
    """The name of the board's profile (`agx-xavier`), or of the processor where no profile is known."""
    said = results.device.model or ""
    for pattern, name in _BOARDS.items():
        if re.search(pattern, said.lower()):
            return name
    return re.sub(r"[^a-z0-9]+", "-", (said or results.device.cpu).lower()).strip("-")[:40] or "device"


_KEY = ("device", "mode", "runtime", "precision")


def _check_models(results: Results, precisions: Mapping[str, str], known: bool, where: str) -> None:
    foreign = [row for row in results.rows if row.model_sha256 not in precisions]
    if foreign and (known or len(foreign) < len(results.rows)):
        raise InputError(
            f"{foreign[0].model} was changed after it was bundled: its SHA-256 is another one",
            where=where,
            mend="Unpack the bundle again on the board and measure again",
        )
    if foreign or (results.rows and not precisions):
        raise InputError(
            f"these results are of another model: bundle {results.bundle_id} was not made of this run",
            where=where,
            mend="Name the run that the bundle was made of (--run)",
        )


def _check_answers(results: Results, where: str) -> None:
    for row in results.measured:
        allowed = TOLERANCES.get(row.precision.split("-")[0])
        if allowed is None:
            raise InputError(f"unknown precision {row.precision!r}", where=where, mend="Update Stillroom")
        if row.parity is None:
            continue
        off, agreed = row.parity.max_abs, row.parity.label_agreement
        if agreed < allowed.label_agreement or off > (allowed.max_abs if allowed.max_abs is not None else off):
            raise InputError(
                f"{row.model} by {_runtime(row)} gave other answers there: {agreed:.1%} of the labels as expected, "
                f"logits off by up to {off:.2g}",
                where=where,
                mend="Measure with another runtime or precision (run_bench.py --runtimes), or export anew",
            )
    if not _believed(results):
        errors = [*results.failures, *(row.error for row in results.rows if row.error)]
        why = errors[0] if errors else "no answers were compared with those expected" * bool(results.rows)
        raise InputError(f"nothing was measured: {why or 'the board has neither trtexec nor onnxruntime'}", where=where)


def _believed(results: Results) -> list[Row]:
    return [row for row in results.measured if row.parity is not None]


def _runtime(row: Row) -> str:
    name = {"trtexec": "tensorrt"}.get(row.runtime, row.runtime)
    via = {"TensorrtExecutionProvider": " (tensorrt)", "CUDAExecutionProvider": " (cuda)"}.get(row.provider or "", "")
    return f"{name}{via}{', cuda graph' if row.cuda_graph else ''}"


def _mode(results: Results) -> str | None:
    """The power mode as the profiles name it: `MODE_30W_ALL` of nvpmodel is `30W` there."""
    said = results.device.power_mode
    return None if said is None else re.sub(r"^(\d+W)_ALL$", r"\1", said.removeprefix("MODE_"))


def _figures(results: Results, row: Row, key: dict[str, Any], model: str) -> list[dict[str, Any]]:
    board, day = results.device.model or results.device.cpu, results.started_at.date().isoformat()
    version = results.versions.get("tensorrt" if row.runtime == "trtexec" else row.runtime)
    clocks = {True: ", clocks fixed", False: ", clocks free", None: ""}[results.device.clocks_locked]
    checked = "" if row.parity is None or row.parity.runtime == row.runtime else ", answers checked in another runtime"
    provenance = f"measured on {board}, {day}, {row.runtime} {version or '?'}{clocks}, {row.loop}{checked}"
    common = {"model": model, **key, "provenance": provenance, "dominant": None, "n": row.n, "loop": row.loop}
    figures = [
        {**common, "quantity": "latency", "value": row.p50_ms, "low": row.min_ms, "high": row.p99_ms, "unit": "ms"}
    ]
    if row.energy is not None:
        total = row.energy.mj_per_inference
        above = total * max(0.0, 1 - row.energy.idle_mw / row.energy.busy_mw) if row.energy.busy_mw else 0.0
        told = {**common, "provenance": f"{provenance}, {row.energy.source} {row.energy.rail}"}
        figures.append({**told, "quantity": "energy", "value": total, "low": above, "high": total, "unit": "mJ"})
    return figures
