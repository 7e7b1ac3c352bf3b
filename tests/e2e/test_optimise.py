"""Pruned and quantised through the whole way: on the simulated line, killed on the way, and as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stillroom.cli.main import run

from .kit import Processes, Trap, distil_words, leftovers, needs_fork, report_of, weights

pytest.importorskip("onnxruntime", reason="the extra `export` is not installed")

OPTIMISED = {"optimise__keep": "[0.5]", "optimise__int8": "true", "cache__mode": "on"}
STEPS = ["student", "pruned_50", "student_int8", "pruned_50_int8"]
TIMED = ("latency_ms", "busy")


def but_for_times(report: dict[str, Any]) -> dict[str, Any]:
    """A report without where it lies and without how long anything took."""
    steps = [{name: value for name, value in step.items() if name not in TIMED} for step in report["steps"]]
    return {**report, "run": "", "steps": steps}


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the simulated line."""
    folder = tmp_path_factory.mktemp("line") / "run"
    with pytest.raises(SystemExit) as ended:
        run(distil_words("factory", folder, "--folds", 1, "--protocol", "persons:4", **OPTIMISED))
    assert not ended.value.code
    return folder


def test_every_step_has_its_files_and_its_row(line: Path) -> None:
    report, (fold,) = report_of(line), (line / "folds").iterdir()
    assert [step["step"] for step in report["steps"]] == STEPS
    for role in STEPS:
        expected = {"model.onnx"} if role.endswith("_int8") else {"model.json", "model.safetensors", "history.json"}
        assert {path.name for path in (fold / role).iterdir()} - {"cache.json"} == expected | {"predictions.npz"}
        assert 0 <= report[role]["macro_f1"] <= 1 and report[role]["per_person"]
    assert {path.name for path in line.iterdir()} >= {"report.json", "report.md", "steps.json"}
    assert leftovers(line) == [] and not list(line.rglob("answers*"))


def test_each_step_is_smaller_than_the_one_it_was_made_from(line: Path) -> None:
    steps = {step["step"]: step for step in report_of(line)["steps"]}
    for what in ("params", "macs", "size_bytes", "ram_bytes"):
        assert steps["pruned_50"][what] < steps["student"][what], what
    for role in ("student", "pruned_50"):
        whole, plain = steps[f"{role}_int8"], steps[role]
        assert whole["params"] == plain["params"] and whole["macs"] == plain["macs"]
        assert whole["ram_bytes"] < plain["ram_bytes"] and whole["flash_bytes"] < plain["flash_bytes"]
        assert (plain["precision"], whole["precision"]) == ("fp32", "int8")
    for step in steps.values():
        took = step["latency_ms"]
        assert 0 < took["low"] <= took["median"] <= took["high"] and set(step["fits_budget"].values()) <= {True, False}


def test_the_text_has_a_table_of_the_steps(line: Path) -> None:
    text = (line / "report.md").read_text()
    part = text.partition("## The student, optimised step by step")[2].partition("##")[0]
    rows = [row for row in part.splitlines() if row.startswith("| ")]
    assert [row.split("|")[1].strip() for row in rows[1:] if "---" not in row] == [
        "student", "50 % of the channels", "student, INT8", "50 % of the channels, INT8",
    ]  # fmt: skip
    assert "times are ONNX Runtime's" in part


@needs_fork
def test_killed_while_the_pruned_student_is_tuned_it_ends_bit_for_bit_the_same(
    own: Path, processes: Processes, tmp_path: Path
) -> None:
    settings = {**OPTIMISED, **{f"{phase}__checkpoint_s": 0.02 for phase in ("optimise__training",)}}
    undisturbed, words = (
        distil_words(own, tmp_path / name, "--folds", 1, "--resume", **settings) for name in ("whole", "run")
    )
    assert processes([(undisturbed, None)])[0].code == 0
    events = [json.loads(line) for line in (tmp_path / "whole/events.jsonl").read_text().splitlines()]
    epochs = {event["data"]["phase"]: event["data"]["epoch"] for event in events if event["kind"] == "epochs"}
    assert list(epochs)[:5] == [f"p1/{role}" for role in ("teacher", "semantic", "alone", "student", "pruned_50")]
    before, each = 4 * 2, steps_an_epoch(own)
    fold = tmp_path / "run/folds/p1"
    told = processes([(words, Trap("step", before * each + each + 2))])[0]
    assert told.code == -9 and (fold / "student/predictions.npz").exists()
    assert (fold / "pruned_50").exists() and not (fold / "pruned_50/predictions.npz").exists()
    assert processes([(words, None)])[0].code == 0
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")
    for role in ("student_int8", "pruned_50_int8"):
        ours, theirs = (tmp_path / name / "folds/p1" / role / "model.onnx" for name in ("run", "whole"))
        assert ours.read_bytes() == theirs.read_bytes()
    assert but_for_times(report_of(tmp_path / "run")) == but_for_times(report_of(tmp_path / "whole"))


def steps_an_epoch(data: Path) -> int:
    """Of the fold that tests p1, in batches of 16."""
    from stillroom.recipes.ask import ask

    (fold, *_) = ask("tsak", str(data), student_view="right_wrist.acc.*").folds
    return -(-(len(fold.train) - 4) // 16)
