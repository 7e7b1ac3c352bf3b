"""`stillroom jobs`: what runs in the background, how it stands, and how to stop it, pause it, or take it up again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from stillroom.base.paths import workspace as by_default
from stillroom.cli.console import Output, clean, guarded, table

if TYPE_CHECKING:
    from stillroom.jobs.store import Store

app = typer.Typer(help="Jobs: list, show, start, stop, pause, resume.", no_args_is_help=True)

_JSON = typer.Option(False, "--json", help="Print one JSON object.")
_WORKSPACE = typer.Option(None, help="Where jobs are kept; $STILLROOM_WORKSPACE, or runs/, by default.")
_JOB = typer.Argument(help="The job's name, or its beginning.")


@app.command("list")
def list_(
    state: list[str] = typer.Option([], help="Only jobs of this state; may be repeated."),
    match: str = typer.Option("", help="Only jobs whose command, study or name holds this text."),
    limit: int = typer.Option(0, min=0, help="At most so many, the latest; 0 for all."),
    workspace: Path | None = _WORKSPACE,
    as_json: bool = _JSON,
) -> None:
    """Every job of the workspace, the latest first."""
    with guarded(as_json) as output:
        rows = _store(workspace, output).rows(state, match)[: limit or None]

        def draw(console: Console) -> None:
            lines = [[row["id"], row["state"], _ago(row["made_s"]), _took(row), _shown(row)] for row in rows]
            console.print(table("", ("job", "state", "made>", "took>", "command"), lines))

        output.show({"jobs": rows}, draw)


@app.command()
def show(job: str = _JOB, workspace: Path | None = _WORKSPACE, as_json: bool = _JSON) -> None:
    """How a job stands, what it last said, and the exact command."""
    with guarded(as_json) as output:
        from stillroom.jobs.progress import told

        store = _store(workspace, output)
        found = store.find(job)
        store.dispatch()
        standing = told(found, store.look(found))
        output.show(standing, lambda console: _draw(console, standing))


@app.command()
def start(
    words: list[str] = typer.Argument(help="The command, after --: distil tsak --data factory ..."),
    token: str = typer.Option("", help="The same token is the same job, however often it is started."),
    threads: int = typer.Option(1, min=0, help="The cores that it takes in the queue."),
    memory_gb: float = typer.Option(0.0, min=0, help="The memory that it may hold; 0 for no bound."),
    workspace: Path | None = _WORKSPACE,
    as_json: bool = _JSON,
) -> None:
    """Start a command in the background; it waits its turn where the cores are taken."""
    with guarded(as_json) as output:
        from stillroom.jobs.words import request_of

        store = _store(workspace, output)
        memory_bytes = round(memory_gb * 1e9) or None
        request = request_of(
            words, store.folder.parent, cwd=Path.cwd(), token=token, threads=threads, memory_bytes=memory_bytes
        )
        job = store.add(request, token)
        store.dispatch()
        _tell(store, job.id, output)


@app.command()
def stop(
    job: str = _JOB,
    discard: bool = typer.Option(False, "--discard", help="Take its unfinished run away; else the best is kept."),
    wait: bool = typer.Option(True, help="Wait until it has ended; --no-wait only asks."),
    workspace: Path | None = _WORKSPACE,
    as_json: bool = _JSON,
) -> None:
    """Stop a job: ask it, then SIGTERM, then SIGKILL, within ten seconds. It can be resumed unless discarded."""
    with guarded(as_json) as output:
        from stillroom.jobs.control import ask_to_stop, wait_for_end

        store = _store(workspace, output)
        found = store.find(job)
        ask_to_stop(store, found, discard=discard)
        if wait:
            wait_for_end(store, found)
        store.dispatch()
        _tell(store, found.id, output)


@app.command()
def pause(job: str = _JOB, workspace: Path | None = _WORKSPACE, as_json: bool = _JSON) -> None:
    """Let a job wait at its next step; it keeps its memory, its place and its cores. A study begins no further run."""
    with guarded(as_json) as output:
        from stillroom.jobs.control import pause as ask_to_pause

        store = _store(workspace, output)
        found = store.find(job)
        ask_to_pause(store, found)
        _tell(store, found.id, output)


@app.command()
def resume(job: str = _JOB, workspace: Path | None = _WORKSPACE, as_json: bool = _JSON) -> None:
    """Go on with a job that was paused, stopped, failed or lost."""
    with guarded(as_json) as output:
        from stillroom.jobs.control import go_on

        store = _store(workspace, output)
        found = store.find(job)
        go_on(store, found)
        _tell(store, found.id, output)


def _store(workspace: Path | None, output: Output) -> Store:
    from stillroom.jobs.store import Store

    return Store(workspace or by_default(), emit=output.emit)


def _tell(store: Store, name: str, output: Output) -> None:
    from stillroom.jobs.progress import told

    job = store.find(name)
    standing = told(job, store.look(job))
    why = f": {standing['why']}" if standing["why"] else ""
    said = clean(f"{job.id} is {standing['state']}{why}")
    output.show(standing, lambda console: console.print(said, soft_wrap=True))


def _draw(console: Console, told: dict[str, Any]) -> None:
    lines = [["state", told["state"]], ["why", told["why"]], ["command", told["command"]], ["folder", told["folder"]]]
    if told["part"]:
        lines.append(["at", f"{told['part']} ({told['done']} of {told['of']})"])
    if told["heard_s"] and told["pid"]:
        lines.append(["heard", f"{_ago(told['heard_s'])} ago, holding {told['held_bytes'] / 1e6:.0f} MB"])
    lines += [["said", text] for text in told["said"]]
    console.print(table(f"Job {told['job']}", ("", ""), [line for line in lines if line[1]]))


def _shown(row: dict[str, Any]) -> str:
    said = f" ({row['why']})" if row["why"] else ""
    text = clean(row["command"])
    return f"{text if len(text) <= 90 else text[:87] + '...'}{said}"


def _took(row: dict[str, Any]) -> str:
    return "" if row["began_s"] is None else _span((row["ended_s"] or time.time()) - row["began_s"])


def _ago(at_s: float) -> str:
    return _span(time.time() - at_s)


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
