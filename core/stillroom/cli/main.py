"""The root of the command line and its entry point.

Each group of commands is a module with a typer `app`; it is imported when the command line starts, so what is heavy
(pandas, pyarrow, torch) is imported inside the commands.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import typer

import stillroom
from stillroom.base.errors import InputError, StillroomError
from stillroom.base.host import HOST
from stillroom.cli import app as workbench
from stillroom.cli import bench, cost, data, device, distil, explain, export, jobs, predict, report, runs, study
from stillroom.cli.console import print_error, print_json

app = typer.Typer(
    name="stillroom",
    help="Distil a many-sensor recogniser of human activity into a small one that needs few sensors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data.app, name="data")
app.command("distil", epilog=distil.EXAMPLES)(distil.distil)
app.add_typer(runs.app, name="runs")
app.add_typer(jobs.app, name="jobs")
app.add_typer(study.app, name="study")
app.command("cost", epilog=cost.EXAMPLES)(cost.cost)
app.command("explain", epilog=explain.EXAMPLES)(explain.explain)
app.command("report", epilog=report.EXAMPLES)(report.report)
app.command("export", epilog=export.EXAMPLES)(export.export)
app.command("predict", epilog=predict.EXAMPLES)(predict.predict)
app.add_typer(device.app, name="device")
app.add_typer(bench.app, name="bench")
app.command("app", epilog=workbench.EXAMPLES)(workbench.app)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and end.", is_eager=True)) -> None:
    if version:
        sys.stdout.write(f"stillroom {stillroom.__version__}\n")
        raise typer.Exit


def run(arguments: list[str] | None = None) -> NoReturn:
    """Runs the command line, as a job where one started it, and ends the process with its exit code."""
    # read when torch is first imported: waiting threads must not spin where several jobs share the cores
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    words = sys.argv[1:] if arguments is None else arguments
    job = os.environ.pop("STILLROOM_JOB", "")  # taken out, so that what this process starts is no job by accident
    sys.exit(_as_a_job(Path(job), words) if job else _run(words))


def _as_a_job(folder: Path, words: list[str]) -> int:
    from stillroom.jobs.store import Store
    from stillroom.jobs.worker import work

    code = work(folder, lambda: _run(words))
    with suppress(StillroomError):  # the next in the queue may begin; who looks later starts it otherwise
        Store(folder.parents[1]).dispatch()
    return code


def _run(words: list[str]) -> int:
    try:
        code = app(words, prog_name="stillroom", standalone_mode=False)
    except typer.Abort:
        code = 130
    except Exception as error:
        # typer keeps its own copy of click's exceptions, so a usage error is known by what it can do.
        if not hasattr(error, "format_message"):
            raise
        code = _usage(error, as_json="--json" in words)
    return code if isinstance(code, int) else 0


def _usage(error: Exception, *, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    message = str(error.format_message())  # type: ignore[attr-defined]
    if not message:
        return 0
    what, _, hint = message.partition(". ")
    help_at = f"See {context.command_path} --help" if context else "See stillroom --help"
    wrong = InputError(what[0].lower() + what[1:].rstrip("."), mend=f"{hint} {help_at}".strip())
    print_error(wrong)
    if host := HOST.get():
        host.error = wrong
    if as_json:
        print_json({"error": wrong.as_dict()})
    return int(getattr(error, "exit_code", 2))
