"""`stillroom distil`: from recordings to a teacher, a student, and a table that compares them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from stillroom.base.errors import InputError
from stillroom.base.paths import workspace
from stillroom.cli.console import Output, clean, guarded, table
from stillroom.cli.stopping import stop_on_signal
from stillroom.jobs.words import words_of

EXAMPLES = "As: stillroom distil tsak --data factory --teacher-view '*' --student-view 'right_wrist.acc.*'"


def distil(
    context: typer.Context,
    recipe: str = typer.Argument(help="A recipe: tsak, smldist, field, hinton, mahmud, alone, any_subset, ..."),
    data: str = typer.Option(..., help="NAME, NAME:PATH, or a path to your own data."),
    student_view: str = typer.Option(..., help="The student's channels, as globs: 'right_wrist.acc.*'."),
    teacher_view: str = typer.Option("*", help="The teacher's channels, as globs."),
    protocol: str = typer.Option("", help="person, persons:K, session, blocks[:K]; by default the data set's own."),
    seed: int = typer.Option(0, min=0, help="Of everything that is drawn."),
    run: Path | None = typer.Option(None, help="The run's folder; a new one below runs/ by default."),
    resume: bool = typer.Option(False, "--resume", help="Go on with the unfinished run in --run, or begin it."),
    fast: bool = typer.Option(False, "--fast", help="The small setting: few epochs, for demos and scripts."),
    folds: int = typer.Option(0, min=0, help="Only the first so many folds; 0 for all."),
    window_s: float = typer.Option(0.0, min=0, help="Window length; by default the data set's own."),
    stride_s: float = typer.Option(0.0, min=0, help="Step between windows; half a window by default."),
    purity: float = typer.Option(0.5, help="The least share of a window that its label must hold for."),
    min_windows: int = typer.Option(10, min=0, help="Set classes with fewer windows aside."),
    drop_class: list[str] = typer.Option([], help="Treat a class as unlabelled; may be repeated."),
    track: str = typer.Option("", help="The annotation kind to learn, where a set has several."),
    teacher: str = typer.Option("", help="Use the teachers of this finished run."),
    shelf: Path | None = typer.Option(None, help="Share models with other runs through this folder, as a study does."),
    change: list[str] = typer.Option([], "--set", help="Change a setting of the recipe: PATH=VALUE; may be repeated."),
    device: str = typer.Option("cpu", help="cpu or cuda."),
    threads: int = typer.Option(0, min=0, help="torch's threads; the cores, at most 4, by default."),
    i_know_it_leaks: bool = typer.Option(False, "--i-know-it-leaks", help="Allow a random split."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Train a teacher, a student with and without it, and the baselines; then compare them, person by person."""
    with guarded(as_json) as output, stop_on_signal() as stop:
        from stillroom.export.extra import missing
        from stillroom.recipes.distil import distil as run_distil
        from stillroom.recipes.options import KNOWN, experiment_of
        from stillroom.recipes.sharing import Shelf

        options = {name: value for name, value in context.params.items() if name in KNOWN}
        experiment = experiment_of(recipe, options, emit=output.emit)
        if resume and run is None:
            raise InputError("which run is to be resumed?", where="--resume", mend="Name its folder: --run FOLDER")
        card = experiment.dataset.card
        if card.simulated:
            output.note(f"{card.title}: nobody was recorded")
        if recipe == "tsak" and missing():
            output.note(
                "the student is not optimised: pruning and INT8 need the extra, pip install 'stillroom[export]'"
            )
        if fast:
            output.note("the fast setting: few epochs; a longer training may score otherwise")
        folder = run or workspace() / f"{recipe}-{card.name}-{time.strftime('%Y%m%d-%H%M%S')}"
        shared = Shelf(shelf) if shelf else None
        given = {name: value for name, value in options.items() if _said(context, name)}
        said = words_of(recipe, given)
        _show(output, run_distil(experiment, folder, resume=resume, emit=output.emit, stop=stop, shelf=shared,
                                 command=said))  # fmt: skip


def _said(context: typer.Context, name: str) -> bool:
    """Whether an option stands in the words that were typed."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _show(output: Output, report: dict[str, Any]) -> None:
    from stillroom.recipes.report_text import HEADINGS, caveats, table_rows

    def draw(console: Console) -> None:
        numbers = [HEADINGS[0], *(f"{name}>" for name in HEADINGS[1:])]
        title = f"{report['data_title']}, {report['protocol']}, {report['n']} {report['units']}"
        console.print(table(title, numbers, table_rows(report)))
        if report["gain"]:
            sentence = clean(report["gain"]["sentence"])
            console.print(f"\n{sentence[0].upper()}{sentence[1:]}.")
        for caveat in caveats(report):
            console.print(f"- {clean(caveat.replace('**', ''))}")
        console.print(f"\nThe run lies in {clean(report['run'])} (report.md, report.json)", soft_wrap=True)

    output.show(report, draw)
