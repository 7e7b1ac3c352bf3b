"""`stillroom device` from the bundle to the figure, with this machine as the board."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from .device_kit import (
    CALL_MS,
    PIPELINED_MS,
    WINDOWS,
    Board,
    clean_env,
    make_board,
    make_run,
    measure,
    results_of,
    unpack,
)
from .kit import Call, leftovers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts with a first line")

FIGURE = {
    "model",
    "quantity",
    "value",
    "low",
    "high",
    "unit",
    "device",
    "mode",
    "runtime",
    "precision",
    "provenance",
    "n",
}


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """A board, and the recipes' side of a bundle: the export of every run is this one."""
    made = make_board(tmp_path / "board")
    exporting = ModuleType("stillroom.recipes.exporting")
    exporting.bundle_inputs = lambda run, fold, emit: (made.export, made.windows, made.logits)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stillroom.recipes.exporting", exporting)
    return made


@pytest.fixture
def env(board: Board) -> dict[str, str]:
    return clean_env(board)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run")


@pytest.fixture
def bundled(call: Call, board: Board, run: Path, tmp_path: Path) -> Path:
    """A bundle of the run, unpacked."""
    told = call("device", "bundle", run, "--to", tmp_path / "bundle.zip", "--json")
    assert told.code == 0, told.err
    assert told.answer["windows"] == WINDOWS and len(told.answer["models"]) == 5
    return unpack(tmp_path / "bundle.zip", tmp_path / "unpacked")


def test_what_this_machine_measured_becomes_figures_of_the_run(
    call: Call, bundled: Path, run: Path, env: dict[str, str]
) -> None:
    done = measure(bundled, env)
    assert done.returncode == 0, done.stdout + done.stderr
    told = call("device", "import", bundled / "results.json", "--run", run, "--json")
    assert told.code == 0, told.err
    figures = {figure["precision"]: figure for figure in told.answer["figures"] if figure["quantity"] == "latency"}
    assert set(figures) == {"fp32", "fp16", "int8"} and not told.answer["failed"]
    for figure in figures.values():
        assert set(figure) >= FIGURE and 0 < figure["low"] <= figure["value"] <= figure["high"] and figure["n"] >= 20
        assert figure["provenance"].startswith("measured on ") and figure["runtime"] == "onnxruntime"
    rows = {row["precision"]: row for row in results_of(bundled)["rows"]}
    assert rows["fp32"]["parity"]["max_abs"] < 1e-4 and rows["fp32"]["parity"]["windows"] == WINDOWS
    assert rows["fp32"]["model"].endswith("opset17.onnx")


def test_a_real_run_s_student_is_bundled_measured_and_right(call: Call, done: Path, tmp_path: Path) -> None:
    run = shutil.copytree(done, tmp_path / "run")
    told = call("device", "bundle", run, "--to", tmp_path / "bundle.zip", "--json")
    assert told.code == 0, told.err
    held = {model["precision"] for model in told.answer["models"]}
    assert held == {"fp32", "fp16", "int8-u8", "int8-s8"}
    folder = unpack(tmp_path / "bundle.zip", tmp_path / "unpacked")
    assert measure(folder, dict(os.environ)).returncode == 0
    told = call("device", "import", folder / "results.json", "--run", run, "--json")
    assert told.code == 0, told.err
    assert {figure["precision"] for figure in told.answer["figures"]} == {"fp32", "fp16", "int8"}


def test_the_same_results_twice_are_one_file(call: Call, bundled: Path, run: Path, env: dict[str, str]) -> None:
    measure(bundled, env)
    for _ in range(2):
        told = call("device", "import", bundled / "results.json", "--run", run)
        assert told.code == 0 and "Kept in" in told.out and "ms" in told.out
    assert len(list((run / "devices").glob("*.json"))) == 1 and not leftovers(run)


@pytest.mark.parametrize(
    ("banner", "version", "flags", "half"),
    [
        ("v8502", "8.5.2", {"--fp16", "--int8"}, "student-fp32-opset17.onnx"),
        ("v100300", "10.3.0", {"--fp16", "--int8"}, "student-fp32-opset17.onnx"),
        ("v11.1.0.106", "11.1.0.106", set(), "student-fp16-opset18.onnx"),
    ],
)
def test_trtexec_is_timed_in_four_ways_with_the_flags_of_its_version(
    bundled: Path, board: Board, env: dict[str, str], banner: str, version: str, flags: set[str], half: str
) -> None:
    log = board.put_trtexec(env, banner)
    done = measure(bundled, env, "--runtimes", "trtexec")
    assert done.returncode == 0, done.stdout + done.stderr
    results = results_of(bundled)
    assert results["versions"]["tensorrt"] == version
    builds = [line for line in log.read_text().splitlines() if "--saveEngine" in line]
    assert {word for line in builds for word in line.split()} & {"--fp16", "--int8"} == flags
    rows = results["rows"]
    assert [row["error"] for row in rows] == [None] * 12
    assert {row["model"] for row in rows if row["precision"] == "fp16"} == {half}
    ways = {(row["loop"], row["cuda_graph"]) for row in rows}
    assert ways == {(loop, graph) for loop in ("pipelined", "synchronous") for graph in (False, True)}
    for row in rows:
        expected_ms = PIPELINED_MS if row["loop"] == "pipelined" else CALL_MS
        assert row["p50_ms"] == pytest.approx(expected_ms, abs=2e-3) and row["enqueue_ms"] == pytest.approx(
            0.1, abs=2e-3
        )
        assert row["n"] < 500, "the warm-up is left out"
        assert row["parity"]["runtime"] == "trtexec" and row["parity"]["max_abs"] < 1e-4


def test_a_caller_s_wait_is_the_figure_and_not_the_pipeline_s_latency(
    call: Call, bundled: Path, board: Board, run: Path, env: dict[str, str]
) -> None:
    board.put_trtexec(env)
    measure(bundled, env)
    told = call("device", "import", bundled / "results.json", "--run", run, "--device", "agx-xavier", "--json")
    assert told.code == 0, told.err
    latencies = [f for f in told.answer["figures"] if f["runtime"] == "tensorrt"]
    assert {figure["precision"] for figure in latencies} == {"fp32", "fp16", "int8"}
    assert all(figure["value"] == pytest.approx(CALL_MS, abs=2e-3) for figure in latencies)
    assert {figure["device"] for figure in told.answer["figures"]} == {"agx-xavier"}


def test_one_way_that_fails_is_written_down_and_the_others_are_measured(
    bundled: Path, board: Board, env: dict[str, str]
) -> None:
    board.put_trtexec(env, fail="--int8|exposeDMA.*useCudaGraph|exportOutput")
    done = measure(bundled, env)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [row for row in results_of(bundled)["rows"] if row["runtime"] == "trtexec"]
    failed = [row for row in rows if row["error"]]
    assert [(row["precision"], row["loop"], row["cuda_graph"]) for row in failed] == [
        ("fp32", "synchronous", True),
        ("fp16", "synchronous", True),
        ("int8-s8", None, None),
    ]
    assert all("Engine could not be created" in row["error"] for row in failed)
    lent = [row["parity"]["runtime"] for row in rows if not row["error"]]
    assert lent == ["onnxruntime"] * 6, "trtexec said no answers here, so another runtime's stand in, and say so"


def test_a_file_that_was_changed_on_the_board_is_not_measured_and_not_imported(
    bundled: Path, run: Path, env: dict[str, str], refused: Call
) -> None:
    model = bundled / "student-fp16-opset18.onnx"
    model.write_bytes(model.read_bytes() + b" ")
    done = measure(bundled, env)
    assert done.returncode == 0
    assert [row["model"] for row in results_of(bundled)["rows"] if row["error"]] == [model.name]
    told = refused("device", "import", bundled / "results.json", "--run", run)
    assert "changed after it was bundled" in told.error and model.name in told.error
    assert not list((run / "devices").glob("*.json"))


def test_results_of_another_run_are_refused(bundled: Path, env: dict[str, str], tmp_path: Path, refused: Call) -> None:
    measure(bundled, env, "--runtimes", "onnxruntime")
    told = refused("device", "import", bundled / "results.json", "--run", make_run(tmp_path / "other"))
    assert "another model" in told.error and "--run" in told.error


def test_a_board_without_a_runtime_says_so(bundled: Path, env: dict[str, str], run: Path, refused: Call) -> None:
    done = measure(bundled, env, "--runtimes", "trtexec")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "neither trtexec nor onnxruntime" in done.stderr
    assert "nothing was measured" in refused("device", "import", bundled / "results.json", "--run", run).error


def test_a_board_without_numpy_says_how_to_get_it(bundled: Path, env: dict[str, str]) -> None:
    command = [sys.executable, "-S", "run_bench.py"]
    done = subprocess.run(command, cwd=bundled, env=env, capture_output=True, text=True)
    assert (
        done.returncode == 1 and "numpy" in done.stderr and "install" in done.stderr and "Traceback" not in done.stderr
    )


def test_a_bundle_that_lost_a_file_says_so(bundled: Path, env: dict[str, str]) -> None:
    (bundled / "inputs.npz").write_bytes((bundled / "inputs.npz").read_bytes()[:100])
    done = measure(bundled, env)
    assert done.returncode == 2 and "unpack it again" in done.stderr and "Traceback" not in done.stderr


def test_over_ssh_the_board_is_measured_and_left_as_it_was(
    call: Call, board: Board, run: Path, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = board.put_ssh(env)
    board.put_trtexec(env)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    told = call(
        "device", "run", run, "--ssh", "me@board", "--to", tmp_path / "sent.json", "--seconds", 0.1, "--json"
    )  # fmt: skip
    assert told.code == 0, told.err
    assert {figure["runtime"] for figure in told.answer["figures"]} >= {"tensorrt", "onnxruntime"}
    assert "student-fp32-opset17.onnx fp32 trtexec synchronous" in told.err
    assert json.loads((tmp_path / "sent.json").read_text())["bundle_id"] == told.answer["bundle_id"]
    assert list(there.iterdir()) == [] and len(list((run / "devices").glob("*.json"))) == 1


@pytest.mark.parametrize(
    ("host", "python", "said"),
    [
        ("nowhere", "", "cannot be reached"),
        ("board", "", "there is no python3"),
        ("board", "exit 1", "no numpy"),
        ("-oProxyCommand=x", "", "is no host"),
    ],
)
def test_over_ssh_what_is_missing_is_named(
    refused: Call,
    board: Board,
    run: Path,
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    python: str,
    said: str,
) -> None:
    there = board.put_ssh(env, python)
    if not python:
        env["SSH_PATH"] = str(board.programs)  # no python3 there
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert said in refused("device", "run", run, f"--ssh={host}").error
    assert list(there.iterdir()) == []


def test_over_ssh_a_script_that_fails_is_told_with_its_last_line(
    call: Call, board: Board, run: Path, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (
        f'case "$*" in *run_bench*) echo "error: the board is on fire" >&2; exit 7;; esac\nexec "{sys.executable}" "$@"'
    )
    there = board.put_ssh(env, broken)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    told = call("device", "run", run, "--ssh", "board", "--to", tmp_path / "sent.json")
    assert told.code == 1 and "the board is on fire" in told.error
    assert list(there.iterdir()) == [] and not (tmp_path / "sent.json").exists()


def test_list_names_every_board_with_its_modes(call: Call) -> None:
    devices = {item["name"]: item for item in call("device", "list", "--json").answer["devices"]}
    assert {"agx-xavier", "nano", "stm32u575"} <= set(devices)
    assert "MAXN" in devices["agx-xavier"]["modes"] and devices["agx-xavier"]["kind"] == "jetson"
    assert devices["stm32u575"]["ram_bytes"] > 0 and devices["stm32u575"]["memory_gb"] is None
    shown = call("device", "list")
    assert shown.code == 0 and all(name in shown.out for name in devices)


def test_an_unknown_device_or_run_is_refused(refused: Call, run: Path, tmp_path: Path) -> None:
    words = ("device", "import", tmp_path / "none.json", "--run")
    assert "did you mean" in refused(*words, run, "--device", "agx-xavir").error.lower()
    assert "no run lies here" in refused(*words, tmp_path / "nowhere").error
    assert "no such file" in refused(*words, run).error
