"""`stillroom runs`: which runs there are, what one found, how several compare, what disturbs one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from stillroom.base.paths import workspace
from stillroom.cli.console import clean, guarded, table

app = typer.Typer(help="Runs: list, show, compare, robustness.", no_args_is_help=True)

_JSON = typer.Option(False, "--json", help="Print one JSON object.")


@app.command("list")
def list_(
    folder: Path | None = typer.Option(None, help="Where to look; $STILLROOM_WORKSPACE, or runs/, by default."),
    state: str = typer.Option("", help="Only runs of this state: done, unfinished, stopped, failed."),
    as_json: bool = _JSON,
) -> None:
    """Every run below a folder, the latest first."""
    with guarded(as_json) as output:
        from stillroom.runs.query import find_runs, summary

        looked = folder or workspace()
        found = find_runs(looked, state) if folder or looked.is_dir() else []  # nothing may have run here yet
        rows = [summary(run) for run in found]

        def draw(console: Console) -> None:
            columns = ("run", "state", "recipe", "data", "protocol", "seed>", "teacher>", "student>", "gain>")
            keys = [name.rstrip(">") for name in columns]
            console.print(table("", columns, [[_cell(row[key]) for key in keys] for row in rows]))

        output.show({"runs": rows}, draw)


@app.command()
def show(run: Path = typer.Argument(help="The run's folder."), as_json: bool = _JSON) -> None:
    """What a run found: its report."""
    with guarded(as_json) as output:
        from stillroom.runs.store import open_run

        opened = open_run(run)
        report = opened.report
        output.show(report, lambda console: console.print(opened.text, soft_wrap=True))


@app.command()
def compare(runs: list[Path] = typer.Argument(help="Two run folders or more."), as_json: bool = _JSON) -> None:
    """The students of several runs beside each other, each against the first, person by person."""
    with guarded(as_json) as output:
        from stillroom.evaluation.students import compare_students
        from stillroom.runs.store import open_run

        told = compare_students([open_run(folder) for folder in runs])
        output.show(told, lambda console: _draw(console, told["runs"]))


@app.command()
def robustness(run: Path = typer.Argument(help="The run's folder."), as_json: bool = _JSON) -> None:
    """What is left of a run's students under another rate, warp, noise, another mounting, and at other sites."""
    with guarded(as_json) as output:
        from stillroom.recipes.reopen import finished_run, reopen
        from stillroom.recipes.robustness import HEADINGS, build_robustness, robustness_rows

        opened = finished_run(run)
        rows = build_robustness(reopen(opened, emit=output.emit), opened, output.emit)

        def draw(console: Console) -> None:
            console.print(table("", [HEADINGS[0], *(f"{name}>" for name in HEADINGS[1:])], robustness_rows(rows)))
            units = opened.report["units"]
            console.print(
                f"Macro-F1, mean over {units}, with the change against the windows as recorded; the gain is the"
                f" student's over the student alone, under that disturbance, with its 95 % interval over {units}.",
                soft_wrap=True,
            )

        output.show({"run": str(run), "rows": rows}, draw)


def _draw(console: Console, rows: list[dict[str, Any]]) -> None:
    columns = ("run", "recipe", "channels>", "parameters>", "student's macro-F1>", "95 % interval>")
    keys = ("run", "recipe", "channels", "params", "macro_f1")
    between = [f"{row['low']:.3f} to {row['high']:.3f}" if row["low"] is not None else "one only" for row in rows]
    lines = [[*(_cell(row[key]) for key in keys), told] for row, told in zip(rows, between, strict=True)]
    console.print(table("", columns, lines))
    for row in rows[1:]:
        told = row["against_first"]
        console.print(f"{clean(row['run'])} against the first: {told['sentence']}; p by Holm {told['p_holm']:.2g}.")


def _cell(value: Any) -> Any:
    return f"{value:.3f}" if isinstance(value, float) else value
