"""`stillroom cost`: what teacher and student cost, each figure with where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from stillroom.cli.console import clean, guarded, table

EXAMPLES = "As: stillroom cost runs/demo --device agx-xavier --device stm32u575"
_ROWS = (
    ("channels", "channels"),
    ("parameters", "params"),
    ("MACs", "macs"),
    ("file, bytes", "size_bytes"),
    ("activations, bytes", "activation_bytes"),
    ("operators, eager", "ops"),
    ("kernels, fused", "kernels"),
)


def cost(
    run: Path = typer.Argument(help="The folder of a finished run."),
    device: list[str] = typer.Option([], help="A board, with :MODE where it is not its default; may be repeated."),
    fold: str = typer.Option("", help="Whose models; the first fold's by default."),
    rounds: int = typer.Option(15, min=7, help="Of each measurement on this computer."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Size, MACs, memory, latency on this computer, and bands for boards (stillroom device list)."""
    with guarded(as_json) as output:
        from stillroom.recipes.costing import cost_of_run

        told = cost_of_run(run, devices=device, fold=fold, rounds=rounds, emit=output.emit)
        output.show(told, lambda console: _draw(console, told))


def _draw(console: Console, told: dict[str, Any]) -> None:
    teacher, student = told["teacher"], told["student"]
    rows = [[title, teacher[key], student[key], _times(teacher[key], student[key])] for title, key in _ROWS]
    lines = [[title, f"{one:,}", f"{other:,}", ratio] for title, one, other, ratio in rows]
    console.print(table("", ("", "teacher>", "student>", "teacher / student>"), lines))
    sources = list(dict.fromkeys(figure["provenance"] for figure in told["figures"]))
    columns = ("model", "what", "where", "mode", "runtime", "precision", "value>", "band>", "unit", "source>")
    figures = [[*_figure(figure), sources.index(figure["provenance"]) + 1] for figure in told["figures"]]
    console.print(table("", columns, figures))
    console.print(table("", ("source>", ""), list(enumerate(sources, start=1))))
    for note in [*told["notes"], *_remarks(told["figures"])]:
        console.print(f"- {clean(note)}", soft_wrap=True)


def _remarks(figures: list[dict[str, Any]]) -> list[str]:
    """What to keep in mind, each thing once; that the machine was busy, for all its measurements together."""
    busy = [figure for figure in figures if figure.get("busy")]
    least = "Close other programs and measure again."
    told = [f"The machine was busy in {len(busy)} of the measurements here, by their spread. {least}"] if busy else []
    return told + list(dict.fromkeys(one["remark"] for one in figures if one.get("remark") and not one.get("busy")))


def _figure(figure: dict[str, Any]) -> list[Any]:
    batch = figure.get("batch", 1)
    what = figure["quantity"] + (f", {batch} windows" if batch > 1 else "")
    band = f"{_number(figure['low'])} to {_number(figure['high'])}" if figure["high"] is not None else ""
    if figure.get("available") is not None:
        band = f"of {figure['available']:,}"
    named = [figure[key] for key in ("device", "mode", "runtime", "precision")]
    value = "" if figure["value"] is None else _number(figure["value"])
    return [figure["model"], what, *named, value, band, figure["unit"]]


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def _times(teacher: float, student: float) -> str:
    return f"{teacher / student:.1f}" if student else ""
