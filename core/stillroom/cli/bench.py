"""`stillroom bench`: speeds as ratios measured in one run, with how often."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from stillroom.cli.console import guarded, table

app = typer.Typer(
    help="Measure: what distillation and each loss cost, what views save, what jobs cost, how quickly students answer.",
    no_args_is_help=True,
)

_JSON = typer.Option(False, "--json", help="Print one JSON object.")
_ROUNDS = typer.Option(9, min=1, help="Paired rounds that count.")


@app.command()
def kd(rounds: int = _ROUNDS, as_json: bool = _JSON) -> None:
    """CPU time of an epoch with distillation over a plain one, both with rotation, at three sizes."""
    with guarded(as_json) as output, tempfile.TemporaryDirectory() as folder:
        from stillroom.training.benchmark import bench_kd

        result = bench_kd(Path(folder), rounds=rounds, emit=output.emit)

        def draw(console: Console) -> None:
            _draw(console, result)
            console.print(f"worst cached ratio {result['worst_ratio']:.3f} (CPU time, one thread)")

        output.show(result, draw)


@app.command()
def losses(rounds: int = _ROUNDS, as_json: bool = _JSON) -> None:
    """CPU time of every loss over a step of the student, and of loops over that of what is batched here."""
    with guarded(as_json) as output:
        from stillroom.training.bench_losses import bench_losses

        result = bench_losses(rounds=rounds, emit=output.emit)
        output.show(result, lambda console: _draw(console, result))


@app.command()
def windows(
    data: str = typer.Option("factory", help="NAME, NAME:PATH, or a path to your own data."),
    rounds: int = _ROUNDS,
    as_json: bool = _JSON,
) -> None:
    """Windows as views against copies: speed and peak memory; and opening a set again against parsing it."""
    with guarded(as_json) as output, tempfile.TemporaryDirectory() as folder:
        import stillroom.data.sources  # noqa: F401  (registers them)
        from stillroom.data.benchmark import bench_windows
        from stillroom.data.source import resolve

        source, tree = resolve(data)
        result = bench_windows(source, tree, Path(folder), rounds=rounds, emit=output.emit)
        output.show(result, lambda console: _draw(console, result))


@app.command()
def latency(
    rounds: int = typer.Option(31, min=7, help="Rounds of each measurement, whose median counts."),
    repeats: int = typer.Option(3, min=1, help="Measurements of each student."),
    as_json: bool = _JSON,
) -> None:
    """Two students of 35,000 parameters in eager torch, ONNX Runtime and INT8, one window, one thread."""
    with guarded(as_json) as output:
        from stillroom.recipes.bench_latency import bench_latency

        result = bench_latency(rounds=rounds, repeats=repeats, emit=output.emit)
        output.show(result, lambda console: _draw(console, result))


@app.command()
def explain(
    rounds: int = typer.Option(3, min=1, help="Of each measurement, whose median counts."),
    threads: int = typer.Option(2, min=1, help="Of torch."),
    as_json: bool = _JSON,
) -> None:
    """What integrated gradients cost on the default teacher, and how that grows with the number of windows."""
    with guarded(as_json) as output:
        from stillroom.recipes.bench_explain import bench_explain

        result = bench_explain(rounds=rounds, threads=threads, emit=output.emit)
        output.show(result, lambda console: _draw(console, result))


@app.command()
def jobs(
    rounds: int = _ROUNDS,
    studies: int = typer.Option(1, min=0, help="Paired studies with one worker and with two; 0 for none."),
    as_json: bool = _JSON,
) -> None:
    """What a job costs beside its command, how quickly many are listed, and what a second worker saves."""
    with guarded(as_json) as output, tempfile.TemporaryDirectory() as folder:
        from stillroom.studies.benchmark import bench_jobs

        result = bench_jobs(Path(folder), rounds=rounds, studies=studies, emit=output.emit)
        output.show(result, lambda console: _draw(console, result))


def _draw(console: Console, result: dict[str, Any]) -> None:
    rows = [[row["name"], *(_cell(row[key]) for key in ("median", "low", "high", "n"))] for row in result["rows"]]
    console.print(table("", ("what", "median>", "low>", "high>", "n>"), rows))


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else f"{value:,.0f}" if value >= 1000 else f"{value:.3f}"
