"""`stillroom study`: a plan of many runs, finished however often it is interrupted, and the answer that it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from stillroom.base.errors import StillroomError
from stillroom.base.paths import workspace as by_default
from stillroom.cli.console import Output, clean, guarded, table
from stillroom.cli.distil import distil
from stillroom.cli.stopping import stop_on_signal

if TYPE_CHECKING:
    from stillroom.studies.plan import Plan
    from stillroom.studies.study import Study

    Conclude = Callable[[Study, dict[str, str]], dict[str, Any]]

app = typer.Typer(help="Studies: ablation, methods, sensors.", no_args_is_help=True)

_WORKERS = typer.Option(1, min=1, help="Runs at once; the cores allow fewer where each takes several threads.")
_MEMORY = typer.Option(0.0, min=0, help="The memory that each run may hold; 0 for no bound.")
_WORKSPACE = typer.Option(None, help="Where jobs are kept; $STILLROOM_WORKSPACE, or runs/, by default.")
_JSON = typer.Option(False, "--json", help="Print one JSON object.")

EXAMPLES = (
    "As: stillroom study ablation tsak --data factory --student-view 'right_wrist.acc.*' --fast"
    " --vary student.terms.attn_rep.weight=1,2,4 --seeds 3 --out runs/weight --workers 2"
)


METHODS_EXAMPLE = (
    "As: stillroom study methods --data factory --student-view 'right_wrist.acc.*' --data dsads:PATH"
    " --student-view 'right_arm.acc.*' --methods plain,smoothing,hinton,dkd,smldist --seeds 3 --out runs/methods"
)


SENSORS_EXAMPLE = (
    "As: stillroom study sensors --data dsads:PATH --by site --stride-s 6 --seeds 3 --out runs/sensors --workers 2"
)


@app.callback()
def _studies() -> None:
    """Studies."""


@app.command(
    epilog=EXAMPLES,
    options_metavar="RECIPE [OPTIONS]",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def ablation(
    context: typer.Context,
    vary: list[str] = typer.Option(
        [], help="KEY=V1,V2: a recipe's setting, student-view, recipe, ...; TSAK's strategies by default."
    ),
    seeds: int = typer.Option(1, min=1, help="How many, from 0."),
    out: Path = typer.Option(..., help="The study's folder; the same command goes on with what is there."),
    workers: int = _WORKERS,
    memory_gb: float = _MEMORY,
    workspace: Path | None = _WORKSPACE,
    as_json: bool = _JSON,
) -> None:
    """What each setting is worth, over seeds and people; every option of `stillroom distil` may stand beside these.

    The first value of each KEY is what the others are compared with, person by person. Runs are made with one thread
    each unless --threads says otherwise; students are compared before they are pruned. What several runs need alike
    (teachers, baselines) is made once.
    """
    recipe, options = _distil_options(context, ["--student-view"])
    with guarded(as_json) as output, stop_on_signal() as stop:
        from stillroom.studies.ablation import Ablation

        plan = Ablation(recipe, options, vary, seeds).plan(output.emit)
        answer = _finish(plan, out, _Engine(workers, memory_gb, workspace), output, stop)
        _show(output, answer)
        _refuse_failed(answer)


@app.command(
    epilog=METHODS_EXAMPLE,
    options_metavar="[OPTIONS]",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def methods(
    context: typer.Context,
    data: list[str] = typer.Option(..., help="A SOURCE; again for each further data set."),
    student_view: list[str] = typer.Option(..., help="What the student sees: once for all, or once for each SOURCE."),
    protocol: list[str] = typer.Option(["persons:3"], help="Once for all, or once for each SOURCE."),
    stride_s: list[float] = typer.Option([], help="Seconds between windows: once for all, or once for each SOURCE."),
    chosen: str = typer.Option("", "--methods", help="Names, separated by commas; all by default."),
    seeds: int = typer.Option(3, min=1, help="How many, from 0."),
    out: Path = typer.Option(..., help="The folder; the same command goes on with what is there."),
    workers: int = _WORKERS,
    memory_gb: float = _MEMORY,
    workspace: Path | None = _WORKSPACE,
    as_json: bool = _JSON,
) -> None:
    """The field's losses and SMLDist on the same networks, teachers and folds, over one data set or several.

    The plain student stands first, and everything is compared with it, person by person; label smoothing is the control
    without a teacher. Each data set has a study of its own below the folder. Further options of `stillroom distil` hold
    for all of them. All methods of a seed are made before any of the next, so an unfinished study compares all of them.
    """
    _, options = _distil_options(context, ["field", "--data", "--student-view"])
    with guarded(as_json) as output, stop_on_signal() as stop:
        from stillroom.studies.methods import METHODS, finish_tasks, plan_task, tasks_of

        tasks = tasks_of(data, student_view, {"protocol": protocol, "stride_s": stride_s}, options)
        names = [name.strip() for name in chosen.split(",")] if chosen else list(METHODS)
        plans = {task.name: plan_task(task, names, seeds, output.emit) for task in tasks}
        engine = _Engine(workers, memory_gb, workspace)
        answer = finish_tasks(out, plans, lambda plan, folder: _finish(plan, folder, engine, output, stop))
        _show_ranks(output, answer)
        for one in answer["studies"].values():
            _refuse_failed(one)


@app.command(
    epilog=SENSORS_EXAMPLE,
    options_metavar="[OPTIONS]",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def sensors(
    context: typer.Context,
    data: str = typer.Option(..., help="NAME, NAME:PATH, or a path to your own data."),
    by: str = typer.Option("site", help="Leave out whole sites, or single sensors: site, sensor."),
    at_most: int = typer.Option(31, min=2, help="Sets of sensors to measure; with more there is a fixed sample."),
    protocol: str = typer.Option("persons:3", help="As of distil."),
    seeds: int = typer.Option(1, min=1, help="How many, from 0."),
    out: Path = typer.Option(..., help="The study's folder; the same command goes on with what is there."),
    workers: int = _WORKERS,
    memory_gb: float = _MEMORY,
    workspace: Path | None = _WORKSPACE,
    as_json: bool = _JSON,
) -> None:
    """Which sensors can go: every set of them estimated from one model, and measured by training on it.

    One network is trained so that any sensor may be missing, and asked about every set; then a small student is trained
    on each set, and the estimate is held against what it scored, beside two cheap rivals: counting sensors, and a
    forest on each set. --teacher-view says which channels there are to choose from.
    """
    _, options = _distil_options(context, ["alone", "--data", "--student-view"])
    with guarded(as_json) as output, stop_on_signal() as stop:
        from stillroom.studies.sensor_outcome import conclude
        from stillroom.studies.sensors import Sensors

        asked = {"data": data, "protocol": protocol, **options}
        plan = Sensors(asked, by, seeds, at_most).plan(output.emit)  # type: ignore[arg-type]
        answer = _finish(plan, out, _Engine(workers, memory_gb, workspace), output, stop, conclude)
        _draw_sensors(answer, out)
        _show_sensors(output, answer)
        _refuse_failed(answer)


@dataclass(frozen=True)
class _Engine:
    """What runs a study's runs."""

    workers: int
    memory_gb: float
    workspace: Path | None


def _finish(
    plan: Plan, out: Path, engine: _Engine, output: Output, stop: Callable[[], bool], conclude: Conclude | None = None
) -> dict[str, Any]:
    from stillroom.jobs.pool import LocalPool
    from stillroom.jobs.store import Store
    from stillroom.studies import outcome
    from stillroom.studies.running import finish
    from stillroom.studies.study import begin_study, keep_workspace, workspace_of

    memory_bytes = round(engine.memory_gb * 1e9) or None
    store = Store(engine.workspace or workspace_of(out) or by_default(), emit=output.emit)
    store.refuse_too_large(plan.threads, memory_bytes)
    study = begin_study(out, plan)
    keep_workspace(out, store.folder.parent)
    at_once = max(1, min(engine.workers, store.cores // plan.threads))
    if at_once < engine.workers:
        output.note(f"{store.cores} cores carry {at_once} at once, with {plan.threads} threads each")
    pool = LocalPool(store, engine.workers)
    done = conclude or outcome.conclude
    return finish(study, pool, at_once=at_once, emit=output.emit, stop=stop, memory_bytes=memory_bytes, conclude=done)


def _distil_options(context: typer.Context, missing: list[str]) -> tuple[str, dict[str, Any]]:
    """The recipe and the options of `distil` among the words that are not this command's own, as `distil` parses them.

    In the order in which `distil` names its options, so that the order of the words changes no plan.

    Args:
        context: of the command.
        missing: what `distil` must be told and a study need not: a recipe, and options that are varied or its own.
    """
    holder = typer.Typer(add_completion=False)
    holder.command()(distil)
    command = typer.main.get_command(holder)
    words = list(context.args)
    for name in missing:
        if not name.startswith("--"):
            words.insert(0, name)
        elif not any(word.partition("=")[0] == name for word in words):
            words += [name, ""]
    parsed = command.make_context(context.command_path, words)
    names = [str(parameter.name) for parameter in command.params]
    given = {
        name: list(value) if isinstance(value, list | tuple) else value
        for name in names
        if _was_given(parsed, name) and (value := parsed.params.get(name)) != ""
    }
    return str(given.pop("recipe")), {name: value for name, value in given.items() if name != "as_json"}


def _was_given(parsed: Any, name: str) -> bool:
    source = parsed.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _refuse_failed(answer: dict[str, Any]) -> None:
    if failed := [run for run in answer["plan"] if run["state"] != "done"]:
        raise StillroomError(
            f"{len(failed)} of {answer['planned']} runs are not done: {failed[0]['run']}, {failed[0]['why']}",
            where=str(answer["study"]),
            mend="Mend the cause and repeat the command: it makes what is missing",
        )


def _show(output: Output, answer: dict[str, Any]) -> None:
    from stillroom.studies.text import HEADINGS, table_rows

    def draw(console: Console) -> None:
        numbers = [HEADINGS[0], *(f"{name}>" for name in HEADINGS[1:])]
        console.print(table("", numbers, table_rows(answer["table"])))
        sentence = clean(answer["sentence"])
        console.print(f"\n{sentence[0].upper()}{sentence[1:]}.", soft_wrap=True)
        for caveat in answer["caveats"]:
            console.print(f"- {clean(caveat.replace('**', ''))}", soft_wrap=True)
        console.print(f"\nThe study lies in {clean(answer['study'])} (table.md, table.json, table.parquet)")

    output.show(answer, draw)


def _show_ranks(output: Output, answer: dict[str, Any]) -> None:
    from stillroom.studies.ranks import ranks_table

    def draw(console: Console) -> None:
        head, *rows = ranks_table(answer["ranks"])
        console.print(table("", [head[0], *(f"{name}>" for name in head[1:])], rows))
        console.print(f"\n{clean(answer['sentence'])}", soft_wrap=True)
        console.print(f"\nThe studies lie in {clean(answer['study'])} (methods.md, methods.json)")

    output.show(answer, draw)


def _draw_sensors(answer: dict[str, Any], out: Path) -> None:
    """Estimates against what was measured, as a page; where the extra `figures` is, and a set was measured."""
    if not answer["table"] or find_spec("plotly") is None:
        return
    from stillroom.base.paths import write_text
    from stillroom.figures.calibration import against_truth
    from stillroom.figures.page import page

    drawn = against_truth(answer["table"], answer["calibration"], origin=f"Measured here: {answer['study']}")
    write_text(out / "estimates.html", page(drawn, "estimates"))


def _show_sensors(output: Output, answer: dict[str, Any]) -> None:
    from stillroom.studies.sensor_text import HEADINGS, RELIABLE, reliable_rows, table_rows

    def draw(console: Console) -> None:
        for columns, rows in ((HEADINGS, table_rows(answer)), (RELIABLE, reliable_rows(answer["calibration"]))):
            console.print(table("", [columns[0], *(f"{name}>" for name in columns[1:])], rows))
        sentence = clean(answer["sentence"])
        console.print(f"\n{sentence[0].upper()}{sentence[1:]}.", soft_wrap=True)
        for caveat in answer["caveats"]:
            console.print(f"- {clean(caveat.replace('**', ''))}", soft_wrap=True)
        console.print(f"\nThe study lies in {clean(answer['study'])} (table.md, calibration.json, estimates.html)")

    output.show(answer, draw)
