"""A finished run as its commands leave it, made without training: real windows of the simulated line, drawn numbers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stillroom.base.paths import write_json
from stillroom.cost.computer import host_facts
from stillroom.data.source import open_source
from stillroom.data.windows import WindowConfig, cut
from stillroom.runs.manifest import ExportFile, Manifest, write_manifest

STUDENT = ("right_wrist.acc.x", "right_wrist.acc.y", "right_wrist.acc.z")
FOLD, COUNT, STEPS = "everybody", 24, 100
_WINDOWS = {"window_s": 4.0, "stride_s": 2.0, "purity": 0.5, "min_windows": 10}
_DRAW = np.random.default_rng(0)


def finished(folder: Path) -> Path:
    """A run with a report and predictions."""
    dataset = open_source("factory")
    index = cut(dataset, WindowConfig(**_WINDOWS))
    asked = {
        "recipe": {"name": "tsak"}, "data": "factory", "track": None, "drop_class": [], "windows": _WINDOWS,
        "protocol": "persons:4", "seed": 0, "fast": True, "index_key": index.key(), "data_key": dataset.key,
    }  # fmt: skip
    facts = {"state": "done", "why": "", "key": "k", "asked": asked, "began": "2026-01-01", "changed": "2026-01-01"}
    model = {
        "macro_f1": 0.6, "low": 0.5, "high": 0.7, "per_person": {"p01": 0.6}, "channels": 3, "params": 1000,
        "macs": 5000, "size_bytes": 4000,
    }  # fmt: skip
    report = {
        "run": "runs/line", "recipe": "tsak", "data": "factory", "data_title": "Packing line (simulated)", "n": 10,
        "simulated": True, "fast": True, "warning": "", "pilot": False, "units": "people", "protocol": "persons:4",
        "seed": 0, "classes": list(index.classes), "teacher_view": list(dataset.layout.names),
        "student_view": list(STUDENT), "teacher": model, "student": model, "alone": model,
        "gain": {"mean": 0.0, "low": -0.1, "high": 0.1, "p": 1.0, "n": 10},
        "folds": [{"fold": FOLD}], "models": ["teacher", "student", "alone"],
    }  # fmt: skip
    write_json(folder / "run.json", facts)
    write_json(folder / "report.json", report)
    ids = np.arange(len(index))
    for role in ("teacher", "student"):
        probabilities = _DRAW.dirichlet(np.ones(len(index.classes)), len(ids)).astype(np.float32)
        if role == "teacher":  # it is always right
            probabilities = np.eye(len(index.classes), dtype=np.float32)[index.label]
        (folder / "folds" / FOLD / role).mkdir(parents=True)
        said = {"ids": ids, "truth": index.label, "unit": index.person_names(ids), "probabilities": probabilities}
        np.savez(folder / "folds" / FOLD / role / "predictions.npz", **said)
    write_json(folder / "folds" / FOLD / "student" / "model.json", {})
    return folder


def explained(folder: Path) -> Path:
    """The same run, explained by drawn attributions."""
    report = json.loads((folder / "report.json").read_text())
    index = cut(open_source("factory"), WindowConfig(**_WINDOWS))
    ids = np.sort(_DRAW.permutation(len(index))[:COUNT])
    person = index.person_names(ids)
    tables, models = [], {}
    for role, view in (("teacher", report["teacher_view"]), ("student", report["student_view"])):
        values = _DRAW.normal(size=(COUNT, len(view), STEPS)).astype(np.float16)
        kept = folder / "explain" / f"attributions-{role}.npz"
        kept.parent.mkdir(exist_ok=True)
        np.savez(kept, attributions=values, ids=ids, unit=person, label=index.label[ids])
        sensors = list(dict.fromkeys(name.rpartition(".")[0] for name in view))
        models[role] = _model(sensors, view, report["classes"])
        for place, sensor in enumerate(sensors):
            named = [report["classes"][code] for code in index.label[ids]]
            given = {"model": role, "window": ids, "person": person, "activity": named, "sensor": sensor}
            tables.append(pd.DataFrame({**given, "share": _DRAW.random(COUNT), "signed": float(place)}))
    pd.concat(tables, ignore_index=True).to_parquet(folder / "explain" / "attributions.parquet", index=False)
    level = {
        "rank": _one(0.5), "rank_by_chance": 0.0, "overlap": _one(0.5), "overlap_by_chance": 0.2, "windows": COUNT,
        "channels": list(STUDENT), "by_window": [None, *_DRAW.permutation(np.linspace(-1, 1, COUNT - 1)).tolist()],
    }  # fmt: skip
    told = {"models": models, "agreement": {"with": "teacher", "student": {"channels": level, "cells": level}}}
    write_json(folder / "explain" / "windows.json", {"key": "k", "asked": {"windows": COUNT}, "told": told})
    return folder


def costed(folder: Path) -> Path:
    """The same run, with the last answer of `stillroom cost`."""
    sizes = ("params", "macs", "size_bytes", "activation_bytes", "ops", "kernels", "channels")
    part = {"name": "net", "params": 10, "size_bytes": 40, "macs": 1000}
    models = {
        name: {**dict.fromkeys(sizes, many), "window_s": 4.0, "parts": [part], "members": ["network"], "warnings": []}
        for name, many in (("teacher", 120_000), ("student", 20_000))
    }
    figures = [here(name, runtime, ms) for name, ms in (("teacher", 1.0), ("student", 0.5)) for runtime in
               ("onnxruntime", "eager")]  # fmt: skip
    board = {"device": "agx-xavier", "mode": "MAXN", "runtime": "tensorrt", "precision": "fp16", "dominant": "launch"}
    figures += [
        {"model": name, "quantity": "latency", "value": 1.0, "low": 0.5, "high": 2.0, "unit": "ms", **board,
         "provenance": "estimate, fitted on others", "remark": ""} for name in models
    ]  # fmt: skip
    host = host_facts()
    ratio = dict.fromkeys(sizes[:5], 6.0)
    told = {
        "run": "elsewhere/line", "fold": FOLD, "protocol": "persons:4", **models, "reduction": ratio,
        "figures": figures,
        "speedup": {"onnxruntime": 2.0, "eager": 2.0}, "host": host, "notes": ["MACs are counted, FLOPs are twice."],
    }  # fmt: skip
    write_json(folder / "cost.json", told)
    return folder


def exported(folder: Path) -> dict[str, bytes]:
    """The same run's student, exported: files with some bytes, and a manifest that fits them."""
    data = {"model_fp32.onnx": b"float" * 90, "model_int8_u8.onnx": b"int" * 40}
    to = folder / "folds" / FOLD / "export"
    to.mkdir(parents=True)
    files = []
    for name, held in data.items():
        (to / name).write_bytes(held)
        facts: dict[str, Any] = {"precision": "fp32" if "fp32" in name else "int8-u8", "opset": 17, "form": "conv2d"}
        sha = hashlib.sha256(held).hexdigest()
        files.append(ExportFile(name=name, target="here", sha256=sha, size_bytes=len(held), **facts))
    check = {"max_abs": 1e-6, "label_agreement": 1.0, "windows": 490, "macro_f1": 0.6}
    layout = open_source("factory").layout.select("right_wrist.acc.*")
    manifest = Manifest(
        format=1, layout=layout, rate_hz=25.0, width=STEPS, classes=("a", "b"), mean=(0.0,) * 3, sd=(1.0,) * 3,
        provenance={"train_people": ["p05", "<b>p06</b>"]}, files=tuple(files), checks=dict.fromkeys(data, check),
        versions={},
    )  # fmt: skip
    write_manifest(to, manifest)
    return data


def here(model: str, runtime: str, ms: float) -> dict[str, Any]:
    """A figure that was measured on this computer."""
    return {
        "model": model, "quantity": "latency", "value": ms, "low": 0.9 * ms, "high": 1.1 * ms, "p95": 1.5 * ms,
        "unit": "ms", "device": "this computer", "mode": "1 thread", "runtime": runtime, "precision": "fp32",
        "dominant": None, "threads": 1, "batch": 1, "n": 15, "provenance": "measured here, one window", "busy": False,
        "remark": "",
    }  # fmt: skip


def sent(sha: str, **changes: Any) -> dict[str, Any]:
    """What a board sends back of one file."""
    row = {
        "model": "model_fp32.onnx", "model_sha256": sha, "precision": "fp32", "runtime": "trtexec", "provider": None,
        "options": [], "cuda_graph": False, "loop": "synchronous", "threads": None, "batch": 1, "n": 200,
        "p50_ms": 0.5, "p90_ms": 0.6, "p99_ms": 0.9, "min_ms": 0.4, "mean_ms": 0.55, "enqueue_ms": 0.1,
        "parity": {"max_abs": 1e-5, "label_agreement": 1.0, "windows": 40, "runtime": "trtexec"},
        "energy": None, "per_layer": None, "error": None,
    }  # fmt: skip
    board = {
        "model": "NVIDIA Jetson AGX Xavier Developer Kit", "l4t": "R35.4.1", "power_mode": "MODE_30W_ALL",
        "clocks": None, "clocks_locked": True, "cpu": "Carmel", "cores": 8, "machine": "aarch64",
        "system": "Linux 5", "load_1m": 0.1,
    }  # fmt: skip
    return {
        "kind": "stillroom device results", "schema": 1, "bundle_id": "feed", "started_at": "2026-05-01T10:00:00Z",
        "device": {**board, **changes}, "versions": {"tensorrt": "8.5.2"}, "failures": [], "rows": [row],
    }  # fmt: skip


def _model(sensors: list[str], view: list[str], classes: list[str]) -> dict[str, Any]:
    curve = [0.8, 0.4, 0.1]
    sanity = {
        "completeness": {"overall": 0.02, "median": 0.01, "worst": 0.5, "windows": COUNT},
        "deletion": {"shares": [0, 0.5, 1], "deletion": curve, "insertion": curve[::-1], "random": curve, "cells": 40,
                     "deletion_area": 0.2, "insertion_area": 0.6, "random_area": 0.4, "random_areas": [0.4],
                     "better": 1.0, "windows": COUNT},
        "randomised": {"signed": 0.1, "magnitude": 0.5, "absolute": 0.2, "absolute_by_chance": 0.1, "draws": [1]},
        "stability": {"signed": 0.7}, "coincide": 0.0,
    }  # fmt: skip
    shares = [_one(1 / len(sensors), "importance", name=name) for name in sensors]
    return {
        "method": "integrated_gradients", "windows": COUNT, "sensors": shares, "sanity": sanity,
        "channels": [_one(1 / len(view), "importance", name=name) for name in view],
        "classes": dict.fromkeys(classes, shares),
    }  # fmt: skip


def _one(value: float, key: str = "mean", **more: Any) -> dict[str, Any]:
    return {key: value, "low": value - 0.1, "high": value + 0.1, **more}
