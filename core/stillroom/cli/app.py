"""`stillroom app`: the workbench in a browser. It hands over to `python -m stillroom_app`, and never imports it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import typer

from stillroom.base.extras import refuse_lacking
from stillroom.cli.console import guarded

EXAMPLES = "As: stillroom app --open, or stillroom app --port 0 --workspace runs --json"
_NEEDS = ("streamlit", "stillroom_app")


def app(
    host: str = typer.Option(
        "127.0.0.1",
        help="Address to listen on. Beyond this machine it needs a password (STILLROOM_APP_PASSWORD or "
        "--password-file) or a provider of sign-ins in .streamlit/secrets.toml.",
    ),
    port: int = typer.Option(8501, min=0, max=65535, help="0 takes a free one."),
    workspace: Path | None = typer.Option(None, help="Of runs and jobs; STILLROOM_WORKSPACE or ./runs by default."),
    password_file: Path | None = typer.Option(None, help="A file with the password that browsers are asked for."),
    allow_host: list[str] = typer.Option([], help="One more name that the server answers to; may be given again."),
    opens: bool = typer.Option(False, "--open", help="Open a browser where there is a display."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object once it answers: url, workspace, pid."),
) -> None:
    """Open the workbench in a browser; Ctrl-C ends it, and jobs go on."""
    with guarded(as_json):
        refuse_lacking([name for name in _NEEDS if find_spec(name) is None], "the app needs", "app")
        words = [sys.executable, "-P", "-m", "stillroom_app", f"--host={host}", f"--port={port}"]
        words += [f"--workspace={workspace}"] * (workspace is not None)
        words += [f"--password-file={password_file}"] * (password_file is not None)
        words += [f"--allow-host={name}" for name in allow_host]
        words += ["--open"] * opens + ["--json"] * as_json
        raise typer.Exit(become(words))


def become(words: list[str]) -> int:
    """Lets another program take this process's place, so that signals reach it and its end is ours.

    Windows cannot: there it is started and waited for.

    Args:
        words: the program and its arguments.

    Returns:
        Its exit code, on Windows.
    """
    if os.name != "nt":
        os.execv(words[0], words)
    return subprocess.call(words)
