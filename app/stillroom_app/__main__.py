"""`python -m stillroom_app`: the server in this process; `stillroom app` becomes it.

It ends with 0 when it is told to (SIGTERM), with 130 at Ctrl-C, and with 2 where it was asked for what cannot be.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import webbrowser
from pathlib import Path

import typer

from stillroom.base.paths import WORKSPACE, workspace
from stillroom.cli.console import Output, clean, guarded, print_json, stdout
from stillroom_app.serving.asked import Asked, check, config, password_of


def main() -> None:
    """Serves until it is stopped."""
    given = _options()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background would have it ignored
    try:
        with guarded(given.as_json) as output:
            _serve(given, output)
            raise typer.Exit(0)
    except typer.Exit as end:
        sys.exit(end.exit_code)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stillroom app")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--allow-host", action="append", default=[])
    parser.add_argument("--open", action="store_true", dest="opens")
    parser.add_argument("--json", action="store_true", dest="as_json")
    return parser.parse_args()


def _serve(given: argparse.Namespace, output: Output) -> None:
    folder = (given.workspace or workspace()).expanduser().absolute()
    asked = Asked(given.host, given.port, folder, password_of(given.password_file), tuple(given.allow_host))
    for told in check(asked):
        output.note(f"warning: {told}")
    os.environ[WORKSPACE] = str(folder)
    _quiet()

    def begun(port: int) -> None:
        url = asked.url(port)
        if given.as_json:
            print_json({"url": url, "workspace": str(folder), "pid": os.getpid()})
        else:
            stdout().print(f"Stillroom is at {url} (workspace {clean(folder)}). Ctrl-C ends it.", soft_wrap=True)
            sys.stdout.flush()
        if given.opens and _display():
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    from stillroom_app.server import Server

    try:
        Server(asked, begun=begun).run(config=config(asked))
    except KeyboardInterrupt:  # the server has closed its doors; jobs go on
        raise typer.Exit(130) from None


def _display() -> bool:
    """Whether a browser has somewhere to open."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class _Plain(logging.Formatter):
    """Lines that cannot steer a terminal, whatever names stand in them."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(clean(line) for line in super().format(record).split("\n"))


def _quiet() -> None:
    """What matters goes to stderr; that a server starts and stops is no news."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.levelno >= logging.WARNING)
    logging.getLogger("streamlit.config").addFilter(lambda record: "restart streamlit" not in record.getMessage())


if __name__ == "__main__":
    main()
