"""`stillroom runs`: which there are, what one found, how several compare, what disturbs one; playback, notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from stillroom.base.paths import workspace
from stillroom.cli.console import clean, guarded, table
from stillroom.cli.stopping import stop_on_signal

app = typer.Typer(help="Runs: list, show, compare, robustness, playback, notebook.", no_args_is_help=True)

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


@app.command()
def playback(
    run: Path = typer.Argument(help="The run's folder."),
    also: list[Path] = typer.Option([], help="A further run whose student joins, of the same data, windows and folds."),
    seconds: float = typer.Option(90.0, help="The most that is played."),
    step_s: float = typer.Option(0.5, help="Seconds from one answer to the next."),
    sets: bool = typer.Option(False, "--sets", help="Train the network for any set of sensors where it is not there."),
    no_why: bool = typer.Option(False, "--no-why", help="Leave out why the models said what they said."),
    recording: str = typer.Option("", help="Which one, as person/session; by the rule of the median by default."),
    as_json: bool = _JSON,
) -> None:
    """Make what is played back: a stretch of somebody who was tested, with each model's answers.

    Kept in the run's folder (playback.npz). With the network of `stillroom explain RUN --part sets`, or --sets, the
    answers with any of the sensors gone come too.
    """
    with guarded(as_json) as output, stop_on_signal() as stop:
        from stillroom.recipes.playback_run import Played, play_run

        given = {"seconds": seconds, "step_s": step_s, "sets": sets, "why": not no_why, "recording": recording}
        asked = Played.from_input({**given, "also": [str(folder) for folder in also]}, where="the options")
        told = play_run(run, asked, emit=output.emit, stop=stop)
        output.show(told, lambda console: _played(console, told))


@app.command()
def notebook(
    run: Path = typer.Argument(help="The folder of a finished run, or of a study."),
    to: Path | None = typer.Option(None, help="The file; NAME.ipynb in the current folder by default."),
    force: bool = typer.Option(False, "--force", help="Write over a file that lies there."),
    as_json: bool = _JSON,
) -> None:
    """Open a run or a study as a notebook: it loads it, draws it, has something to turn, and can go on from there."""
    with guarded(as_json) as output:
        from stillroom.notebook.making import write_notebook

        path = write_notebook(run, to, force=force)
        output.show({"notebook": str(path), "run": str(run)}, lambda console: console.print(clean(path)))


def _played(console: Console, told: dict[str, Any]) -> None:
    asked = f"{told['windows']} answers each of {', '.join(told['roles'])}"
    lines = [f"{told['recording']}, {told['seconds']:.0f} s: {asked}.", told["chosen"]]
    if told["sets"]:
        lines.append(f"Sets of sensors: {told['sets']}, of students: {', '.join(told['students']) or 'none'}.")
    if told["explained"]:
        lines.append(f"Explained: {told['explained']} windows.")
    for line in (*lines, *told["notes"], f"Kept in {told['playback']}"):
        console.print(clean(line), soft_wrap=True)


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
