"""`stillroom study`: a plan of many runs, finished however often it is interrupted, and the answer that it gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from stillroom.base.errors import StillroomError
from stillroom.base.paths import workspace as by_default
from stillroom.cli.console import Output, clean, guarded, table
from stillroom.cli.distil import distil
from stillroom.cli.stopping import stop_on_signal

app = typer.Typer(help="Studies: ablation.", no_args_is_help=True)

EXAMPLES = (
    "As: stillroom study ablation tsak --data factory --student-view 'right_wrist.acc.*' --fast"
    " --vary student.terms.attn_rep.weight=1,2,4 --seeds 3 --out runs/weight --workers 2"
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
    workers: int = typer.Option(1, min=1, help="Runs at once; the cores allow fewer where each takes several threads."),
    memory_gb: float = typer.Option(0.0, min=0, help="The memory that each run may hold; 0 for no bound."),
    workspace: Path | None = typer.Option(
        None, help="Where jobs are kept; $STILLROOM_WORKSPACE, or runs/, by default."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """What each setting is worth, over seeds and people; every option of `stillroom distil` may stand beside these.

    The first value of each KEY is what the others are compared with, person by person. Runs are made with one thread
    each unless --threads says otherwise; students are compared before they are pruned. What several runs need alike
    (teachers, baselines) is made once.
    """
    recipe, options = _distil_options(context)
    with guarded(as_json) as output, stop_on_signal() as stop:
        from stillroom.jobs.pool import LocalPool
        from stillroom.jobs.store import Store
        from stillroom.studies.ablation import Ablation
        from stillroom.studies.running import finish
        from stillroom.studies.study import begin_study, keep_workspace, workspace_of

        plan = Ablation(recipe, options, vary, seeds).plan(output.emit)
        memory_bytes = round(memory_gb * 1e9) or None
        store = Store(workspace or workspace_of(out) or by_default(), emit=output.emit)
        store.refuse_too_large(plan.threads, memory_bytes)
        study = begin_study(out, plan)
        keep_workspace(out, store.folder.parent)
        at_once = max(1, min(workers, store.cores // plan.threads))
        if at_once < workers:
            output.note(f"{store.cores} cores carry {at_once} at once, with {plan.threads} threads each")
        answer = finish(
            study,
            LocalPool(store, workers),
            at_once=at_once,
            emit=output.emit,
            stop=stop,
            memory_bytes=memory_bytes,
        )
        _show(output, answer)
        _refuse_failed(answer)


def _distil_options(context: typer.Context) -> tuple[str, dict[str, Any]]:
    """The recipe and the options of `distil` among the words that are not this command's own, as `distil` parses them.

    In the order in which `distil` names its options, so that the order of the words changes no plan.
    """
    holder = typer.Typer(add_completion=False)
    holder.command()(distil)
    command = typer.main.get_command(holder)
    words = list(context.args)
    if not any(word.partition("=")[0] == "--student-view" for word in words):
        words += ["--student-view", ""]  # it may be varied; the study says if it is missing
    parsed = command.make_context("stillroom study ablation", words)
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
