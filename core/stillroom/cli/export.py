"""`stillroom export`: the student as ONNX files that need neither torch nor Stillroom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from stillroom.cli.console import clean, guarded, table

EXAMPLES = "As: stillroom export runs/demo --to student --int8"


def export(
    run: Path = typer.Argument(help="The folder of a finished run."),
    to: Path = typer.Option(..., help="A new folder for the files and export.json."),
    int8: bool = typer.Option(False, "--int8", help="INT8 too: for ONNX Runtime and for TensorRT."),
    fold: str = typer.Option("", help="Whose student; the first fold's by default."),
    model: str = typer.Option("student", help="Which model of the fold: student, alone, teacher, reference, ..."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Write a model as ONNX (normalisation inside), compare it with itself on real windows, and say what INT8 lost."""
    with guarded(as_json) as output:
        from stillroom.recipes.exporting import export_run

        told = export_run(run, to, fold=fold, role=model, int8=int8, emit=output.emit)
        output.show(told, lambda console: _draw(console, told))


def _draw(console: Console, told: dict[str, Any]) -> None:
    rows = [
        [one["name"], one["precision"], one["opset"], f"{one['size_bytes']:,}", one["target"]] for one in told["files"]
    ]
    console.print(table("", ("file", "precision", "opset>", "bytes>", "for"), rows))
    same = told["parity"]
    said = f"largest difference {same['max_abs']:.1e}, same label on {same['label_agreement']:.2%}"
    console.print(f"\nAgainst the model, {same['windows']} windows: {said}.")
    if small := told["int8"]:
        faster = f", {small['speedup']:.1f} times as fast as float here" if small["speedup"] else ""
        scores = f"macro-F1 {small['macro_f1']:.3f} ({same['macro_f1']:.3f} in float)" if small["macro_f1"] else ""
        console.print(f"INT8: same label on {small['label_agreement']:.2%}, {scores}{faster}.")
    console.print(f"The export lies in {clean(told['export'])}")
