"""What a board sends back: believed only where it is whole, this run's, and right."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.cost.devices import devices
from stillroom.export.bundle import Bundle, BundledModel
from stillroom.export.measured import device_name, import_results, keep_bundle, measured_figures
from stillroom.export.results import Results

FP32, INT8, OTHER = "a" * 64, "b" * 64, "c" * 64
JETSON = {"model": "NVIDIA Jetson AGX Xavier Developer Kit", "l4t": "R35.4.1", "power_mode": "MODE_30W_ALL"}


def row(**changes: Any) -> dict[str, Any]:
    """A row that is believed."""
    plain = {
        "model": "fp32.onnx", "model_sha256": FP32, "precision": "fp32", "runtime": "trtexec", "provider": None,
        "options": [], "cuda_graph": False, "loop": "synchronous", "threads": None, "batch": 1, "n": 200,
        "p50_ms": 0.5, "p90_ms": 0.6, "p99_ms": 0.9, "min_ms": 0.4, "mean_ms": 0.55, "enqueue_ms": 0.1,
        "parity": {"max_abs": 1e-5, "label_agreement": 1.0, "windows": 40, "runtime": "trtexec"},
        "energy": None, "per_layer": [{"name": "conv", "mean_ms": 0.1}], "error": None,
    }  # fmt: skip
    return plain | changes


def failed(**changes: Any) -> dict[str, Any]:
    """A row of something that could not be measured."""
    nothing = dict.fromkeys(("n", "p50_ms", "p90_ms", "p99_ms", "min_ms", "mean_ms", "enqueue_ms", "parity", "loop"))
    return row(**nothing, error="no such engine") | changes


def results(*rows: dict[str, Any], device: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """What a board sends."""
    board = {
        "model": None, "l4t": None, "power_mode": None, "clocks": None, "clocks_locked": None,
        "cpu": "Plain CPU @ 2.0 GHz", "cores": 2, "machine": "x86_64", "system": "Linux 6", "load_1m": 0.1,
    }  # fmt: skip
    return {
        "kind": "stillroom device results", "schema": 1, "bundle_id": "feed", "started_at": "2026-05-01T10:00:00Z",
        "device": board | (device or {}), "versions": {"tensorrt": "8.5.2", "onnxruntime": None}, "failures": [],
        "rows": list(rows or [row()]),
    } | changes  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of which a bundle was made."""
    models = tuple(
        BundledModel(name=f"{precision}.onnx", precision=precision, opset=17, sha256=sha, size_bytes=1)
        for precision, sha in (("fp32", FP32), ("int8-s8", INT8))
    )
    made = Bundle(
        bundle_id="feed", channels=("x",), units=("m/s2",), rate_hz=20.0, width=8, classes=("a", "b"), windows=40,
        models=models, files={},
    )  # fmt: skip
    keep_bundle(tmp_path / "run", made)
    return tmp_path / "run"


@pytest.fixture
def take(tmp_path: Path, run: Path) -> Callable[..., Path]:
    """Imports what a board sent."""

    def take(sent: dict[str, Any], **options: Any) -> Path:
        (tmp_path / "results.json").write_text(json.dumps(sent))
        return import_results(tmp_path / "results.json", run, **options)

    return take


Take = Callable[..., Path]


def test_results_are_kept_whole_and_twice_is_one_file(take: Take, run: Path) -> None:
    sent = results(row(), failed(), device=JETSON)
    first = take(sent)
    assert first.parent == run / "devices" and first.name.startswith("agx-xavier-")
    assert json.loads(first.read_text()) == sent
    assert take(deepcopy(sent)) == first and len(list((run / "devices").glob("*.json"))) == 1


def test_a_measurement_is_a_figure_that_says_where_it_comes_from(take: Take, run: Path) -> None:
    energy = {"source": "tegrastats", "rail": "VDD_IN", "idle_mw": 3000.0, "busy_mw": 5000.0, "mj_per_inference": 2.5}
    take(results(row(energy=energy), device={**JETSON, "clocks_locked": True}))
    latency, used = measured_figures(run)
    assert latency == {
        "model": "student", "quantity": "latency", "value": 0.5, "low": 0.4, "high": 0.9, "unit": "ms",
        "device": "agx-xavier", "mode": "30W", "runtime": "tensorrt", "precision": "fp32", "n": 200, "dominant": None,
        "loop": "synchronous", "provenance": "measured on NVIDIA Jetson AGX Xavier Developer Kit, 2026-05-01, "
        "trtexec 8.5.2, clocks fixed, synchronous",
    }  # fmt: skip
    assert (used["quantity"], used["unit"], used["value"], used["high"]) == ("energy", "mJ", 2.5, 2.5)
    assert used["low"] == pytest.approx(1.0), "above idle"
    assert "tegrastats VDD_IN" in used["provenance"]


def test_the_latest_of_a_device_stands_and_waiting_comes_before_a_pipeline(take: Take, run: Path) -> None:
    pipelined = row(loop="pipelined", p50_ms=0.45)
    take(results(row(), pipelined))
    take(results(row(p50_ms=0.55), started_at="2026-06-01T10:00:00Z"))
    take(results(pipelined, started_at="2026-07-01T10:00:00Z"))
    assert [(figure["value"], figure["loop"]) for figure in measured_figures(run)] == [(0.55, "synchronous")]


def test_every_runtime_and_precision_is_a_figure_of_its_own(take: Take, run: Path) -> None:
    int8 = {"model": "int8-s8.onnx", "model_sha256": INT8, "precision": "int8-s8"}
    cpu = {"runtime": "onnxruntime", "provider": "CPUExecutionProvider", "threads": 1}
    take(results(row(), row(cuda_graph=True), row(**int8), row(**cpu), failed()))
    found = {(figure["runtime"], figure["precision"]) for figure in measured_figures(run)}
    assert found == {
        ("tensorrt", "fp32"), ("tensorrt, cuda graph", "fp32"), ("tensorrt", "int8"), ("onnxruntime", "fp32"),
    }  # fmt: skip


def test_only_the_files_of_one_fold_count_where_these_are_asked_for(take: Take, run: Path) -> None:
    int8 = {"model": "int8-s8.onnx", "model_sha256": INT8, "precision": "int8-s8"}
    take(results(row(), row(**int8)))
    assert [figure["precision"] for figure in measured_figures(run, of={INT8})] == ["int8"]
    assert measured_figures(run, of=()) == [] and len(measured_figures(run)) == 2


def test_a_board_that_says_what_it_is_is_not_called_another(take: Take, run: Path) -> None:
    with pytest.raises(InputError, match="not orin-nano"):
        take(results(device=JETSON), device="orin-nano")
    assert not list((run / "devices").glob("*.json"))
    assert take(results(device=JETSON), device="agx-xavier").name.startswith("agx-xavier-")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"started_at": "0001-01-01T00:00:00"}, "no time at"), ({"schema": "1"}, "no schema"), ({"schema": True}, "no s")],
)
def test_what_would_break_a_later_reading_is_never_kept(
    take: Take, run: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        take(results(**changes))
    assert not list((run / "devices").glob("*.json"))


def test_a_run_without_measurements_has_no_figures(tmp_path: Path) -> None:
    assert measured_figures(tmp_path) == []


def test_an_answer_that_another_runtime_checked_says_so(take: Take, run: Path) -> None:
    lent = {"max_abs": 0.0, "label_agreement": 1.0, "windows": 40, "runtime": "onnxruntime"}
    take(results(row(parity=lent)))
    assert "answers checked in another runtime" in measured_figures(run)[0]["provenance"]


def test_what_was_never_compared_is_no_figure(take: Take, run: Path) -> None:
    take(results(row(), row(cuda_graph=True, parity=None)))
    assert [figure["runtime"] for figure in measured_figures(run)] == ["tensorrt"]
    with pytest.raises(InputError, match="no answers were compared"):
        take(results(row(parity=None)))


def off(max_abs: float, label_agreement: float) -> dict[str, Any]:
    return {"max_abs": max_abs, "label_agreement": label_agreement, "windows": 40, "runtime": "trtexec"}


INT8_ROW = {"model": "int8-s8.onnx", "model_sha256": INT8, "precision": "int8-s8"}


@pytest.mark.parametrize(
    ("changed", "right"),
    [
        (row(parity=off(9e-4, 1.0)), True),
        (row(parity=off(2e-3, 1.0)), False),
        (row(parity=off(0.0, 0.95)), False),
        (row(precision="fp16", parity=off(0.2, 0.97)), True),
        (row(precision="fp16", parity=off(0.2, 0.9)), False),
        (row(**INT8_ROW, parity=off(3.0, 0.9)), True),
        (row(**INT8_ROW, parity=off(3.0, 0.8)), False),
    ],
)
def test_answers_must_lie_within_the_tolerance_of_the_precision(
    take: Take, run: Path, changed: dict[str, Any], right: bool
) -> None:
    if right:
        assert take(results(changed)).is_file()
        return
    with pytest.raises(InputError, match="gave other answers"):
        take(results(changed))
    assert not list((run / "devices").glob("*.json"))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (results(row(model_sha256=OTHER)), "changed after it was bundled"),
        (results(row(), failed(model_sha256=OTHER)), "changed after it was bundled"),
        (results(row(model_sha256=OTHER), bundle_id="beef"), "another model"),
        (results(row(), row(model_sha256=OTHER), bundle_id="beef"), "changed after it was bundled"),
        (results(failed()), "nothing was measured: no such engine"),
        (results() | {"rows": [], "failures": ["trtexec: no GPU"]}, "nothing was measured: trtexec: no GPU"),
        (results() | {"rows": []}, "neither trtexec nor onnxruntime"),
        (results(row(precision="fp8")), "unknown precision"),
        (results(schema=2), "newer"),
        (results(kind="something else"), "not the results of a device bundle"),
        ({"rows": []}, "not the results of a device bundle"),
        (results(row(model_sha256="short")), "rows.0.model_sha256"),
        (results(row(p50_ms=-1.0)), "rows.0.p50_ms"),
        (results(row(p50_ms=None)), "needs its times"),
        (results(row(p50_ms=0.95)), "must rise"),
        (results(row(surprise=1)), "surprise"),
        (results(device={"cpu": ""}), "cpu"),
        (results(device={**JETSON, "power_mode": None}), "power mode"),
        (results(started_at="yesterday"), "started_at"),
    ],
)
def test_what_is_not_this_run_s_or_not_whole_is_refused(take: Take, run: Path, sent: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as told:
        take(sent)
    assert said in str(told.value), told.value
    assert told.value.where
    assert not list((run / "devices").glob("*.json"))


def test_a_truncated_or_missing_file_or_another_kind_of_json_is_refused(tmp_path: Path, run: Path) -> None:
    path = tmp_path / "results.json"
    with pytest.raises(InputError, match="no such file"):
        import_results(path, run)
    text = json.dumps(results())
    for cut in (0, 1, len(text) // 2, len(text) - 1):
        path.write_text(text[:cut])
        with pytest.raises(InputError, match="not valid JSON"):
            import_results(path, run)
    path.write_text("[1, 2]")
    with pytest.raises(InputError, match="not the results"):
        import_results(path, run)
    path.write_text(text.replace("0.55", "NaN"))
    with pytest.raises(InputError, match="mean_ms"):
        import_results(path, run)


def test_the_files_of_an_export_may_be_named_instead_of_a_bundle(take: Take) -> None:
    sent = results(bundle_id="beef")
    assert take(sent, precisions={FP32: "fp32"}).is_file()
    with pytest.raises(InputError, match="another model"):
        take(sent, precisions={INT8: "int8-s8"})


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("NVIDIA Jetson AGX Xavier Developer Kit", "agx-xavier"),
        ("Jetson-AGX", "agx-xavier"),
        ("NVIDIA Jetson Xavier NX Developer Kit", "xavier-nx"),
        ("NVIDIA Jetson AGX Orin Developer Kit", "agx-orin"),
        ("NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super", "orin-nano"),
        ("NVIDIA Jetson Orin NX Engineering Reference Developer Kit", "orin-nx"),
        ("NVIDIA Jetson Nano Developer Kit", "nano"),
        ("NVIDIA Jetson TX2 Developer Kit", "tx2"),
        ("quill", "tx2"),
        ("NVIDIA Jetson AGX Thor Developer Kit", "thor-t5000"),
    ],
)
def test_a_board_s_own_name_leads_to_its_profile(model: str, name: str) -> None:
    sent = Results.model_validate(results(device={"model": model, "power_mode": "MAXN"}))
    assert device_name(sent) == name and name in [getattr(known, "name", known) for known in devices()]


def test_another_machine_is_named_after_its_processor(take: Take) -> None:
    assert take(results()).name.startswith("plain-cpu-2-0-ghz-")
    assert take(results(), device="nano").name.startswith("nano-")
