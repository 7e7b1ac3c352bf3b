"""`python -m stillroom_app`: the server in this process; `stillroom app` starts it so."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from stillroom.base.paths import WORKSPACE
from stillroom_app.server import build


def main() -> None:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="stillroom app")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--workspace", type=Path)
    given = parser.parse_args()
    if given.workspace:
        os.environ[WORKSPACE] = str(given.workspace.absolute())
    build().run(config={"server.address": given.host, "server.port": given.port})


if __name__ == "__main__":
    main()
